/** `warren route --json`: the same for programs. Durations are milliseconds and sizes are bytes. */
import type { QueueFate, Way } from '../../route/fate';
import type { RouteReport } from '../../route/report';
import type { Delivery, Hop } from '../../route/route';

export function renderRouteJson(report: RouteReport): string {
  const { vhost, target, message, publication, fates, nearMisses } = report;
  const isRouted = publication.kind === 'routed' && fates.length > 0;
  const value = {
    vhost,
    target,
    message,
    outcome: publication.kind === 'routed' ? (isRouted ? 'routed' : 'unroutable') : publication.kind,
    reaches: fates.map(({ delivery }) => deliveryJson(delivery)),
    fates: fates.map(fateJson),
    nearMisses: nearMisses.map(({ exchange, binding, difference }) => ({
      exchange: exchange.name,
      binding,
      difference,
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function deliveryJson({ queue, family, certainty, decidedBy, path }: Delivery): object {
  return { queue, family, certainty, decidedBy: decidedBy?.name, path: path.map(hopJson) };
}

function hopJson({ exchange, binding }: Hop): object {
  if (binding === undefined) return { exchange: exchange.name, type: exchange.type, isAlternate: true };
  const { destination, destinationType, routingKey, arguments: given } = binding;
  const bound = { destination, destinationType, routingKey, arguments: given };
  return { exchange: exchange.name, type: exchange.type, binding: bound };
}

function fateJson({ delivery, settings, ways, end }: QueueFate): object {
  return { queue: delivery.queue, settings, ways: ways.map(wayJson), end };
}

function wayJson({ events, deadLettering, next }: Way): object {
  if (deadLettering === undefined) return { events, outcome: 'gone' };
  const { exchange, isKeyKept, guarantee, circling, flight } = deadLettering;
  const left = guarantee === 'at-least-once' ? 'held' : 'gone';
  return {
    events,
    outcome: next.length === 0 ? left : 'moved',
    deadLetter: { exchange, routingKey: flight.routingKeys[0], isKeyKept, guarantee, circling },
    reaches: next.map(({ delivery }) => deliveryJson(delivery)),
    fates: next.map(fateJson),
  };
}
