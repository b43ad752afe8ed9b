/** A message as an application publishes it, and what the exchange does with it. */
import type { Flight } from './deadLetters';
import type { Headers } from './headers';
import { route } from './route';
import type { Routing } from './route';
import type { RoutedExchange } from './table';
import type { RoutedVhost } from './vhost';

export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Headers;
  /** Further keys by which it is routed. BCC differs only in that consumers don't see it. */
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
}

export type Publication =
  /** The broker closes the channel: there is no such exchange (404). */
  | { readonly kind: 'no-exchange' }
  /** The broker closes the channel: applications may not publish to an internal exchange (403). */
  | { readonly kind: 'internal'; readonly exchange: RoutedExchange }
  /** No delivery: the message is dropped, or returned to the publisher who asked for that (`mandatory`). */
  | { readonly kind: 'routed'; readonly routing: Routing; readonly flight: Flight };

export function publish({ table }: RoutedVhost, message: Message): Publication {
  const flight: Flight = {
    exchange: message.exchange,
    routingKeys: [message.routingKey, ...(message.cc ?? []), ...(message.bcc ?? [])],
    headers: message.headers,
    deaths: [],
  };
  const routing = route(table, message.exchange, flight);
  if (routing === undefined) return { kind: 'no-exchange' };
  if (routing.entry.isInternal) return { kind: 'internal', exchange: routing.entry };
  return { kind: 'routed', routing, flight };
}
