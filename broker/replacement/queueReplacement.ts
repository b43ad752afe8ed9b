/**
 * Recreating a queue (another type, durability, arguments) without losing its messages or its bindings, in the two
 * halves that the engine makes of it. First half: what is bound to the queue is bound to a holding exchange instead,
 * with a holding queue behind it, the messages are moved there, and the queue is deleted. Second half: once the new
 * queue is declared, messages and bindings come back. Each step looks at what is on the broker and can be done again.
 */
import type { QueueObject } from '../../topology/objects';
import type { Approvals } from '../guards/approvals';
import type { QueueCounts } from '../figures/queueCounts';
import type { QueueName } from '../kinds/queues';
import type { Broker } from '../api/transport';
import { howToApprove, verdictOn } from '../guards/approvals';
import * as bindings from '../kinds/bindings';
import { BrokerError, isBrokerError, refusalOf } from '../api/errors';
import { holdingName, isHolding, openHolding } from './holding';
import { declareHolding } from './holdingQueue';
import { canMove, deleteIfEmpty, finishMove, lookAt, moveAndDelete } from './messageMover';
import { isAtLeast, readOverview } from '../figures/overview';
import {
  beginningOf,
  describeCounts,
  glance,
  hasHiddenMessages,
  latestCounts,
  lossOf,
} from '../figures/queueCounts';
import { divertInflow } from './queueInflow';
import { bringBack, noteJudged, wayOut } from './queueReturn';
import * as queues from '../kinds/queues';
import { misfit } from './replacementFit';

export interface ReplacementOptions {
  readonly approvals: Approvals;
  /** The queue as it is to be, where that is known: then what it would lose is seen before anything is touched. */
  readonly replacement?: QueueObject;
}

/** So long consumers take to be cancelled on a busy broker, amply. */
const CANCEL_MS = 2_000;

const inWords = ({ vhost, name }: QueueName): string => `queue "${name}" in vhost "${vhost}"`;

/**
 * First half of recreating a queue. Refused (`guarded`) while consumers use it, and where messages can't be moved,
 * unless approved. Whatever it is refused for later, bindings and messages are back before. An absent queue is fine.
 */
export async function setQueueAside(
  broker: Broker,
  { vhost, name }: QueueName,
  options: ReplacementOptions,
): Promise<void> {
  const current = await queues.read(broker, vhost, name);
  if (current === undefined) return queues.refuseUnanswered(broker, { vhost, name });
  const isHeld = await isHolding(broker, vhost, holdingName('queue', name));
  const shown = isHeld ? await finishMove(broker, wayOut(current)) : await lookAt(broker, current);
  const counts = shown?.isUncertain === true ? await latestCounts(broker, vhost, name) : shown;
  if (counts === undefined) return;
  const undone = async (error: unknown): Promise<never> => {
    if (isBrokerError(error, 'guarded')) await bringBack(broker, current);
    throw error;
  };
  const rules = await judge(broker, current, counts, { ...options, mayLookInto: true }).catch(undone);
  noteJudged(broker, current);
  const bound = await bindings.listTo(broker, { vhost, type: 'queue', name });
  const attempt = { ...rules, type: counts.type };
  if (bound.length === 0 && counts.messages === 0 && !isHeld) {
    // Nothing that would have to be kept, unless something comes in just now.
    const sinceMs = beginningOf(broker);
    const obstacle = await deleteIfEmpty(broker, current, { ...attempt, sinceMs });
    if (obstacle === undefined) return untilConsumersKnow(broker, current, attempt);
  }
  // Also where the messages go with the queue: what comes in meanwhile doesn't.
  if (await canMove(broker)) {
    await declareHolding(broker, current, counts.type === 'quorum' ? 'quorum' : 'classic');
  } else await openHolding(broker, vhost, holdingName('queue', name));
  await divertInflow(broker, current, bound);
  await emptyAndDelete(broker, current, { ...attempt, sinceMs: performance.now() }).catch(undone);
  await untilConsumersKnow(broker, current, attempt);
}

/** Why `setQueueAside` would be refused as things are now; undefined where it wouldn't. Nothing is touched. */
export async function refusalToRecreate(
  broker: Broker,
  { vhost, name }: QueueName,
  options: ReplacementOptions,
): Promise<string | undefined> {
  const current = await queues.read(broker, vhost, name);
  const counts = await glance(broker, vhost, name);
  if (current === undefined || counts === undefined) return undefined;
  return refusalOf(() => judge(broker, current, counts, options));
}

/**
 * Before 4.0, the consumers of a quorum queue are cancelled some 30 ms after its deletion is answered, and never where
 * a queue of that name is there again by then: they would wait for ever. Nothing that the broker shows tells when.
 */
async function untilConsumersKnow(
  broker: Broker,
  queue: QueueName,
  { type }: { readonly type: string },
): Promise<void> {
  if (type !== 'quorum' || isAtLeast((await readOverview(broker)).version, 4, 0)) return;
  await broker.pause(CANCEL_MS, `cancel the consumers of ${inWords(queue)}`);
}

