/**
 * Deleting a queue without losing a message that nobody agreed to lose.
 *
 * A classic queue is deleted by the broker itself only while it is empty and unused; what is unacknowledged its own
 * totals say. Quorum queues and streams know no such condition. So their inflow is stopped first: their bindings go to
 * a holding exchange with a queue behind it, and come back with what came in when the deletion is refused. The default
 * exchange can't be stopped: what is published to the queue by its name between the last look and the deletion is lost
 * with it.
 */
import type { Approvals } from './approvals';
import type { QueueCounts } from '../figures/queueCounts';
import type { Broker } from '../api/transport';
import { howToApprove, isApprovedByName, verdictOn } from './approvals';
import * as bindings from '../kinds/bindings';
import { BrokerError, isBrokerError, refusalOf } from '../api/errors';
import { readTogether } from '../api/coalesce';
import { holdingName, isHolding } from '../replacement/holding';
import { declareHolding } from '../replacement/holdingQueue';
import { canMove } from '../replacement/messageMover';
import { divertInflow } from '../replacement/queueInflow';
import {
  beginningOf,
  describeCounts,
  firstLook,
  glance,
  isFull,
  latestCounts,
  lossOf,
  POLL_MS,
  SETTLE_MS,
  settledCounts,
  statistics,
} from '../figures/queueCounts';
import type { QueueName } from '../kinds/queues';
import * as queues from '../kinds/queues';
import { bringBack, discardSetAside, stopBothWays } from '../replacement/queueReturn';

const inWords = ({ vhost, name }: QueueName): string => `queue "${name}" in vhost "${vhost}"`;

/**
 * Deletes the queue, with what an interrupted recreation left of it. Unless approved, only an empty queue that nobody
 * consumes: otherwise `guarded`, with the counts and the way to approve. An absent queue is fine.
 */
export async function removeQueue(
  broker: Broker,
  queue: QueueName,
  options: { readonly approvals: Approvals },
): Promise<void> {
  const { vhost, name } = queue;
  const holding = holdingName('queue', name);
  const wasInterrupted = await isHolding(broker, vhost, holding);
  if (wasInterrupted) await stopBothWays(broker, queue);
  if (isApprovedByName(queue, options.approvals)) {
    await queues.remove(broker, queue);
    if (wasInterrupted) await discardSetAside(broker, queue);
    return;
  }
  const current = wasInterrupted ? await queues.read(broker, vhost, name) : undefined;
  // First it gets back what is its own: all of it is counted then, and stays where it is refused.
  if (current !== undefined) await bringBack(broker, current);
  await removeGuarded(broker, queue, options.approvals);
  if (!(await isHolding(broker, vhost, holding))) return;
  await judgeSetAside(broker, queue, options.approvals, wasInterrupted);
  await discardSetAside(broker, queue);
}

async function removeGuarded(broker: Broker, queue: QueueName, approvals: Approvals): Promise<void> {
  const beganMs = beginningOf(broker);
  const first = await firstLook(broker, queue.vhost, queue.name);
  if (first === undefined) return;
  const judge = judgeOf(broker, queue, approvals);
  if (first.type === 'classic') await removeClassic(broker, queue, first, judge);
  else await removeOther(broker, queue, first, judge, beganMs);
}

/** Why `removeQueue` would be refused as things are now; undefined where it wouldn't. Nothing is touched. */
export async function refusalToDelete(
  broker: Broker,
  queue: QueueName,
  approvals: Approvals,
): Promise<string | undefined> {
  const counts = await glance(broker, queue.vhost, queue.name);
  if (counts === undefined || isApprovedByName(queue, approvals)) return undefined;
  return refusalOf(() => judgeOf(broker, queue, approvals)(counts));
}

/**
 * Throws `guarded` where `removeQueue` would refuse what the queue holds now; nothing is touched. For what goes before
 * the queue, and can't come back without a gap: its bindings. Figures that come late are waited for.
 */
export async function judgeDeletion(broker: Broker, queue: QueueName, approvals: Approvals): Promise<void> {
  if (isApprovedByName(queue, approvals)) return;
  const first = await firstLook(broker, queue.vhost, queue.name);
  if (first === undefined) return;
  const counts =
    first.type === 'classic'
      ? await withLeavingConsumers(broker, queue, first)
      : await latest(broker, queue, first);
  if (counts !== undefined) await judgeOf(broker, queue, approvals)(counts);
}

/** Throws `guarded` where these counts may not be lost; true where there is something, and its loss was approved. */
type Judge = (counts: QueueCounts, hint?: string) => Promise<boolean>;

function judgeOf(broker: Broker, queue: QueueName, approvals: Approvals): Judge {
  return async (counts, hint = '') => {
    if (isUnused(counts)) return false;
    const loss = await lossOf(broker, queue, counts, 'delete');
    const verdict = verdictOn(loss, approvals);
    if (verdict === 'approved') return true;
    throw new BrokerError({
      kind: 'guarded',
      message:
        `Refused to delete ${inWords(queue)} on ${broker.endpoint}: ${describeCounts(counts)}. ` +
        `${hint}${wayOutOf(counts)} the loss with ${howToApprove(loss, verdict)}`,
    });
  };
}

function wayOutOf({ type, isUncertain, consumers }: QueueCounts): string {
  if (isUncertain && consumers === 0) {
    const quiet =
      type === 'quorum' ? ', or disconnect all clients of the vhost where the statistics are off' : '';
    return `Start the node where it is, if that is down${quiet}; or approve`;
  }
  return type === 'stream'
    ? 'A stream keeps what was read: stop its clients, and approve'
    : 'Drain it and stop its consumers; or approve';
}

