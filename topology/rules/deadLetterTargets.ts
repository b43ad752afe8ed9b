/** Where a queue's dead letters go, before anything is compiled: shared by the rules about them. */
import type { Vhost } from '../model';
import type { Arguments } from '../objects';
import type { ResolvedQueue } from '../resolve/index';
import { policyIndex } from '../route/policies';
import { route } from '../route/route';
import { NAMELESS_EXCHANGE, routingTable } from '../route/table';
import type { RoutingTable } from '../route/table';
import { DEFAULT_TARGET } from '../target';

/** Where a broker sends dead letters, by arguments and a policy. */
export interface DeadLetterRoute {
  readonly exchange: string;
  /** Absent: the messages keep theirs. */
  readonly routingKey?: string;
}

/** An argument wins over a policy, each of the two by itself. */
export function deadLetterRoute(given: Arguments, definition: Arguments): DeadLetterRoute | undefined {
  const exchange = given['x-dead-letter-exchange'] ?? definition['dead-letter-exchange'];
  const routingKey = given['x-dead-letter-routing-key'] ?? definition['dead-letter-routing-key'];
  if (typeof exchange !== 'string') return undefined;
  return { exchange, ...(typeof routingKey === 'string' ? { routingKey } : {}) };
}

/**
 * The listed queues that a queue's dead letters may reach. The same set for the same exchange and key. Where the key
 * isn't known, because the messages keep theirs, every binding counts; and so does every binding that looks at headers.
 */
export function deadLetterTargets({ definition, queue }: ResolvedQueue, vhost: Vhost): ReadonlySet<string> {
  const target = deadLetterRoute({ ...queue.arguments, ...queue.declaredWith }, definition);
  return target === undefined ? NONE : reachedFrom(vhost, target).queues;
}

const NONE: ReadonlySet<string> = new Set();

interface Reached {
  /** Only listed ones: those of a family may not be there. */
  readonly queues: ReadonlySet<string>;
  /** All that the messages may pass. */
  readonly exchanges: ReadonlySet<string>;
}

interface VhostRoutes {
  readonly table: RoutingTable;
  readonly known: Map<string, Reached>;
}

const routesOf = new WeakMap<Vhost, VhostRoutes>();

export function reachedFrom(vhost: Vhost, { exchange, routingKey }: DeadLetterRoute): Reached {
  const routes: VhostRoutes = routesOf.get(vhost) ?? { table: tableOf(vhost), known: new Map() };
  routesOf.set(vhost, routes);
  const id = JSON.stringify([exchange, routingKey]);
  let reached = routes.known.get(id);
  if (reached === undefined) {
    const routing = route(
      routes.table,
      exchange,
      routingKey === undefined ? {} : { routingKeys: [routingKey] },
    );
    const deliveries = routing?.deliveries ?? [];
    reached = {
      queues: new Set(deliveries.filter(({ family }) => family === undefined).map(({ queue }) => queue)),
      exchanges: new Set(routing?.steps.keys() ?? []),
    };
    routes.known.set(id, reached);
  }
  return reached;
}

function tableOf(vhost: Vhost): RoutingTable {
  const policies = policyIndex(vhost.policies);
  const destinations = [
    ...vhost.queues.map(({ name, bindings }) => ({ name, bindings, destinationType: 'queue' as const })),
    ...vhost.exchanges.map(({ name, bindings }) => ({
      name,
      bindings,
      destinationType: 'exchange' as const,
    })),
  ];
  return routingTable({
    // Without headers there is nothing in which the series differ.
    target: DEFAULT_TARGET,
    exchanges: vhost.exchanges.map(({ name, type, internal, alternate, arguments: given }) => {
      const other =
        alternate ??
        given['alternate-exchange'] ??
        policies.forExchange(name)?.definition['alternate-exchange'];
      return { name, type, isInternal: internal, ...(typeof other === 'string' ? { alternate: other } : {}) };
    }),
    bindings: destinations.flatMap(({ name, bindings, destinationType }) =>
      // The default exchange takes no bindings: a rule says so.
      bindings
        .filter(({ exchange }) => exchange !== NAMELESS_EXCHANGE)
        .map(({ exchange, routingKey, arguments: given }) => ({
          source: exchange,
          destination: name,
          destinationType,
          routingKey,
          arguments: given,
        })),
    ),
    queues: vhost.queues.map(({ name }) => name),
    families: vhost.families.map(({ template }) => template),
  });
}
