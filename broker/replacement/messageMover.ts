/**
 * Moving messages within a vhost, by a shovel: inside the broker, without a password or a second address, each message
 * acknowledged only once its copy is confirmed. It goes on when we are killed, and is found again by its name.
 */
import type { QueueCounts } from '../figures/queueCounts';
import type { QueueName } from '../kinds/queues';
import type { Broker } from '../api/transport';
import { BrokerError, isBrokerError } from '../api/errors';
import { records, textList } from '../api/json';
import * as parameters from '../kinds/parameters';
import {
  SETTLE_MS,
  describeCounts,
  firstLook,
  plural,
  settledCounts,
  statistics,
} from '../figures/queueCounts';
import * as queues from '../kinds/queues';

export interface Move {
  readonly vhost: string;
  /** The shovel's name: the same move has the same name in every run. */
  readonly shovel: string;
  readonly from: string;
  /** An exchange keeps each message's routing key; a queue is reached through the default exchange. */
  readonly to: { readonly exchange: string } | { readonly queue: string };
}

const POLL_MS = 200;
/** Without fewer messages: then nobody is helped by waiting on. */
const STALLED_MS = 60_000;
/** How often what came in meanwhile is moved as well. A round takes a second for a classic queue, and 11 s for others. */
const roundsMax = (type: string): number => (type === 'classic' ? 20 : 3);
/** So long consumers may take to acknowledge what they have, once they may be interrupted. */
const ACKNOWLEDGE_MS = 30_000;
/** So long a shovel's own consumer may outlive it, in the statistics of a busy broker too. */
const SHOVEL_END_MS = 30_000;

export interface Attempt {
  readonly type: string;
  /** Consumers may be cancelled. */
  readonly mayInterrupt: boolean;
  /** When its inflow was stopped, by `performance.now`. */
  readonly sinceMs: number;
  /** Nobody else takes messages from it: without consumers, none are unacknowledged. */
  readonly isOurs?: boolean;
}

/** Until the queue is empty, unused and deleted; else what stands against it. */
export async function moveAndDelete(
  broker: Broker,
  move: Move,
  attempt: Attempt,
): Promise<QueueCounts | undefined> {
  const queue = { vhost: move.vhost, name: move.from };
  let obstacle: QueueCounts | undefined;
  for (let round = 0; round < roundsMax(attempt.type); round++) {
    await drain(broker, move);
    obstacle = await deleteIfEmpty(broker, queue, attempt);
    const isReady = obstacle !== undefined && obstacle.messages > obstacle.unacknowledged;
    // A stream gives its messages to whoever reads it, and keeps them.
    if (!isReady || attempt.type === 'stream') return obstacle;
  }
  return obstacle;
}

/**
 * Until nothing is ready in it. A shovel that was started in an earlier run is waited for in any case, and before the
 * first look: that may take a message and put it back, behind those that the shovel has by then.
 */
export async function drain(broker: Broker, move: Move): Promise<void> {
  if (await isMoving(broker, move)) await moveMessages(broker, move);
  for (let round = 0; ; round++) {
    const counts = await firstLook(broker, move.vhost, move.from);
    const isEmpty = counts === undefined || counts.messages <= counts.unacknowledged;
    if (isEmpty || counts.type === 'stream' || round === roundsMax(counts.type)) return;
    await moveMessages(broker, move);
  }
}

/**
 * Ends what an interrupted run began: its shovel runs on in the broker, and would move back what is brought back. What
 * it has in hand is let through, and the counts are those without its consumer, which the figures show for a while.
 */
export async function finishMove(broker: Broker, move: Move): Promise<QueueCounts | undefined> {
  if (await isMoving(broker, move)) await drain(broker, move);
  const deadlineMs = performance.now() + SHOVEL_END_MS;
  for (;;) {
    const counts = await lookAt(broker, { vhost: move.vhost, name: move.from });
    if (counts === undefined || counts.consumers === 0 || performance.now() > deadlineMs) return counts;
    await broker.pause(POLL_MS, `finish moving the messages of queue "${move.from}"`);
  }
}

