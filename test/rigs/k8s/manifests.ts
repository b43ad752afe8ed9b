/** Creating what a YAML text describes. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { objectsIn } from '../../../kubernetesApi/manifests';
import { apply, openKinds, type Kind, type KubernetesObject } from '../../../kubernetesApi/objects';
import type { Cluster } from '../../../kubernetesApi/transport';
import { waitFor } from '../../../tools/processes';
import type { Access } from './access';

type Change = (object: KubernetesObject) => KubernetesObject;

const APPLY = { manager: 'warren-tests', force: true, isDryRun: false, verb: 'create' };
/** A kind isn't known at once when its definition is there. */
const KIND_TIMEOUT_MS = 30_000;

export async function create(
  { cluster }: Access,
  text: string,
  change: Change = (object) => object,
): Promise<void> {
  for (const written of objectsIn(text) as readonly KubernetesObject[]) {
    // A kustomization is for another program.
    if (written.kind === 'Kustomization') continue;
    const object = change(written);
    const { apiVersion, metadata } = object;
    const kind = await untilKnown(cluster, apiVersion, object.kind);
    const reference = { kind, namespace: metadata.namespace ?? cluster.namespace, name: metadata.name ?? '' };
    await apply(cluster, reference, object, APPLY);
  }
}

/** Waits until the cluster knows a kind. @throws Error */
export async function untilKnown(cluster: Cluster, apiVersion: string, name: string): Promise<Kind> {
  // Anew each time: what is known of kinds is kept.
  const kind = await waitFor(() => openKinds(cluster).find(apiVersion, name), KIND_TIMEOUT_MS);
  if (kind !== undefined) return kind;
  throw new Error(`the cluster has no ${name} of ${apiVersion}`);
}

/** @param places files, and folders of files */
export async function createFrom(access: Access, places: readonly string[], change?: Change): Promise<void> {
  const files = places.flatMap((place) => (fs.statSync(place).isDirectory() ? manifestsIn(place) : [place]));
  for (const file of files) await create(access, fs.readFileSync(file, 'utf8'), change);
}

function manifestsIn(folder: string): readonly string[] {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return names.map((name) => path.join(folder, name));
}
