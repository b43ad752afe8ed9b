/**
 * Who consumes from the queues of a vhost. A consumer is listed within the interval of the statistics (5 s), with its
 * connection a moment later; on 4.x it is in the queue's own figure yet another interval later.
 */
import type { Broker } from '../api/transport';
import { isBrokerError } from '../api/errors';
import { field, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

export interface Consumer {
  readonly queue: string;
  /** Address of the client; of one behind a proxy that speaks the PROXY protocol, its own. */
  readonly peerHost?: string;
}

/** How many each queue of a vhost has, of those that have any; undefined where the statistics are switched off. */
export async function consumerCounts(
  broker: Broker,
  vhost: string,
): Promise<ReadonlyMap<string, number> | undefined> {
  const consumers = await consumersIn(broker, vhost);
  if (consumers === undefined) return undefined;
  const counts = new Map<string, number>();
  for (const { queue } of consumers) counts.set(queue, (counts.get(queue) ?? 0) + 1);
  return counts;
}

/** Undefined where the statistics are switched off. */
export async function consumersIn(broker: Broker, vhost: string): Promise<readonly Consumer[] | undefined> {
  const action = `list the consumers in vhost "${vhost}"`;
  try {
    const json = await getOrAbsent(broker, { path: `consumers/${path(vhost)}`, action });
    return records(json).map((consumer) => {
      const peerHost = text(field(consumer, 'channel_details'), 'peer_host');
      return { queue: text(field(consumer, 'queue'), 'name'), ...(peerHost === '' ? {} : { peerHost }) };
    });
  } catch (error) {
    if (isBrokerError(error, 'refused')) return undefined;
    throw error;
  }
}
