/** What a test makes on Kubernetes, and nobody else: all of it is in a namespace of the test's own. */
import * as crypto from 'node:crypto';
import { inject } from 'vitest';
import { waitFor } from '../../tools/processes';
import { accessTo, type Access } from '../rigs/k8s/access';
import type { Kubernetes } from '../rigs/k8s/types';
import { create } from '../rigs/k8s/manifests';

/** Why tests that need these are skipped; empty where they run. */
export function missingReason(...addons: readonly (keyof Kubernetes & `missing${string}`)[]): string {
  const cluster = inject('kubernetes');
  if (cluster === undefined) return inject('missingKubernetesReason');
  return addons.map((addon) => cluster[addon]).find((reason) => reason !== '') ?? '';
}

/** The title of a suite, with the reason when it is skipped. */
export function titled(title: string, reason = inject('missingKubernetesReason')): string {
  return reason === '' ? title : `${title} [skipped: ${reason}]`;
}

/** @throws Error where there is no cluster: its tests are skipped */
export function kubernetes(): Kubernetes {
  const cluster = inject('kubernetes');
  if (cluster === undefined) throw new Error(inject('missingKubernetesReason'));
  return cluster;
}

export interface Scratch {
  readonly access: Access;
  readonly namespace: string;
  /** Creates what a YAML text describes, in the namespace. */
  create(text: string): Promise<void>;
  /** Deletes the namespace with all that is in it, and waits until it is gone. */
  clear(): Promise<void>;
}

const GONE_TIMEOUT_MS = 120_000;

export async function openScratch(): Promise<Scratch> {
  const access = await accessTo(kubernetes().kubeconfig);
  const namespace = `test-${crypto.randomBytes(4).toString('hex')}`;
  await create(access, `{ apiVersion: v1, kind: Namespace, metadata: { name: ${namespace} } }`);
  return {
    access,
    namespace,
    create: (text) =>
      create(access, text, (object) => ({
        ...object,
        metadata: { ...object.metadata, namespace },
      })),
    clear: async () => {
      await access.core.deleteNamespace({ name: namespace });
      const isGone = await waitFor(
        () =>
          access.core.readNamespace({ name: namespace }).then(
            () => undefined,
            (error: unknown) => ((error as { code?: number }).code === 404 ? true : undefined),
          ),
        GONE_TIMEOUT_MS,
      );
      if (isGone === undefined) throw new Error(`the namespace ${namespace} is still there`);
    },
  };
}
