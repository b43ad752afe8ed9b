/** Waiting for what an object is there for; ends with the object as it is then, or with the reasons why not. */
import { isPassing } from '../../../../kubernetesApi/errors';
import { describe, find, type KubernetesObject, type Reference } from '../../../../kubernetesApi/objects';
import type { PropertyMap } from '../../../values';
import { SKIP_AWAIT, TIMEOUT_SECONDS, WAIT_FOR, annotationOf } from '../object';
import type { Call } from '../call';
import { definition } from './definition';
import { READY, waitingFor, type Await, type Look } from './look';
import { ingress, service } from './network';
import { claim } from './storage';
import { conditionsOf, lookAtWishes, parseWaitFor } from './waitFor';
import { daemonSet, deployment, job, pod, statefulSet } from './workloads';

const DEFAULT_TIMEOUT_MS = 10 * 60_000;
const LOOK_AGAIN_MS = 250;
const LOOK_AGAIN_MAX_MS = 2_000;

const AWAITS: Readonly<Record<string, Await>> = {
  'apps/v1/Deployment': deployment,
  'apps/v1/StatefulSet': statefulSet,
  'apps/v1/DaemonSet': daemonSet,
  'batch/v1/Job': job,
  'v1/Pod': pod,
  'v1/Service': service,
  'v1/PersistentVolumeClaim': claim,
  'networking.k8s.io/v1/Ingress': ingress,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': definition,
};

/** The object exists, and isn't what it should be. */
export class NotReady extends Error {
  constructor(
    readonly live: KubernetesObject,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join('\n'));
  }
}

/** @param givenSeconds of the resource's own `customTimeouts`; 0 where there is none */
export function timeoutMsOf(inputs: PropertyMap, givenSeconds: number): number {
  const annotated = Number(annotationOf(inputs, TIMEOUT_SECONDS));
  if (givenSeconds > 0) return givenSeconds * 1000;
  return annotated > 0 ? annotated * 1000 : DEFAULT_TIMEOUT_MS;
}

/** Undefined where nothing is waited for. */
function awaitOf(inputs: PropertyMap): Await | undefined {
  if (annotationOf(inputs, SKIP_AWAIT) === 'true') return undefined;
  const wanted = annotationOf(inputs, WAIT_FOR);
  const wishes = wanted === undefined ? undefined : parseWaitFor(wanted);
  if (Array.isArray(wishes)) return (_looker, live) => lookAtWishes(wishes as never, live);
  const usual = AWAITS[`${String(inputs.apiVersion)}/${String(inputs.kind)}`];
  if (usual !== undefined) return usual;
  return process.env.PULUMI_K8S_AWAIT_ALL === 'true' ? anyReady : undefined;
}

/** A kind that says nothing of it counts as ready. */
const anyReady: Await = (_looker, live) => {
  const said = conditionsOf(live).find(({ type }) => type === 'Ready');
  return said === undefined || said.status === 'True'
    ? READY
    : waitingFor(said.message ?? said.reason ?? 'not ready');
};

/** @throws NotReady at the end of the time, when it can't get ready, or when everything is cancelled */
export async function untilReady(
  call: Call,
  reference: Reference,
  made: { readonly inputs: PropertyMap; readonly live: KubernetesObject; readonly timeoutMs: number },
): Promise<KubernetesObject> {
  const look = awaitOf(made.inputs);
  if (look === undefined) return made.live;
  const deadline = Date.now() + made.timeoutMs;
  let { live } = made;
  let said = '';
  let pauseMs = LOOK_AGAIN_MS;
  for (;;) {
    const seen: Look = await tolerant(async () => {
      const found = await find(call.cluster, reference);
      if (found === undefined || found.metadata.uid !== made.live.metadata.uid) {
        return { isReady: false, isFailed: true, reasons: ['somebody deleted it meanwhile'] };
      }
      live = found;
      return look(call, found);
    }, live);
    if (seen.isReady) {
      call.status('');
      return live;
    }
    if (seen.isFailed === true) throw new NotReady(live, [`${describe(reference)} failed.`, ...seen.reasons]);
    if (Date.now() + pauseMs > deadline) {
      const head = `${describe(reference)} is not ready after ${made.timeoutMs / 1000} s; run \`up\` again to go on waiting, or give it more time (customTimeouts).`;
      throw new NotReady(live, [head, ...seen.reasons]);
    }
    const words = seen.reasons.join('; ');
    if (words !== said) call.status(words);
    said = words;
    await pauseOrStop(call, pauseMs, reference, live);
    pauseMs = Math.min(pauseMs * 1.5, LOOK_AGAIN_MAX_MS);
  }
}

/** An API server that is away for a moment doesn't end the wait. */
async function tolerant(look: () => Promise<Look>, live: KubernetesObject): Promise<Look> {
  try {
    return await look();
  } catch (error) {
    if (isPassing(error)) return waitingFor(error.message);
    throw new NotReady(live, [(error as Error).message]);
  }
}

async function pauseOrStop(
  call: Call,
  ms: number,
  reference: Reference,
  live: KubernetesObject,
): Promise<void> {
  try {
    await call.cluster.pause(ms, `wait for ${describe(reference)}`);
  } catch (error) {
    throw new NotReady(live, [(error as Error).message]);
  }
}
