/** What becomes of a message that dies in a queue: which dead-letter exchange takes it where, and with which key. */
import type { FateEvent } from '../model';
import { headersAfterDeath, isCircling, recordDeath } from './deaths';
import type { Deaths } from './deaths';
import type { Headers } from './headers';
import { route } from './route';
import type { Delivery, Routing } from './route';
import type { RoutedVhost } from './vhost';

/** A message on its way, as queues and exchanges see it. */
export interface Flight {
  /** The exchange that it was last sent to. */
  readonly exchange: string;
  /** Its own key, then those of its CC and BCC headers. */
  readonly routingKeys: readonly string[];
  readonly headers: Headers;
  readonly deaths: Deaths;
}

export interface DeadLettering {
  readonly exchange: string;
  readonly isKeyKept: boolean;
  readonly guarantee: 'at-most-once' | 'at-least-once';
  /** Absent: there is no such exchange. */
  readonly routing?: Routing;
  /** Queues that don't get it, because it was there before without a rejection since. */
  readonly circling: readonly string[];
  /** Where it goes. None: it is lost, or with `at-least-once` held back in its queue. */
  readonly deliveries: readonly Delivery[];
  /** The message as it arrives there. */
  readonly flight: Flight;
}

/** A message that dies in a queue; undefined where the queue has no dead-letter exchange: it is gone. */
export function deadLetter(
  vhost: RoutedVhost,
  queue: string,
  flight: Flight,
  reason: FateEvent,
): DeadLettering | undefined {
  const { table, target } = vhost;
  const deadLetterTo = vhost.settingsOf(queue).deadLetter;
  if (deadLetterTo === undefined) return undefined;
  const { exchange, routingKey, guarantee } = deadLetterTo;
  const death = { queue, reason };
  const next: Flight = {
    exchange,
    routingKeys: routingKey === undefined ? flight.routingKeys : [routingKey],
    headers: headersAfterDeath(
      flight.headers,
      { ...death, exchange: flight.exchange },
      flight.deaths.length === 0,
      target,
    ),
    deaths: recordDeath(flight.deaths, death, target),
  };
  const routing = route(table, exchange, next);
  const reached = routing?.deliveries ?? [];
  const isDropped = (delivery: Delivery): boolean => isCircling(delivery.queue, next.deaths);
  return {
    exchange,
    isKeyKept: routingKey === undefined,
    guarantee,
    ...(routing === undefined ? {} : { routing }),
    circling: reached.filter(isDropped).map((delivery) => delivery.queue),
    deliveries: reached.filter((delivery) => !isDropped(delivery)),
    flight: next,
  };
}
