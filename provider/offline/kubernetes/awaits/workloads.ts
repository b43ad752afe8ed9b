/** Deployments, stateful sets, daemon sets, jobs and pods: rolled out, and if not, why. */
import type { KubernetesObject } from '../../../../kubernetesApi/objects';
import { READY, failed, waitingFor, type Await, type Look, type Looker } from './look';
import { podTroubles, isReady, troublesOf, warningsAbout, type Pod } from './pods';
import { conditionsOf } from './waitFor';

interface Workload {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: Parameters<typeof podTroubles>[2];
    readonly suspend?: boolean;
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly partition?: number };
    };
  };
  readonly status?: Readonly<Partial<Record<Count, number>>> & {
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

type Count =
  | 'observedGeneration'
  | 'replicas'
  | 'updatedReplicas'
  | 'readyReplicas'
  | 'availableReplicas'
  | 'desiredNumberScheduled'
  | 'updatedNumberScheduled'
  | 'numberAvailable';

const UNSEEN = 'its controller has not seen this version yet';

function parts(live: KubernetesObject): {
  readonly workload: Workload;
  readonly count: (name: Count) => number;
  readonly isSeen: boolean;
} {
  const workload = live as unknown as Workload;
  const count = (name: Count): number => workload.status?.[name] ?? 0;
  return { workload, count, isSeen: count('observedGeneration') >= (live.metadata.generation ?? 0) };
}

export const deployment: Await = async (looker, live) => {
  const { workload, count, isSeen } = parts(live);
  if (!isSeen) return waitingFor(UNSEEN);
  const wanted = workload.spec.replicas ?? 1;
  const [updated, available] = [count('updatedReplicas'), count('availableReplicas')];
  const old = count('replicas') - updated;
  if (updated >= wanted && available >= wanted && old <= 0) return READY;
  const conditions = conditionsOf(live);
  const stuck = conditions.find(({ reason }) => reason === 'ProgressDeadlineExceeded');
  const refused = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  // Old pods may be those that are available.
  const head = `${Math.max(0, Math.min(updated, available - old))} of ${wanted} new pods are available${old > 0 ? `, ${old} old ones are left` : ''}`;
  const troubles = await troublesOfPods(looker, live, workload);
  const reasons = [head, refused?.message, ...troubles].filter((text) => text !== undefined);
  return stuck === undefined ? waitingFor(...reasons) : failed(stuck.message ?? 'no progress', ...reasons);
};

export const statefulSet: Await = async (looker, live) => {
  const { workload, count, isSeen } = parts(live);
  if (!isSeen) return waitingFor(UNSEEN);
  const { replicas = 1, updateStrategy = {} } = workload.spec;
  const { currentRevision, updateRevision } = workload.status ?? {};
  // Pods below a partition, or of a set that is updated by deleting pods, stay as they are.
  const isPartial = updateStrategy.type === 'OnDelete' || (updateStrategy.rollingUpdate?.partition ?? 0) > 0;
  const isRolled = isPartial || (count('updatedReplicas') >= replicas && currentRevision === updateRevision);
  const ready = count('readyReplicas');
  if ((isRolled || replicas === 0) && ready >= replicas && count('replicas') === replicas) return READY;
  const head = `${ready} of ${replicas} pods are ready${isRolled ? '' : `, ${count('updatedReplicas')} of them new`}`;
  return waitingFor(head, ...(await troublesOfPods(looker, live, workload)));
};

export const daemonSet: Await = async (looker, live) => {
  const { workload, count, isSeen } = parts(live);
  if (!isSeen) return waitingFor(UNSEEN);
  const wanted = count('desiredNumberScheduled');
  const isPartial = workload.spec.updateStrategy?.type === 'OnDelete';
  const isRolled = isPartial || count('updatedNumberScheduled') >= wanted;
  if (isRolled && count('numberAvailable') >= wanted) return READY;
  const head = `${count('numberAvailable')} of ${wanted} pods are available`;
  return waitingFor(head, ...(await troublesOfPods(looker, live, workload)));
};

export const job: Await = async (looker, live) => {
  const { workload } = parts(live);
  const conditions = conditionsOf(live);
  const isTrue = (type: string): boolean =>
    conditions.some((one) => one.type === type && one.status === 'True');
  if (isTrue('Complete') || workload.spec.suspend === true) return READY;
  const selector = { matchLabels: { 'batch.kubernetes.io/job-name': live.metadata.name ?? '' } };
  const troubles = await podTroubles(looker, live.metadata.namespace, selector);
  if (isTrue('Failed')) {
    const { message = 'it failed' } = conditions.find(({ type }) => type === 'Failed') ?? {};
    return failed(message, ...troubles);
  }
  const warnings = troubles.length > 0 ? [] : (await warningsAbout(looker, live.metadata)).slice(-1);
  return waitingFor('the job has not finished yet', ...troubles, ...warnings);
};

export const pod: Await = async (looker, live) => {
  const own = live as unknown as Pod;
  if (isReady(own)) return READY;
  const troubles = await troublesOf(looker, own);
  return own.status?.phase === 'Failed' ? failed(...troubles) : waitingFor(...troubles);
};

/** Where there are no pods, the reason stands at the object itself: a quota, or a rule for pods. */
async function troublesOfPods(
  looker: Looker,
  live: KubernetesObject,
  { spec }: Workload,
): Promise<Look['reasons']> {
  const { namespace } = live.metadata;
  const troubles = await podTroubles(looker, namespace, spec.selector);
  return troubles.length > 0 ? troubles : (await warningsAbout(looker, live.metadata)).slice(-1);
}