/** At once: what it has in hand may come twice. */
export async function stopMove(broker: Broker, move: Move): Promise<void> {
  if (await isMoving(broker, move)) await parameters.remove(broker, keyOf(move));
}

async function isMoving(broker: Broker, move: Move): Promise<boolean> {
  return (await parameters.read(broker, keyOf(move))) !== undefined;
}

const keyOf = ({ vhost, shovel }: Move): parameters.ParameterKey => ({
  vhost,
  component: 'shovel',
  name: shovel,
});

/** The consumers of a classic queue come from the statistics; the broker itself has the last word on them. */
export async function lookAt(broker: Broker, { vhost, name }: QueueName): Promise<QueueCounts | undefined> {
  const counts = await firstLook(broker, vhost, name);
  if (counts?.type !== 'classic') return counts;
  const consumers = (await statistics(broker, vhost, name))?.consumers ?? 0;
  return { ...counts, consumers };
}

/** Undefined once it is deleted; else what stands against it. */
export async function deleteIfEmpty(
  broker: Broker,
  queue: QueueName,
  attempt: Attempt,
): Promise<QueueCounts | undefined> {
  const deadlineMs = performance.now() + (attempt.mayInterrupt ? ACKNOWLEDGE_MS : SHOVEL_END_MS);
  for (;;) {
    const obstacle =
      attempt.type === 'classic'
        ? await tryClassic(broker, queue, attempt)
        : await tryOther(broker, queue, attempt);
    if (obstacle === undefined) return undefined;
    const isReady = obstacle.messages > obstacle.unacknowledged;
    const isBusy = obstacle.unacknowledged > 0 || obstacle.consumers > 0;
    if (isReady || !isBusy || performance.now() > deadlineMs) return obstacle;
    const action = `delete queue "${queue.name}" in vhost "${queue.vhost}"`;
    await broker.pause(POLL_MS, action, describeCounts(obstacle));
  }
}

async function tryClassic(
  broker: Broker,
  queue: QueueName,
  { mayInterrupt }: Attempt,
): Promise<QueueCounts | undefined> {
  const counts = await lookAt(broker, queue);
  if (counts === undefined || counts.messages > 0 || counts.isUncertain) return counts;
  try {
    await queues.remove(broker, queue, { ifEmpty: true, ifUnused: !mayInterrupt });
    return undefined;
  } catch (error) {
    if (!isBrokerError(error, 'refused') || !/not empty|in use/.test(error.reason ?? '')) throw error;
    // Newer than the statistics are.
    if (error.reason?.includes('in use') === true)
      return { ...counts, consumers: Math.max(counts.consumers, 1) };
    return (await lookAt(broker, queue)) ?? counts;
  }
}

async function tryOther(
  broker: Broker,
  { vhost, name }: QueueName,
  { mayInterrupt, sinceMs, isOurs = false }: Attempt,
): Promise<QueueCounts | undefined> {
  const areConsumersEnough = !mayInterrupt;
  const counts = await settledCounts(broker, vhost, name, sinceMs, { areConsumersEnough, isOurs });
  if (counts === undefined) return undefined;
  const isFree = counts.messages === 0 && !counts.isUncertain && (mayInterrupt || counts.consumers === 0);
  if (!isFree) return counts;
  await queues.remove(broker, { vhost, name });
  return undefined;
}

/** Whether every node that runs has the plugin; shovels may be started on any of them. */
export async function canMove(broker: Broker): Promise<boolean> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const plugins = await pluginsOfRunningNodes(broker);
    const isKnown = plugins.every((names) => names !== undefined);
    if (isKnown || performance.now() > deadlineMs) {
      return plugins.every((names) => names?.includes('rabbitmq_shovel') === true);
    }
    await broker.pause(POLL_MS, 'read which plugins are enabled');
  }
}

