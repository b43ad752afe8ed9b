/** How many containers a fleet is to have. The words are those of Kubernetes' HorizontalPodAutoscaler and of KEDA. */
import type { Fleet } from './config';

/** What is in the queues of a fleet, added up. */
export interface Load {
  readonly ready: number;
  readonly unacknowledged: number;
}

/** What the figures of one moment asked for. */
export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

type Limits = Pick<Fleet, 'min' | 'max' | 'messagesPerReplica' | 'cooldownMs'>;

/** One for each `messagesPerReplica` begun, within the limits. Never none while there is a message. */
export function desiredReplicas({ ready, unacknowledged }: Load, fleet: Limits): number {
  return clamp(Math.ceil((ready + unacknowledged) / fleet.messagesPerReplica), fleet);
}

export function clamp(replicas: number, { min, max }: Pick<Limits, 'min' | 'max'>): number {
  return Math.max(min, Math.min(max, replicas));
}

export interface Stabilized {
  readonly replicas: number;
  /** Those that still count. */
  readonly recommendations: readonly Recommendation[];
}

/**
 * More at once, fewer only when fewer were recommended in the whole window of `cooldownMs`. Of a window that isn't full
 * yet, the time before counts as the number that ran then.
 * @param load undefined where nobody knows: then nothing changes, and the window begins anew
 */
export function stabilize(
  fleet: Limits,
  load: Load | undefined,
  earlier: readonly Recommendation[] | undefined,
  { running, nowMs }: { readonly running: number; readonly nowMs: number },
): Stabilized {
  const kept = earlier ?? [{ atMs: nowMs, replicas: clamp(running, fleet) }];
  if (load === undefined) {
    const replicas = kept.reduce((most, one) => Math.max(most, one.replicas), fleet.min);
    return { replicas, recommendations: [{ atMs: nowMs, replicas }] };
  }
  const latest = { atMs: nowMs, replicas: desiredReplicas(load, fleet) };
  const inWindow = kept.filter(({ atMs }) => nowMs - atMs < fleet.cooldownMs);
  // One that is older and not greater will never be the greatest again.
  const recommendations = [...inWindow.filter(({ replicas }) => replicas > latest.replicas), latest];
  return { replicas: Math.max(...recommendations.map(({ replicas }) => replicas)), recommendations };
}
