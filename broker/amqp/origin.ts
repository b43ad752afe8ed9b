/** Where a dead letter came from, and how it is sent there again so that its consumer sees what it saw before. */
import type { HeaderValue, Headers } from '../../topology/route/headers';
import { route } from '../../topology/route/route';
import type { RoutedVhost } from '../../topology/route/vhost';
import { headersBeforeDeath, type Death, type MessageHeaders } from './deaths';

export interface Surroundings {
  /** As the broker has it now. */
  readonly vhost: RoutedVhost;
  /** The queue that the message lies in. */
  readonly deadLetterQueue: string;
  /** Queues in which messages die on purpose: rungs of a retry. */
  readonly isDelay: (queue: string) => boolean;
  /** Of the queue of a further attempt, the one that the message came to at first. */
  readonly ownerOf: (queue: string) => string;
}

export interface Way {
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** What the CC header said. */
  readonly furtherKeys: readonly string[];
  /** It comes by the default exchange: by its own, others would get copies, or it wouldn't. */
  readonly isStraight: boolean;
}

/** The queue that it died in last; undefined where it says of none but this one. */
export function originOf(deaths: readonly Death[], around: Surroundings): Death | undefined {
  const { deadLetterQueue, isDelay, ownerOf } = around;
  const last = deaths.find(({ queue }) => queue !== deadLetterQueue && !isDelay(queue));
  if (last === undefined) return undefined;
  const queue = ownerOf(last.queue);
  // The earliest of its deaths there has the key that it first came with: a rung of a retry is a key, too.
  return deaths.findLast((death) => death.queue === queue) ?? last;
}

/** By the exchange and the key that it came with, where these lead to that queue and to no other. */
export function wayBack(origin: Death, headers: MessageHeaders, vhost: RoutedVhost): Way {
  const { queue, exchange, routingKeys } = origin;
  const [routingKey = '', ...furtherKeys] = routingKeys;
  const probe = { routingKeys, headers: routedHeaders(headers) };
  const deliveries = route(vhost.table, exchange, probe)?.deliveries ?? [];
  const isInternal = vhost.table.exchanges.get(exchange)?.isInternal === true;
  const leadsThere = deliveries.length === 1 && deliveries[0]?.queue === queue;
  if (leadsThere && deliveries[0]?.certainty === 'certain' && !isInternal) {
    return { queue, exchange, routingKey, furtherKeys, isStraight: false };
  }
  return straightTo(queue);
}

export function straightTo(queue: string): Way {
  return { queue, exchange: '', routingKey: queue, furtherKeys: [], isStraight: true };
}

function routedHeaders(headers: MessageHeaders): Headers {
  const known = Object.entries(headersBeforeDeath(headers)).flatMap(
    ([name, value]): [string, HeaderValue][] => {
      if (typeof value === 'number') return [[name, Number.isInteger(value) ? value : { double: value }]];
      return typeof value === 'string' || typeof value === 'boolean' || value === null ? [[name, value]] : [];
    },
  );
  return Object.fromEntries(known);
}