export function isUnused(counts: QueueCounts): boolean {
  return counts.consumers === 0 && !isFull(counts);
}

async function removeClassic(
  broker: Broker,
  queue: QueueName,
  first: QueueCounts,
  judge: Judge,
): Promise<void> {
  // The broker's `if-empty` looks at ready messages only.
  const counts = isFull(first) ? await withConsumers(broker, queue, first) : first;
  if (await judge(counts)) return queues.remove(broker, queue);
  try {
    await queues.remove(broker, queue, { ifEmpty: true, ifUnused: true });
  } catch (error) {
    if (!isBrokerError(error, 'refused') || !/not empty|in use/.test(error.reason ?? '')) throw error;
    const now = await firstLook(broker, queue.vhost, queue.name);
    if (now === undefined) return;
    const known = await withConsumers(broker, queue, now);
    // The consumers may be too new for the statistics.
    const consumers = Math.max(known.consumers, error.reason?.includes('in use') === true ? 1 : 0);
    if (await judge({ ...known, consumers })) return queues.remove(broker, queue);
    throw error;
  }
}

async function withConsumers(broker: Broker, queue: QueueName, counts: QueueCounts): Promise<QueueCounts> {
  const consumers = (await statistics(broker, queue.vhost, queue.name))?.consumers ?? 0;
  return { ...counts, consumers };
}

/** Consumers that have just left are still shown for a while. */
async function withLeavingConsumers(
  broker: Broker,
  queue: QueueName,
  counts: QueueCounts,
): Promise<QueueCounts> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const known = await withConsumers(broker, queue, counts);
    if (known.consumers === 0 || isFull(counts) || performance.now() > deadlineMs) return known;
    await broker.pause(POLL_MS, `count the consumers of queue "${queue.name}"`);
  }
}

/** Of a quorum queue or a stream. */
async function latest(
  broker: Broker,
  queue: QueueName,
  first: QueueCounts,
): Promise<QueueCounts | undefined> {
  const isUsed = first.consumers > 0 || isFull(first);
  return isUsed ? latestCounts(broker, queue.vhost, queue.name) : first;
}

async function removeOther(
  broker: Broker,
  queue: QueueName,
  first: QueueCounts,
  judge: Judge,
  beganMs: number,
): Promise<void> {
  // What is there is refused before anything is touched.
  const known = await latest(broker, queue, first);
  if (known === undefined) return;
  if (await judge(known, RACE)) return queues.remove(broker, queue);
  const stoppedMs = await stopInflow(broker, queue, known);
  const holding = holdingName('queue', queue.name);
  try {
    const counts = await settledCounts(broker, queue.vhost, queue.name, stoppedMs ?? beganMs);
    if (counts === undefined) return;
    await judge(counts, RACE);
    // Whoever publishes to it still uses it.
    const waiting = stoppedMs === undefined ? undefined : await firstLook(broker, queue.vhost, holding);
    if (waiting !== undefined) await judge({ ...waiting, name: queue.name }, RACE);
    await queues.remove(broker, queue);
  } catch (error) {
    await restoreInflow(broker, queue);
    throw error;
  }
}

/** Where it matters: the broker deletes such a queue whatever came in since the last look. */
const RACE = 'Stop what publishes to it by its name through the default exchange, too. ';

/** When the inflow was stopped, by `performance.now`; undefined where there was none but by the default exchange. */
async function stopInflow(
  broker: Broker,
  queue: QueueName,
  { type }: QueueCounts,
): Promise<number | undefined> {
  const { vhost, name } = queue;
  const bound = await bindings.listTo(broker, { vhost, type: 'queue', name });
  if (bound.length === 0) return undefined;
  // Ready messages of a quorum queue can be counted at the last moment, a stream's can't.
  if ((await canCatchInflow(broker, queue, type)) || type === 'stream') {
    await divertInflow(broker, queue, bound);
  }
  return performance.now();
}

/** What comes in while it is counted is confirmed to its publishers, and must not get lost where the queue stays. */
async function canCatchInflow(broker: Broker, { vhost, name }: QueueName, type: string): Promise<boolean> {
  // Without a shovel nothing could be brought back from there.
  if (!(await readTogether(broker, 'whether messages can be moved', () => canMove(broker)))) return false;
  const current = await queues.read(broker, vhost, name);
  if (current === undefined) return false;
  try {
    await declareHolding(broker, current, 'classic');
    return true;
  } catch (error) {
    // The vhost takes no further queue.
    if (type !== 'stream' && isBrokerError(error, 'guarded')) return false;
    throw error;
  }
}

async function restoreInflow(broker: Broker, { vhost, name }: QueueName): Promise<void> {
  const current = await queues.read(broker, vhost, name);
  if (current !== undefined) await bringBack(broker, current);
}

/** Messages that an interrupted recreation set aside, or that came in last, are the queue's, which is gone. */
async function judgeSetAside(
  broker: Broker,
  queue: QueueName,
  approvals: Approvals,
  wasInterrupted: boolean,
): Promise<void> {
  const holding = { vhost: queue.vhost, name: holdingName('queue', queue.name) };
  const counts = await settledCounts(broker, holding.vhost, holding.name, performance.now());
  if (counts === undefined) return;
  const hint = wasInterrupted
    ? `They were set aside in queue "${holding.name}" by a recreation that was interrupted; an \`up\` with the queue in the topology finishes it. `
    : `They came in by its exchanges as it was deleted, and wait in queue "${holding.name}"; an \`up\` with the queue in the topology brings them back. `;
  await judgeOf(broker, queue, approvals)(counts, hint);
}
