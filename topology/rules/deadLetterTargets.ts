/** Where a queue's dead letters go, before anything is compiled: shared by the rules about them. */
import type { Vhost } from '../model';
import type { ResolvedQueue } from '../resolve/index';
import { policyIndex } from '../route/policies';
import { route } from '../route/route';
import { NAMELESS_EXCHANGE, routingTable } from '../route/table';
import type { RoutingTable } from '../route/table';
import { DEFAULT_TARGET } from '../target';

/**
 * The listed queues that a queue's dead letters may reach. The same set for the same exchange and key. Where the key
 * isn't known, because the messages keep theirs, every binding counts; and so does every binding that looks at headers.
 */
export function deadLetterTargets({ definition, queue }: ResolvedQueue, vhost: Vhost): ReadonlySet<string> {
  const given = { ...queue.arguments, ...queue.declaredWith };
  // An argument wins over a policy.
  const exchange = given['x-dead-letter-exchange'] ?? definition['dead-letter-exchange'];
  const key = given['x-dead-letter-routing-key'] ?? definition['dead-letter-routing-key'];
  if (typeof exchange !== 'string') return NONE;
  return reachable(vhost, exchange, typeof key === 'string' ? key : undefined);
}

const NONE: ReadonlySet<string> = new Set();

interface VhostRoutes {
  readonly table: RoutingTable;
  readonly known: Map<string, ReadonlySet<string>>;
}

const routesOf = new WeakMap<Vhost, VhostRoutes>();

function reachable(vhost: Vhost, exchange: string, key: string | undefined): ReadonlySet<string> {
  const routes: VhostRoutes = routesOf.get(vhost) ?? { table: tableOf(vhost), known: new Map() };
  routesOf.set(vhost, routes);
  const id = JSON.stringify([exchange, key]);
  let reached = routes.known.get(id);
  if (reached === undefined) {
    const routing = route(routes.table, exchange, key === undefined ? {} : { routingKeys: [key] });
    const deliveries = routing?.deliveries ?? [];
    reached = new Set(deliveries.filter(({ family }) => family === undefined).map(({ queue }) => queue));
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