/** A node that has just started says nothing about them before its first statistics. */
async function pluginsOfRunningNodes(broker: Broker): Promise<readonly (readonly string[] | undefined)[]> {
  const { json } = await broker.request({
    method: 'GET',
    path: 'nodes?columns=running,enabled_plugins',
    action: 'read which plugins are enabled',
  });
  return records(json)
    .filter((node) => node.running === true)
    .map((node) => (Array.isArray(node.enabled_plugins) ? textList(node.enabled_plugins) : undefined));
}

/** Moves what is in the queue now; what comes in meanwhile may stay there. Order and properties are kept. */
async function moveMessages(broker: Broker, move: Move): Promise<void> {
  const key = keyOf(move);
  if (!(await isMoving(broker, move))) {
    const type = (await statistics(broker, move.vhost, move.from))?.type ?? '';
    await parameters.put(broker, { kind: 'parameter', ...key, value: shovelOf(move, type) });
  }
  const startMs = performance.now();
  let [least, leastAtMs] = [Infinity, startMs];
  let left: number | undefined;
  for (let round = 1; await isMoving(broker, move); round++) {
    const progress =
      left === undefined
        ? undefined
        : left === 0
          ? 'until that is certain'
          : `${plural(left, 'message')} left`;
    await broker.pause(POLL_MS, `move the messages of queue "${move.from}"`, progress);
    if (round % 10 !== 0) continue;
    const { messages, ready } = await leftOf(broker, move);
    left = messages;
    if (messages < least) [least, leastAtMs] = [messages, performance.now()];
    // A figure may be as old as that.
    const isSettled = performance.now() - (messages === 0 ? startMs : leastAtMs) > SETTLE_MS;
    // It runs on, or a consumer has what it was to wait for. Ended at any moment, it loses nothing.
    if (ready === 0 && isSettled) return parameters.remove(broker, key);
    if (performance.now() - leastAtMs > STALLED_MS) {
      await parameters.remove(broker, key);
      throw stalledError(broker, move, messages);
    }
  }
}

/**
 * A shovel that ends by itself leaves a quorum queue before its last acknowledgements have come there, and those
 * messages would be moved twice: there it runs until the figures say that the queue is empty.
 */
function shovelOf({ vhost, from, to }: Move, type: string): Readonly<Record<string, string | number>> {
  const uri = `amqp:///${encodeURIComponent(vhost)}`;
  return {
    'src-protocol': 'amqp091',
    'src-uri': uri,
    'src-queue': from,
    'src-prefetch-count': 1000,
    'src-delete-after': type === 'classic' ? 'queue-length' : 'never',
    'dest-protocol': 'amqp091',
    'dest-uri': uri,
    ...('exchange' in to ? { 'dest-exchange': to.exchange } : { 'dest-queue': to.queue }),
    'ack-mode': 'on-confirm',
    'reconnect-delay': 1,
  };
}

/** Never by looking at a message: that would count as a delivery each time. */
async function leftOf(
  broker: Broker,
  { vhost, from }: Move,
): Promise<{ readonly messages: number; readonly ready: number }> {
  const known = await statistics(broker, vhost, from);
  const counts = known?.type === 'classic' ? await firstLook(broker, vhost, from) : known;
  const messages = counts?.messages ?? 0;
  return { messages, ready: messages - (counts?.unacknowledged ?? 0) };
}

function stalledError(broker: Broker, { vhost, from }: Move, left: number): BrokerError {
  return new BrokerError({
    kind: 'unavailable',
    message:
      `Cannot move the messages of queue "${from}" in vhost "${vhost}" on ${broker.endpoint}: ${plural(left, 'message')} left, and for ${STALLED_MS / 1000} s they didn't get fewer. ` +
      "Look at the broker (a memory or disk alarm, or the shovel's reason in its log) and at who publishes to the queue by its name, and run it again: it goes on where it stopped.",
  });
}
