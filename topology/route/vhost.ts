/** What routing needs to know of a vhost, from the objects that a topology compiles to. */
import type { Topology } from '../model';
import type {
  BindingObject,
  BrokerObject,
  ExchangeObject,
  PolicyObject,
  QueueObject,
  QueueType,
} from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { policyIndex } from './policies';
import type { PolicyIndex } from './policies';
import { queueSettings } from './queueSettings';
import type { QueueSettings } from './queueSettings';
import { routingTable } from './table';
import type { RoutedExchange, RoutingTable } from './table';

export interface RoutedVhost {
  readonly name: string;
  readonly target: Target;
  readonly table: RoutingTable;
  /** Of a queue that is listed, or would belong to a family. */
  readonly settingsOf: (queue: string) => QueueSettings;
}

/** The objects of one vhost by what they are for. */
export interface VhostParts {
  readonly exchanges: ExchangeObject[];
  readonly bindings: BindingObject[];
  readonly queues: Map<string, QueueObject>;
  readonly policies: PolicyObject[];
  readonly operatorPolicies: PolicyObject[];
  defaultQueueType: QueueType;
}

/** The vhosts of a compiled topology by name. The objects are the truth; families are what they don't list. */
export function routedVhosts(
  objects: readonly BrokerObject[],
  topology: Pick<Topology, 'target' | 'vhosts'>,
): ReadonlyMap<string, RoutedVhost> {
  const parts = vhostParts(objects, topology.target);
  return new Map(
    [...parts].map(([name, each]) => {
      const families = topology.vhosts.find((vhost) => vhost.name === name)?.families ?? [];
      return [name, routedVhost(name, each, families, topology.target)];
    }),
  );
}

export function vhostParts(
  objects: readonly BrokerObject[],
  target: Target,
): ReadonlyMap<string, VhostParts> {
  const parts = new Map<string, VhostParts>();
  for (const object of objects) collect(object, parts, target);
  return parts;
}

function collect(object: BrokerObject, all: Map<string, VhostParts>, target: Target): void {
  if (object.kind === 'vhost') {
    const parts = partsOf(all, object.name);
    // 3.x doesn't know such a default.
    if (isAtLeast(target, '4.0')) parts.defaultQueueType = object.defaultQueueType ?? 'classic';
  } else if (object.kind === 'exchange') partsOf(all, object.vhost).exchanges.push(object);
  else if (object.kind === 'binding') partsOf(all, object.vhost).bindings.push(object);
  else if (object.kind === 'queue') partsOf(all, object.vhost).queues.set(object.name, object);
  else if (object.kind === 'policy') partsOf(all, object.vhost).policies.push(object);
  else if (object.kind === 'operatorPolicy') partsOf(all, object.vhost).operatorPolicies.push(object);
}

function partsOf(all: Map<string, VhostParts>, vhost: string): VhostParts {
  const known = all.get(vhost);
  if (known !== undefined) return known;
  const parts: VhostParts = {
    exchanges: [],
    bindings: [],
    queues: new Map(),
    policies: [],
    operatorPolicies: [],
    defaultQueueType: 'classic',
  };
  all.set(vhost, parts);
  return parts;
}

function routedVhost(
  name: string,
  parts: VhostParts,
  families: Topology['vhosts'][number]['families'],
  target: Target,
): RoutedVhost {
  const policies = policyIndex(parts.policies);
  const operatorPolicies = policyIndex(parts.operatorPolicies);
  const table = routingTable({
    target,
    exchanges: parts.exchanges.map((exchange) => routedExchange(exchange, policies)),
    bindings: parts.bindings,
    queues: parts.queues.keys(),
    families: families.map(({ template }) => template),
  });
  const known = new Map<string, QueueSettings>();
  const read = (queue: string): QueueSettings => {
    const template = table.familyOf(queue);
    const family = families.find((each) => each.template === template);
    const given = parts.queues.get(queue)?.arguments ?? family?.declaredWith ?? {};
    const type = typeArgument(given['x-queue-type']) ?? parts.defaultQueueType;
    const policy = policies.forQueue(queue, type)?.definition;
    const operatorPolicy = operatorPolicies.forQueue(queue, type)?.definition;
    return queueSettings({ type, arguments: given, policy, operatorPolicy }, target);
  };
  const settingsOf = (queue: string): QueueSettings => {
    const settings = known.get(queue) ?? read(queue);
    known.set(queue, settings);
    return settings;
  };
  return { name, target, table, settingsOf };
}

function routedExchange(exchange: ExchangeObject, policies: PolicyIndex): RoutedExchange {
  const { name, type, internal } = exchange;
  const byArgument = exchange.arguments['alternate-exchange'];
  // An argument goes before a policy.
  const alternate = byArgument ?? policies.forExchange(name)?.definition['alternate-exchange'];
  return { name, type, isInternal: internal, ...(typeof alternate === 'string' ? { alternate } : {}) };
}

/** What `x-queue-type` says. */
export function typeArgument(value: unknown): QueueType | undefined {
  return value === 'classic' || value === 'quorum' || value === 'stream' ? value : undefined;
}
