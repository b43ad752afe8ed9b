/** From the resolved topology to the ordered list of broker objects. */
import type { SourcePosition } from '../diagnostics';
import type { Binding, Exchange, User, Vhost } from '../model';
import { inCreationOrder } from '../order';
import type {
  Arguments,
  BindingObject,
  BrokerObject,
  ParameterObject,
  PolicyObject,
  QueueObject,
  QueueType,
} from '../objects';
import { compareNames } from '../names';
import type { ResolvedQueue, ResolvedTopology, ResolvedVhost } from '../resolve/index';
import type { Path } from '../source/index';
import { generatedPolicies } from './policies';

type Locate = (path: Path) => SourcePosition;

/**
 * Compiles a topology that has no errors. The order is the order of creation; the result doesn't depend on the order
 * of keys in the file.
 */
export function compileTopology({ topology, vhosts }: ResolvedTopology): BrokerObject[] {
  const locate: Locate = (path) => topology.source.at(path, 'key');
  const objects = [
    ...topology.globalParameters.map(({ path, name, value }) => ({
      kind: 'globalParameter' as const,
      name,
      value,
      position: locate(path),
    })),
    ...vhosts.flatMap((vhost) => compileVhost(vhost, locate)),
    ...topology.users.flatMap((user) => compileUser(user, locate)),
  ];
  return inCreationOrder(objects);
}

/** The vhosts, in the order of the file, with what the target makes of them. */
function compileVhost(resolved: ResolvedVhost, locate: Locate): BrokerObject[] {
  const { vhost, defaultQueueType } = resolved;
  const position = locate(vhost.path);
  const { name, description, tags, limits, deletionProtection } = vhost;
  return [
    {
      kind: 'vhost',
      name,
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      ...(defaultQueueType === undefined ? {} : { defaultQueueType }),
      ...(deletionProtection === undefined ? {} : { deletionProtection }),
      position,
    },
    ...(limits === undefined || Object.keys(limits).length === 0
      ? []
      : [
          {
            kind: 'vhostLimits' as const,
            vhost: name,
            ...limits,
            position: locate([...vhost.path, 'limits']),
          },
        ]),
    ...explicitPolicies(resolved, locate),
    ...generatedPolicies(resolved, locate),
    ...compileExchanges(resolved, locate),
    ...resolved.queues.flatMap((queue): BrokerObject[] => [
      compileQueue(queue, resolved, locate),
      ...compileBindings(queue.queue.bindings, name, queue.queue.name, 'queue', locate),
    ]),
    ...compileParameters(vhost, locate),
  ];
}

function compileParameters({ name: vhost, parameters }: Vhost, locate: Locate): ParameterObject[] {
  return parameters.map(({ path, component, name, value, logins }) => ({
    kind: 'parameter',
    vhost,
    component,
    name,
    value,
    ...(Object.keys(logins).length === 0 ? {} : { logins }),
    position: locate(path),
  }));
}

function explicitPolicies({ vhost }: ResolvedVhost, locate: Locate): PolicyObject[] {
  const kinds = [
    ['policy', vhost.policies],
    ['operatorPolicy', vhost.operatorPolicies],
  ] as const;
  return kinds.flatMap(([kind, policies]) =>
    policies.map(({ path, name, pattern, applyTo, priority, definition }) => ({
      kind,
      vhost: vhost.name,
      name,
      pattern,
      // Operator policies know queues only.
      applyTo: kind === 'operatorPolicy' && applyTo === 'all' ? 'queues' : applyTo,
      priority,
      definition,
      position: locate(path),
    })),
  );
}

function compileExchanges({ vhost }: ResolvedVhost, locate: Locate): BrokerObject[] {
  return vhost.exchanges.flatMap((exchange): BrokerObject[] => {
    const { path, name, type, durable, autoDelete, internal, bindings } = exchange;
    return [
      {
        kind: 'exchange',
        vhost: vhost.name,
        name,
        type,
        durable,
        autoDelete,
        internal,
        arguments: exchangeArguments(exchange),
        position: locate(path),
      },
      ...compileBindings(bindings, vhost.name, name, 'exchange', locate),
    ];
  });
}

function exchangeArguments({ alternate, hashOn, arguments: given }: Exchange): Arguments {
  return {
    ...given,
    ...(alternate === undefined ? {} : { 'alternate-exchange': alternate }),
    ...(hashOn?.header === undefined ? {} : { 'hash-header': hashOn.header }),
    ...(hashOn?.property === undefined ? {} : { 'hash-property': hashOn.property }),
  };
}

function compileQueue(resolved: ResolvedQueue, vhost: ResolvedVhost, locate: Locate): QueueObject {
  const { queue } = resolved;
  return {
    kind: 'queue',
    vhost: vhost.vhost.name,
    name: queue.name,
    durable: queue.durable,
    autoDelete: queue.autoDelete,
    arguments: queueArguments(resolved, vhost.defaultQueueType ?? 'classic'),
    position: locate(queue.path),
  };
}

const INITIAL_SIZE_ARGUMENT: Readonly<Record<QueueType, string>> = {
  classic: 'x-initial-cluster-size',
  quorum: 'x-quorum-initial-group-size',
  stream: 'x-initial-cluster-size',
};

/** The arguments that a queue is declared with: what no policy can hold, and what the application itself says. */
export function queueArguments({ queue, type }: ResolvedQueue, defaultType: string): Arguments {
  const needsType = type !== 'classic' || defaultType !== 'classic';
  const intents: Arguments = {
    ...(needsType ? { 'x-queue-type': type } : {}),
    // A quorum queue has its priorities without any argument, and refuses this one.
    ...(queue.priorities === undefined || type !== 'classic' ? {} : { 'x-max-priority': queue.priorities }),
    ...(queue.singleActiveConsumer === true ? { 'x-single-active-consumer': true } : {}),
    ...(queue.initialClusterSize === undefined
      ? {}
      : { [INITIAL_SIZE_ARGUMENT[type]]: queue.initialClusterSize }),
  };
  return { ...intents, ...queue.arguments, ...queue.declaredWith };
}

function compileBindings(
  bindings: readonly Binding[],
  vhost: string,
  destination: string,
  destinationType: BindingObject['destinationType'],
  locate: Locate,
): BindingObject[] {
  return bindings.map((binding) => ({
    kind: 'binding',
    vhost,
    source: binding.exchange,
    destination,
    destinationType,
    routingKey: binding.routingKey,
    arguments: binding.arguments,
    position: locate(binding.path),
  }));
}

function compileUser(user: User, locate: Locate): BrokerObject[] {
  const { name, tags, limits } = user;
  return [
    { kind: 'user', name, tags: [...tags].sort(compareNames), position: locate(user.path) },
    ...(limits === undefined || Object.keys(limits).length === 0
      ? []
      : [{ kind: 'userLimits' as const, user: name, ...limits, position: locate([...user.path, 'limits']) }]),
    ...user.permissions.map(({ path, vhost, configure, write, read }) => ({
      kind: 'permissions' as const,
      user: name,
      vhost,
      configure,
      write,
      read,
      position: locate(path),
    })),
    ...user.topicPermissions
      .filter(({ exchanges }) => exchanges.length > 0)
      .map(({ path, vhost, exchanges }) => ({
        kind: 'topicPermissions' as const,
        user: name,
        vhost,
        exchanges: exchanges
          .map(({ exchange, write, read }) => ({ exchange, write, read }))
          .sort((a, b) => compareNames(a.exchange, b.exchange)),
        position: locate(path),
      })),
  ];
}
