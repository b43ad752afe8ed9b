/** What there is now, for a diff: messages, consumers and rates of queues, rates of exchanges, connections of users. */
import type { Broker } from '../api/transport';
import { count, field, records, text } from '../api/json';
import { LIST_TIMEOUT_MS } from '../api/transport';

export interface LiveQueue {
  readonly vhost: string;
  readonly name: string;
  readonly messages?: number;
  readonly unacknowledged?: number;
  readonly consumers?: number;
  readonly publishedPerSecond?: number;
  readonly deliveredPerSecond?: number;
}

export interface LiveExchange {
  readonly vhost: string;
  readonly name: string;
  readonly publishedPerSecond?: number;
}

export interface LiveFigures {
  readonly queues: readonly LiveQueue[];
  readonly exchanges: readonly LiveExchange[];
  /** One entry for each connection of a client. */
  readonly connections: readonly { readonly user: string; readonly vhost: string }[];
}

const QUEUE_COLUMNS =
  'vhost,name,messages,messages_unacknowledged,consumers,message_stats.publish_details.rate,message_stats.deliver_get_details.rate';

/** As fresh as the statistics are: some seconds old. What the broker doesn't say is absent. */
export async function readLiveFigures(broker: Broker): Promise<LiveFigures> {
  const list = async (
    what: string,
    columns: string,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const request = { path: `${what}?columns=${columns}`, action: `read the figures of ${what}` };
    return records((await broker.request({ method: 'GET', ...request, timeoutMs: LIST_TIMEOUT_MS })).json);
  };
  const [queues, exchanges, connections] = await Promise.all([
    list('queues', QUEUE_COLUMNS),
    list('exchanges', 'vhost,name,message_stats.publish_in_details.rate'),
    list('connections', 'user,vhost,type'),
  ]);
  return {
    queues: queues.map((queue) => ({
      vhost: text(queue, 'vhost'),
      name: text(queue, 'name'),
      ...number('messages', count(queue, 'messages')),
      ...number('unacknowledged', count(queue, 'messages_unacknowledged')),
      ...number('consumers', count(queue, 'consumers')),
      ...number('publishedPerSecond', rate(queue, 'publish_details')),
      ...number('deliveredPerSecond', rate(queue, 'deliver_get_details')),
    })),
    exchanges: exchanges.map((exchange) => ({
      vhost: text(exchange, 'vhost'),
      name: text(exchange, 'name'),
      ...number('publishedPerSecond', rate(exchange, 'publish_in_details')),
    })),
    // What shovels and federation do inside the broker shows as consumers.
    connections: connections
      .filter((connection) => text(connection, 'type') !== 'direct')
      .map((connection) => ({ user: text(connection, 'user'), vhost: text(connection, 'vhost') })),
  };
}

function rate(entry: unknown, name: string): number | undefined {
  return count(field(field(entry, 'message_stats'), name), 'rate');
}

function number<K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, number>);
}
