/** Broker objects as a RabbitMQ definitions file: what `rabbitmqctl import_definitions` and POST /api/definitions take. */
import type { BrokerObject, BrokerObjectKind, ObjectOfKind, PolicyObject } from '../objects';

/** A password as the broker keeps it. */
export interface PasswordHash {
  readonly hash: string;
  /** E.g. `rabbit_password_hashing_sha256`. */
  readonly algorithm: string;
}

export type Definitions = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/**
 * Renders definitions. A user without a password hash is left out with its permissions: importing it would make a user
 * that can't log in, and permissions of a user who isn't there fail the whole import. URIs come without the logins that
 * the stack puts into them.
 */
export function renderDefinitions(
  objects: readonly BrokerObject[],
  passwordHashes: ReadonlyMap<string, PasswordHash> = new Map(),
): Definitions {
  const of = <K extends BrokerObjectKind>(kind: K): ObjectOfKind<K>[] =>
    objects.filter((object): object is ObjectOfKind<K> => object.kind === kind);
  const policies = objects.filter((object): object is PolicyObject => 'pattern' in object);
  const isKnown = ({ user }: { readonly user: string }): boolean => passwordHashes.has(user);
  return {
    users: of('user').flatMap((user) => renderUser(user, passwordHashes.get(user.name), of('userLimits'))),
    vhosts: of('vhost').map(renderVhost),
    permissions: of('permissions')
      .filter(isKnown)
      .map(({ user, vhost, configure, write, read }) => ({ user, vhost, configure, write, read })),
    topic_permissions: of('topicPermissions')
      .filter(isKnown)
      .flatMap(({ user, vhost, exchanges }) =>
        exchanges.map(({ exchange, write, read }) => ({ user, vhost, exchange, write, read })),
      ),
    parameters: [
      ...of('vhostLimits').map(renderVhostLimits),
      ...policies.filter(({ kind }) => kind === 'operatorPolicy').map(renderOperatorPolicy),
      ...of('parameter').map(({ vhost, component, name, value }) => ({ vhost, component, name, value })),
    ],
    global_parameters: of('globalParameter').map(({ name, value }) => ({ name, value })),
    policies: policies
      .filter(({ kind }) => kind === 'policy')
      .map(({ vhost, name, ...policy }) => ({ vhost, name, ...policyValue(policy) })),
    exchanges: of('exchange').map(({ vhost, name, type, durable, autoDelete, internal, ...exchange }) => ({
      vhost,
      name,
      type,
      durable,
      auto_delete: autoDelete,
      internal,
      arguments: exchange.arguments,
    })),
    queues: of('queue').map(({ vhost, name, durable, autoDelete, ...queue }) => ({
      vhost,
      name,
      durable,
      auto_delete: autoDelete,
      arguments: queue.arguments,
    })),
    bindings: of('binding').map(
      ({ vhost, source, destination, destinationType, routingKey, ...binding }) => ({
        vhost,
        source,
        destination,
        destination_type: destinationType,
        routing_key: routingKey,
        arguments: binding.arguments,
      }),
    ),
  };
}

function renderVhost({
  name,
  description,
  tags,
  defaultQueueType,
  deletionProtection,
}: ObjectOfKind<'vhost'>): Record<string, unknown> {
  const type = defaultQueueType === undefined ? {} : { default_queue_type: defaultQueueType };
  const protection = deletionProtection === undefined ? {} : { protected_from_deletion: deletionProtection };
  const metadata = { description: description ?? '', tags: tags ?? [], ...type, ...protection };
  // The import takes queue type and protection from the metadata only, and older series the rest from the top level.
  return { name, ...metadata, metadata };
}

function renderUser(
  { name, tags }: ObjectOfKind<'user'>,
  password: PasswordHash | undefined,
  limits: readonly ObjectOfKind<'userLimits'>[],
): Record<string, unknown>[] {
  if (password === undefined) return [];
  const own = limits.find(({ user }) => user === name);
  return [
    {
      name,
      password_hash: password.hash,
      hashing_algorithm: password.algorithm,
      tags,
      limits: present({ 'max-connections': own?.maxConnections, 'max-channels': own?.maxChannels }),
    },
  ];
}

function renderVhostLimits(limits: ObjectOfKind<'vhostLimits'>): Record<string, unknown> {
  const { vhost, maxConnections, maxQueues } = limits;
  return {
    vhost,
    name: 'limits',
    component: 'vhost-limits',
    value: present({ 'max-connections': maxConnections, 'max-queues': maxQueues }),
  };
}

function renderOperatorPolicy({ vhost, name, ...policy }: PolicyObject): Record<string, unknown> {
  return { vhost, name, component: 'operator_policy', value: policyValue(policy) };
}

function policyValue(policy: Pick<PolicyObject, 'pattern' | 'applyTo' | 'priority' | 'definition'>): object {
  const { pattern, applyTo, priority, definition } = policy;
  return { pattern, 'apply-to': applyTo, priority, definition };
}

function present(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const entries = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
