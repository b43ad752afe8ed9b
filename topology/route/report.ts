/** All that can be told about one message: where it goes, what happens to it there, and why it goes nowhere. */
import type { Target } from '../target';
import { fatesOf } from './fate';
import type { QueueFate } from './fate';
import { nearMisses } from './nearMisses';
import type { NearMiss } from './nearMisses';
import { publish } from './publish';
import type { Message, Publication } from './publish';
import type { RoutedVhost } from './vhost';

export interface RouteReport {
  readonly vhost: string;
  readonly target: Target;
  readonly message: Message;
  readonly publication: Publication;
  /** One for each queue that it reaches. */
  readonly fates: readonly QueueFate[];
  /** Where it reaches none: bindings that would almost take it. */
  readonly nearMisses: readonly NearMiss[];
  /** Families whose queues may bind themselves when the application declares them. */
  readonly families: readonly string[];
}

export function reportRoute(vhost: RoutedVhost, message: Message): RouteReport {
  const publication = publish(vhost, message);
  const { name, target, table } = vhost;
  const common = { vhost: name, target, message, publication, families: table.families };
  if (publication.kind !== 'routed') return { ...common, fates: [], nearMisses: [] };
  const { routing, flight } = publication;
  return {
    ...common,
    fates: fatesOf(vhost, routing.deliveries, flight),
    nearMisses: routing.deliveries.length === 0 ? nearMisses(table, routing, flight) : [],
  };
}
