/** What becomes of `replicated` and of queue types on a target. */
import type { Family, Queue, Replicated, Vhost } from '../model';
import type { Arguments, QueueType } from '../objects';
import { canMirror, isAtLeast } from '../target';
import type { Target } from '../target';

export type Replication =
  /** Not asked for. */
  | { readonly kind: 'none' }
  /** A quorum queue or a stream. */
  | { readonly kind: 'byType' }
  /** A classic queue with mirrors (3.x). */
  | { readonly kind: 'mirrored' }
  /** Asked for `where-supported`, and not supported here. */
  | { readonly kind: 'leftAlone'; readonly obstacle: string }
  /** Asked for, and impossible here. */
  | { readonly kind: 'refused'; readonly obstacle: string };

/** Quorum queues know the priorities 0 to 31, from 4.3 on, and without any argument. */
export const QUORUM_PRIORITIES_MAX = 31;

/** Why a queue with these properties can't be a quorum queue, in words; undefined if it can. */
export function quorumObstacle(queue: Queue, target: Target): string | undefined {
  const given: Arguments = { ...queue.arguments, ...queue.declaredWith };
  const argument = CLASSIC_ARGUMENTS.find((key) => key in given);
  return (
    quorumPropertyObstacle(queue, target) ??
    (argument === undefined ? undefined : `it has the argument ${argument}`)
  );
}

/** Arguments that RabbitMQ refuses on a quorum queue, and takes on a classic one. */
const CLASSIC_ARGUMENTS = ['x-max-priority', 'x-queue-mode', 'x-queue-version', 'x-queue-master-locator'];

/** The same without regard to its arguments. */
export function quorumPropertyObstacle(queue: Queue, target: Target): string | undefined {
  if (!queue.durable) return 'it is not durable';
  if (queue.autoDelete) return 'it is deleted with its last consumer (autoDelete)';
  if (queue.settings.overflow === 'reject-publish-dlx') return 'its overflow is reject-publish-dlx';
  if (queue.priorities === undefined) return undefined;
  if (!isAtLeast(target, '4.3')) return 'it has priorities, which quorum queues know from 4.3 on';
  if (queue.priorities > QUORUM_PRIORITIES_MAX) return `it has priorities over ${QUORUM_PRIORITIES_MAX}`;
  return undefined;
}

/** The type that a listed queue gets, and how its replication is met. */
export function resolveQueueType(
  queue: Queue,
  vhost: Vhost,
  target: Target,
): { readonly type: QueueType; readonly replication: Replication } {
  const explicit = queue.type ?? argumentType(queue.declaredWith) ?? argumentType(queue.arguments);
  const type = explicit ?? inheritedType(queue, vhostDefaultType(vhost, target) ?? 'classic');
  if (queue.replicated === false) return { type, replication: { kind: 'none' } };
  if (type !== 'classic') return { type, replication: { kind: 'byType' } };
  const obstacle = promotionObstacle(queue, explicit, target);
  if (obstacle === undefined) return { type: 'quorum', replication: { kind: 'byType' } };
  if (canMirror(target)) return { type, replication: { kind: 'mirrored' } };
  return { type, replication: unsupported(queue.replicated, obstacle) };
}

/** RabbitMQ passes over a default type that can't hold the queue's lifetime: such a queue becomes classic. */
function inheritedType(queue: Queue, defaultType: QueueType): QueueType {
  return queue.durable && !queue.autoDelete ? defaultType : 'classic';
}

function promotionObstacle(
  queue: Queue,
  explicit: QueueType | undefined,
  target: Target,
): string | undefined {
  if (explicit === 'classic') return 'its type is classic';
  if (queue.declaredWith !== undefined) {
    return 'the application declares it without x-queue-type (declaredWith)';
  }
  return quorumObstacle(queue, target);
}

/** How a family's replication is met: its queues get their type from the vhost's default, or mirrors from a policy. */
export function resolveFamilyReplication(family: Family, vhost: Vhost, target: Target): Replication {
  if (family.replicated === false) return { kind: 'none' };
  if (canMirror(target)) return { kind: 'mirrored' };
  const obstacle = familyObstacle(family, vhost);
  return obstacle === undefined ? { kind: 'byType' } : unsupported(family.replicated, obstacle);
}

function familyObstacle(family: Family, vhost: Vhost): string | undefined {
  if (!family.durable) return 'its queues are not durable';
  if (family.settings.overflow === 'reject-publish-dlx') return 'its overflow is reject-publish-dlx';
  if (vhost.defaultQueueType === 'classic') return "the vhost's defaultQueueType is classic";
  return undefined;
}

/** The vhost's default type: as the topology says, else quorum where a replicated family (4.x) needs it. */
export function vhostDefaultType(vhost: Vhost, target: Target): QueueType | undefined {
  if (vhost.defaultQueueType !== undefined) return vhost.defaultQueueType;
  const needsQuorum = vhost.families.some(
    (family) => resolveFamilyReplication(family, vhost, target).kind === 'byType',
  );
  return needsQuorum ? 'quorum' : undefined;
}

function unsupported(replicated: Replicated, obstacle: string): Replication {
  return { kind: replicated === 'where-supported' ? 'leftAlone' : 'refused', obstacle };
}

function argumentType(given: Arguments | undefined): QueueType | undefined {
  const type = given?.['x-queue-type'];
  return type === 'classic' || type === 'quorum' || type === 'stream' ? type : undefined;
}
