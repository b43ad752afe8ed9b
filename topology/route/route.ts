/** Where a message goes from an exchange: through bindings, exchanges bound to it, and alternate exchanges, to queues. */
import { DEFAULT_EXCHANGE } from './table';
import type { MatchMode, Probe, RoutedBinding, RoutedExchange, RoutingTable } from './table';

/** What one exchange does with the message. Each does it once, however many ways lead to it. */
export interface Step {
  readonly exchange: RoutedExchange;
  readonly mode: MatchMode;
  /** The bindings that take it; those of the default exchange are the queues of its keys. */
  readonly bindings: readonly RoutedBinding[];
  /** The alternate exchange, where that gets it because nothing else does. */
  readonly alternate?: string;
}

/** `one-of`: an exchange chooses; `possible`: it isn't known how an exchange of this type routes. */
export type Certainty = 'certain' | 'one-of' | 'possible';

export interface Delivery {
  readonly queue: string;
  /** The queue is one that the application declares: it is there if it has been declared. */
  readonly family?: string;
  readonly certainty: Certainty;
}

export interface Routing {
  readonly entry: string;
  readonly steps: ReadonlyMap<string, Step>;
  /** One for each queue, in the order in which the ways lead there. */
  readonly deliveries: readonly Delivery[];
}

/** Routes a message from an exchange that exists. */
export function route(table: RoutingTable, entry: string, probe: Probe): Routing {
  const steps = new Map<string, Step>();
  const deliveries = new Map<string, Delivery>();
  const done = new Set<string>();
  const open: Destination[][] = [[{ kind: 'exchange', name: entry }], [], []];
  // From the surest to the vaguest: what is reached for sure stays so when a vague way leads there too.
  for (const [rank, certainty] of CERTAINTIES.entries()) {
    const destinations = open[rank] ?? [];
    for (const { kind, name } of destinations) {
      if (kind === 'queue') {
        if (!deliveries.has(name)) deliveries.set(name, { ...destinationQueue(table, name), certainty });
        continue;
      }
      const step = done.has(name) ? undefined : stepAt(table, name, probe, name === entry);
      done.add(name);
      if (step === undefined) continue;
      steps.set(name, step);
      open[Math.max(rank, vagueness(step))]?.push(...destinationsOf(step));
    }
  }
  return { entry, steps, deliveries: [...deliveries.values()] };
}

const CERTAINTIES: readonly Certainty[] = ['certain', 'one-of', 'possible'];

interface Destination {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
}

/** Undefined for an alternate exchange that isn't there: RabbitMQ passes over it. */
function stepAt(table: RoutingTable, name: string, probe: Probe, isEntry: boolean): Step | undefined {
  const exchange = table.exchanges.get(name);
  if (exchange === undefined) return undefined;
  if (name === DEFAULT_EXCHANGE) {
    // Only what is published to it is routed by queue name: as an alternate it leads nowhere.
    return { exchange, mode: 'every', bindings: isEntry ? bindingsByName(table, probe) : [] };
  }
  const { mode, bindings } = table.match(name, probe);
  const takesAlternate = exchange.alternate !== undefined && (bindings.length === 0 || mode === 'possible');
  return { exchange, mode, bindings, ...(takesAlternate ? { alternate: exchange.alternate } : {}) };
}

function bindingsByName(table: RoutingTable, { routingKeys = [] }: Probe): RoutedBinding[] {
  const names = [...new Set(routingKeys)];
  return names
    .filter((name) => table.queues.has(name) || table.familyOf(name) !== undefined)
    .map((name) => ({
      source: DEFAULT_EXCHANGE,
      destination: name,
      destinationType: 'queue',
      routingKey: name,
      arguments: {},
    }));
}

function destinationQueue(table: RoutingTable, queue: string): Omit<Delivery, 'certainty'> {
  const family = table.queues.has(queue) ? undefined : table.familyOf(queue);
  return { queue, ...(family === undefined ? {} : { family }) };
}

function destinationsOf({ bindings, alternate }: Step): Destination[] {
  return [
    ...bindings.map(({ destination, destinationType }) => ({ kind: destinationType, name: destination })),
    ...(alternate === undefined ? [] : [{ kind: 'exchange' as const, name: alternate }]),
  ];
}

/** The rank of what a step leads to, at best. */
function vagueness({ mode, bindings }: Step): number {
  if (mode === 'possible') return 2;
  const destinations = new Set(
    bindings.map((binding) => `${binding.destinationType} ${binding.destination}`),
  );
  return mode === 'one' && destinations.size > 1 ? 1 : 0;
}
