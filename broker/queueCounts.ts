/**
 * How many messages a queue holds, as freshly as a management API can say it.
 *
 * The statistics lag up to 5 s behind (the collection interval), which is too old a figure to delete a queue by.
 * A classic queue is asked itself (by `if-empty` and `if-unused`). For the others the statistics count once they
 * are newer than our work on this broker, and a quorum queue's ready messages by trying to get one.
 */
import type { Broker } from './transport';
import { requestInVhost } from './access';
import { isBrokerError } from './errors';
import { count, field, getOrAbsent, records, text } from './json';
import { path } from './transport';

export interface QueueCounts {
  readonly name: string;
  readonly type: string;
  readonly messages: number;
  readonly unacknowledged: number;
  readonly consumers: number;
  /** The broker has no figures (its statistics may be switched off). */
  readonly isUncertain: boolean;
}

const STATISTICS_INTERVAL_MS = 5_000;
const SETTLE_MS = STATISTICS_INTERVAL_MS + 1_000;
const POLL_MS = 500;

export function describeCounts(counts: QueueCounts): string {
  if (counts.isUncertain) return 'the broker reports no counts for it';
  const unacknowledged = counts.unacknowledged > 0 ? `, ${counts.unacknowledged} of them unacknowledged` : '';
  const messages = `${counts.messages.toLocaleString('en-US')} message${counts.messages === 1 ? '' : 's'}`;
  return `${messages}${unacknowledged}, ${counts.consumers} consumer${counts.consumers === 1 ? '' : 's'}`;
}

/** Undefined where there is no such queue. */
export async function freshCounts(
  broker: Broker,
  vhost: string,
  name: string,
): Promise<QueueCounts | undefined> {
  const first = await statistics(broker, vhost, name);
  if (first === undefined) return undefined;
  if (first.type === 'classic') return first;
  if (first.type === 'stream' && first.messages > 0) return first;
  if (first.type === 'quorum') {
    const ready = await readyNow(broker, vhost, name);
    if (ready === undefined) return undefined;
    if (ready > 0) return { ...first, messages: ready + first.unacknowledged, isUncertain: false };
  }
  await settle(broker);
  const settled = await statistics(broker, vhost, name);
  return settled?.type === 'quorum' ? withoutStaleFigures(broker, vhost, settled) : settled;
}

const settledAt = new WeakMap<Broker, number>();

/**
 * Waits until the statistics show all that happened before we came: once for all queues of one operation, not
 * once for each.
 */
async function settle(broker: Broker): Promise<void> {
  const atMs = settledAt.get(broker) ?? performance.now() + SETTLE_MS;
  settledAt.set(broker, atMs);
  const remainingMs = atMs - performance.now();
  if (remainingMs > 0) await broker.pause(remainingMs, 'wait for the statistics of the broker');
}

/** The counts of every queue in a vhost; an absent vhost has none. */
export async function countsOfVhost(broker: Broker, vhost: string): Promise<readonly QueueCounts[]> {
  const json = await getOrAbsent(broker, {
    path: `queues/${path(vhost)}?disable_stats=true&enable_queue_totals=true`,
    action: `count the messages in vhost "${vhost}"`,
  });
  const counts = await Promise.all(
    records(json).map(async (entry) => {
      const totals = fromTotals(entry);
      return totals.type === 'classic' || totals.messages > 0
        ? totals
        : freshCounts(broker, vhost, totals.name);
    }),
  );
  return counts.filter((entry) => entry !== undefined);
}

/** The statistics database's figures: right once nothing has changed for the collection interval. */
export async function statistics(
  broker: Broker,
  vhost: string,
  name: string,
): Promise<QueueCounts | undefined> {
  const action = `count the messages of queue "${name}" in vhost "${vhost}"`;
  const json = await getOrAbsent(broker, { path: `queues/${path(vhost, name)}`, action });
  if (json === undefined) return undefined;
  return {
    name,
    type: text(json, 'type'),
    messages: count(json, 'messages') ?? 0,
    unacknowledged: count(json, 'messages_unacknowledged') ?? 0,
    consumers: Math.max(count(json, 'consumers') ?? 0, records(field(json, 'consumer_details')).length),
    isUncertain: count(json, 'messages') === undefined,
  };
}

function fromTotals(entry: Record<string, unknown>): QueueCounts {
  const messages = count(entry, 'messages');
  return {
    name: text(entry, 'name'),
    type: text(entry, 'type'),
    messages: messages ?? 0,
    unacknowledged: count(entry, 'messages_unacknowledged') ?? 0,
    consumers: 0,
    isUncertain: messages === undefined,
  };
}

/** Of a quorum queue that has nothing ready: an unacknowledged message may have been acknowledged meanwhile. */
async function withoutStaleFigures(
  broker: Broker,
  vhost: string,
  settled: QueueCounts,
): Promise<QueueCounts | undefined> {
  let latest: QueueCounts | undefined = settled;
  const deadlineMs = performance.now() + SETTLE_MS;
  while (latest !== undefined && latest.messages > 0 && performance.now() < deadlineMs) {
    await broker.pause(POLL_MS, `count the messages of queue "${settled.name}"`);
    latest = await statistics(broker, vhost, settled.name);
  }
  return latest === undefined ? undefined : { ...latest, isUncertain: false };
}

/** Asks for a message and puts it back: the only figure of a quorum queue that is never old. */
async function readyNow(broker: Broker, vhost: string, name: string): Promise<number | undefined> {
  try {
    const { json } = await requestInVhost(broker, vhost, {
      method: 'POST',
      path: `queues/${path(vhost, name)}/get`,
      body: { count: 1, ackmode: 'ack_requeue_true', encoding: 'base64', truncate: 1 },
      action: `look into queue "${name}" in vhost "${vhost}"`,
      repeatable: true,
    });
    const message = records(json)[0];
    return message === undefined ? 0 : 1 + (count(message, 'message_count') ?? 0);
  } catch (error) {
    if (isBrokerError(error, 'notFound')) return undefined;
    throw error;
  }
}
