/** Deleting an object with what belongs to it, until it is gone. */
import { isClusterError, isPassing } from '../../../kubernetesApi/errors';
import {
  describe,
  find,
  objectPath,
  type KubernetesObject,
  type Reference,
} from '../../../kubernetesApi/objects';
import { UserError } from '../../userError';
import { conditionsOf } from './awaits/waitFor';
import { referenceTo, type Call } from './call';
import { DELETION_PROPAGATION, SKIP_AWAIT, annotationOf } from './object';
import type { State } from './state';

const LOOK_AGAIN_MS = 200;
const LOOK_AGAIN_MAX_MS = 2_000;

const PROPAGATION: Readonly<Record<string, string>> = { orphan: 'Orphan', background: 'Background' };

/** As with the genuine plugin, where that annotation is about the end of an object as well. */
const SKIPPING = new Set([
  'Namespace',
  'Pod',
  'ReplicationController',
  'DaemonSet',
  'Deployment',
  'StatefulSet',
  'Job',
]);

/** That it is gone already is fine; so is that its kind is. */
export async function remove(
  call: Call,
  { live, inputs }: Pick<State, 'live' | 'inputs'>,
  timeoutMs: number,
): Promise<void> {
  const reference = await referenceTo(call, live);
  if (reference === undefined) return;
  const wanted = annotationOf(inputs, DELETION_PROPAGATION)?.toLowerCase() ?? '';
  let answer: KubernetesObject;
  try {
    answer = await call.cluster.ask<KubernetesObject>({
      method: 'DELETE',
      path: objectPath(reference.kind, reference.namespace, reference.name),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        // What it has made is gone before it is: nothing of it is in the way of what comes next.
        propagationPolicy: PROPAGATION[wanted] ?? 'Foreground',
      },
      action: `delete ${describe(reference)}`,
    });
  } catch (error) {
    if (isClusterError(error, 'notFound')) return;
    throw error;
  }
  const isSkipped = annotationOf(inputs, SKIP_AWAIT) === 'true' && SKIPPING.has(reference.kind.kind);
  if (!isSkipped) await untilGone(call, reference, answer, timeoutMs);
}

async function untilGone(
  call: Call,
  reference: Reference,
  answer: KubernetesObject,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  // The answer is the object, or a status with its uid.
  const { details } = answer as unknown as { readonly details?: { readonly uid?: string } };
  const uid = details?.uid ?? answer.metadata.uid;
  let pauseMs = LOOK_AGAIN_MS;
  let said = '';
  for (;;) {
    const left = await lookTolerantly(call, reference);
    if (left === 'gone') break;
    if (left !== 'unknown' && uid !== undefined && left.metadata.uid !== uid) break;
    const reasons = left === 'unknown' ? [] : obstacles(left);
    if (Date.now() + pauseMs > deadline) {
      throw new UserError(
        `${describe(reference)} is still being deleted after ${timeoutMs / 1000} s. ${reasons.join('; ')}`.trim(),
      );
    }
    const words = ['waiting until it is gone', ...reasons].join('; ');
    if (words !== said) call.status(words);
    said = words;
    await call.cluster.pause(pauseMs, `wait until ${describe(reference)} is gone`);
    pauseMs = Math.min(pauseMs * 1.5, LOOK_AGAIN_MAX_MS);
  }
  call.status('');
}

async function lookTolerantly(
  { cluster }: Call,
  reference: Reference,
): Promise<KubernetesObject | 'gone' | 'unknown'> {
  try {
    return (await find(cluster, reference)) ?? 'gone';
  } catch (error) {
    if (isPassing(error)) return 'unknown';
    throw error;
  }
}

/** Somebody has promised to do something first; a namespace says what is left in it. */
function obstacles(live: KubernetesObject): readonly string[] {
  const inSpec = (live.spec ?? {}) as { readonly finalizers?: readonly string[] };
  const finalizers = [...(live.metadata.finalizers ?? []), ...(inSpec.finalizers ?? [])].filter(
    (name) => name !== 'kubernetes' && name !== 'foregroundDeletion',
  );
  const said = conditionsOf(live)
    .filter(({ status, message = '' }) => live.kind === 'Namespace' && status === 'True' && message !== '')
    .map(({ message = '' }) => message);
  const waits = finalizers.length === 0 ? [] : [`its finalizers are not done: ${finalizers.join(', ')}`];
  return [...waits, ...said];
}
