/**
 * How many messages a queue holds, as freshly as a management API can say it.
 *
 * The statistics lag up to 5 s behind (the collection interval), which is too old a figure to delete a queue by:
 * a classic queue is asked itself (by `if-empty`), a quorum queue by trying to get a message, and a stream by
 * waiting until the statistics have caught up.
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
  if (first.type === 'quorum') return quorumCounts(broker, vhost, first);
  if (first.type === 'stream' && first.messages === 0) {
    await broker.pause(SETTLE_MS, `count the messages of queue "${name}"`);
    return statistics(broker, vhost, name);
  }
  return first;
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
  const consumerDetails = records(field(json, 'consumer_details')).length;
  return {
    name,
    type: text(json, 'type'),
    messages: count(json, 'messages') ?? 0,
    unacknowledged: count(json, 'messages_unacknowledged') ?? 0,
    // The list of consumers is up to date at once, their number isn't.
    consumers: consumerDetails,
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

/**
 * What is ready is known at once: getting a message tells, and puts it back. What a client holds unacknowledged
 * shows as its consumer; only a client that got it without consuming shows in the statistics alone.
 */
async function quorumCounts(
  broker: Broker,
  vhost: string,
  first: QueueCounts,
): Promise<QueueCounts | undefined> {
  if (first.consumers > 0) return { ...first, isUncertain: false };
  const ready = await readyNow(broker, vhost, first.name);
  if (ready === undefined) return undefined;
  let latest: QueueCounts | undefined = first;
  const deadlineMs = performance.now() + SETTLE_MS;
  while (latest !== undefined && latest.unacknowledged > 0 && performance.now() < deadlineMs) {
    await broker.pause(POLL_MS, `count the messages of queue "${first.name}"`);
    latest = await statistics(broker, vhost, first.name);
  }
  if (latest === undefined) return undefined;
  return { ...latest, messages: ready + latest.unacknowledged, isUncertain: false };
}

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