interface JudgeOptions extends ReplacementOptions {
  /** A preview may not, not even into a queue. */
  readonly mayLookInto?: boolean;
}

interface Rules {
  /** Consumers may be cancelled. */
  readonly mayInterrupt: boolean;
  /** What is in the queue goes with it, by approval, since it can't be moved. */
  readonly losesMessages: boolean;
}

async function judge(
  broker: Broker,
  queue: QueueObject,
  counts: QueueCounts,
  { approvals, replacement, mayLookInto = false }: JudgeOptions,
): Promise<Rules> {
  const cannotMove = await obstacleToMoving(broker, queue, counts, mayLookInto);
  const lost = cannotMove ?? (await misfit(broker, queue, replacement, counts));
  const loss = await lossOf(broker, queue, counts, lost === undefined ? 'recreate' : 'delete');
  const verdict = verdictOn(loss, approvals);
  const isApproved = verdict === 'approved';
  if (isApproved || (lost === undefined && counts.consumers === 0)) {
    return { mayInterrupt: isApproved, losesMessages: isApproved && cannotMove !== undefined };
  }
  const approval = howToApprove(loss, verdict);
  throw new BrokerError({
    kind: 'guarded',
    message:
      `Refused to recreate ${inWords(queue)} on ${broker.endpoint}: ${describeCounts(counts)}` +
      (lost === undefined
        ? `. ${stopConsumers(approval)}`
        : `; ${lost}. ${counts.type === 'stream' ? 'Approve' : 'Drain it first; or approve'} the loss with ${approval}`),
  });
}

async function obstacleToMoving(
  broker: Broker,
  { vhost, name, autoDelete }: QueueObject,
  counts: QueueCounts,
  mayLookInto: boolean,
): Promise<string | undefined> {
  if (counts.messages === 0 && !counts.isUncertain) return undefined;
  if (autoDelete)
    return 'an auto-delete queue goes with its last consumer, also with the shovel that would move its messages: interrupted, that would lose the rest';
  if (counts.type === 'stream')
    return 'the messages of a stream can be read but not moved, and would be lost';
  // A figure that nobody waited for may still be missing of a new queue.
  if (counts.isUncertain && counts.isExact !== true && (mayLookInto || counts.type === 'classic'))
    return 'nobody answers for it, so that nothing can be moved, and what is in it would be lost. Start the node where it is, if that is down';
  if (mayLookInto && (await hasHiddenMessages(broker, { vhost, name }, counts)))
    return 'they wait for their delayed retry, or as dead letters for a queue that takes none, so that they cannot be moved now, and would be lost';
  if (await canMove(broker)) return undefined;
  return 'its messages could only be moved by a shovel, and the plugin rabbitmq_shovel is not enabled on every node (rabbitmq-plugins enable rabbitmq_shovel); they would be lost';
}

interface Attempt extends Rules {
  readonly type: string;
  /** When its inflow was stopped, by `performance.now`. */
  readonly sinceMs: number;
}

async function emptyAndDelete(broker: Broker, queue: QueueObject, attempt: Attempt): Promise<void> {
  if (attempt.losesMessages) return queues.remove(broker, queue);
  // What came into an auto-delete queue meanwhile must not get a shovel for its only consumer.
  const obstacle = queue.autoDelete
    ? await deleteIfEmpty(broker, queue, attempt)
    : await moveAndDelete(broker, wayOut(queue), attempt);
  if (obstacle !== undefined) throw await obstacleError(broker, queue, obstacle, attempt);
}

async function obstacleError(
  broker: Broker,
  queue: QueueName,
  counts: QueueCounts,
  { mayInterrupt }: Attempt,
): Promise<BrokerError> {
  const loss = await lossOf(broker, queue, counts, 'recreate');
  const wayOut =
    counts.consumers > 0 && !mayInterrupt
      ? stopConsumers(howToApprove(loss, 'none'))
      : counts.unacknowledged > 0
        ? 'Whoever got these must acknowledge or reject them first: wait for that, or stop the clients, and run it again.'
        : counts.isUncertain
          ? 'Without statistics nobody knows whether a client has messages of it: disconnect all clients of the vhost, and run it again.'
          : counts.type === 'stream'
            ? 'They came in by its name, through the default exchange, and the messages of a stream cannot be moved.'
            : 'Messages keep coming in through the default exchange as fast as they are moved. Stop what publishes to it by its name, and run it again.';
  return new BrokerError({
    kind: 'guarded',
    message: `Refused to recreate ${inWords(queue)} on ${broker.endpoint}: ${describeCounts(counts)}${counts.isUncertain ? '' : ' could not be moved away'}. Everything is as it was before. ${wayOut}`,
  });
}

function stopConsumers(approval: string): string {
  return `Its messages are moved, its consumers would be cancelled and must subscribe again: stop them first, or approve the interruption with ${approval}`;
}
