/** Where a message goes from an exchange: through bindings, exchanges bound to it, and alternate exchanges, to queues. */
import { NAMELESS_EXCHANGE } from './table';
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

/** From an exchange onwards, by a binding or, without one, to the alternate exchange. */
export interface Hop {
  readonly exchange: RoutedExchange;
  readonly binding?: RoutedBinding;
}

export interface Delivery {
  readonly queue: string;
  /** The queue is one that the application declares: it is there if it has been declared. */
  readonly family?: string;
  readonly certainty: Certainty;
  /** The exchange that chooses, or whose type isn't known. */
  readonly decidedBy?: RoutedExchange;
  /** A way that leads here; there may be others. */
  readonly path: readonly Hop[];
}

export interface Routing {
  readonly entry: RoutedExchange;
  readonly steps: ReadonlyMap<string, Step>;
  /** One for each queue, the surest first. */
  readonly deliveries: readonly Delivery[];
}

/** Routes a message from an exchange; undefined where there is no such exchange. */
export function route(table: RoutingTable, entryName: string, probe: Probe): Routing | undefined {
  const entry = table.exchanges.get(entryName);
  if (entry === undefined) return undefined;
  const steps = new Map<string, Step>();
  const deliveries = new Map<string, Delivery>();
  const open: Destination[][] = [[{ kind: 'exchange', name: entryName, path: [] }], [], []];
  // From the surest to the vaguest: what is reached for sure stays so when a vague way leads there too.
  for (const [rank, certainty] of CERTAINTIES.entries()) {
    for (const destination of open[rank] ?? []) {
      const { kind, name, path, decidedBy } = destination;
      if (kind === 'queue') {
        if (deliveries.has(name)) continue;
        const decision = decidedBy === undefined ? {} : { decidedBy };
        deliveries.set(name, { ...destinationQueue(table, name), certainty, ...decision, path });
        continue;
      }
      const step = steps.has(name) ? undefined : stepAt(table, name, probe, name === entryName);
      if (step === undefined) continue;
      steps.set(name, step);
      open[Math.max(rank, vagueness(step))]?.push(...destinationsOf(step, destination));
    }
  }
  return { entry, steps, deliveries: [...deliveries.values()] };
}

const CERTAINTIES: readonly Certainty[] = ['certain', 'one-of', 'possible'];

interface Destination {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
  readonly path: readonly Hop[];
  readonly decidedBy?: RoutedExchange;
}

/** Undefined for an alternate exchange that isn't there: RabbitMQ passes over it. */
function stepAt(table: RoutingTable, name: string, probe: Probe, isEntry: boolean): Step | undefined {
  const exchange = table.exchanges.get(name);
  if (exchange === undefined) return undefined;
  if (name === NAMELESS_EXCHANGE) {
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
      source: NAMELESS_EXCHANGE,
      destination: name,
      destinationType: 'queue',
      routingKey: name,
      arguments: {},
    }));
}

function destinationQueue(table: RoutingTable, queue: string): Pick<Delivery, 'queue' | 'family'> {
  const family = table.queues.has(queue) ? undefined : table.familyOf(queue);
  return { queue, ...(family === undefined ? {} : { family }) };
}

function destinationsOf(step: Step, from: Destination): Destination[] {
  const { exchange, bindings, alternate } = step;
  const decidedBy = vagueness(step) > 0 ? exchange : from.decidedBy;
  const decision = decidedBy === undefined ? {} : { decidedBy };
  return [
    ...bindings.map((binding): Destination => ({
      kind: binding.destinationType,
      name: binding.destination,
      path: [...from.path, { exchange, binding }],
      ...decision,
    })),
    ...(alternate === undefined
      ? []
      : [{ kind: 'exchange' as const, name: alternate, path: [...from.path, { exchange }], ...decision }]),
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
