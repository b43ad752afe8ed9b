/**
 * What can be changed on a running broker, and what means deleting and creating again: the one table that the
 * provider acts by and that a diff is classified by.
 */
import type { BrokerObjectKind, ObjectOfKind } from './objects';

/**
 * `identity`: another value is another object. `replace`: the same object, which must be deleted and created again
 * (a queue loses its messages and bindings with it). `in-place`: changed without anybody noticing.
 */
export type FieldRole = 'identity' | 'replace' | 'in-place';

type FieldsOf<K extends BrokerObjectKind> = Exclude<keyof ObjectOfKind<K>, 'kind' | 'position'>;
type Table = { readonly [K in BrokerObjectKind]: Readonly<Record<FieldsOf<K>, FieldRole>> };

const POLICY = {
  vhost: 'identity',
  name: 'identity',
  pattern: 'in-place',
  applyTo: 'in-place',
  priority: 'in-place',
  definition: 'in-place',
} as const;

export const FIELD_ROLES: Table = {
  vhost: {
    name: 'identity',
    description: 'in-place',
    tags: 'in-place',
    defaultQueueType: 'in-place',
    deletionProtection: 'in-place',
  },
  vhostLimits: { vhost: 'identity', maxConnections: 'in-place', maxQueues: 'in-place' },
  user: { name: 'identity', tags: 'in-place' },
  userLimits: { user: 'identity', maxConnections: 'in-place', maxChannels: 'in-place' },
  permissions: {
    vhost: 'identity',
    user: 'identity',
    configure: 'in-place',
    write: 'in-place',
    read: 'in-place',
  },
  topicPermissions: { vhost: 'identity', user: 'identity', exchanges: 'in-place' },
  policy: POLICY,
  operatorPolicy: POLICY,
  exchange: {
    vhost: 'identity',
    name: 'identity',
    type: 'replace',
    durable: 'replace',
    autoDelete: 'replace',
    internal: 'replace',
    arguments: 'replace',
  },
  queue: {
    vhost: 'identity',
    name: 'identity',
    durable: 'replace',
    autoDelete: 'replace',
    arguments: 'replace',
  },
  binding: {
    vhost: 'identity',
    source: 'identity',
    destination: 'identity',
    destinationType: 'identity',
    routingKey: 'identity',
    arguments: 'identity',
  },
  parameter: {
    vhost: 'identity',
    component: 'identity',
    name: 'identity',
    value: 'in-place',
    logins: 'in-place',
  },
  globalParameter: { name: 'identity', value: 'in-place' },
};

export type Mutability = 'in-place' | 'replace';

/** How a change of this field reaches the broker. A field that isn't in the table (a password) changes in place. */
export function mutability(kind: BrokerObjectKind, field: string): Mutability {
  return fieldRole(kind, field) === 'in-place' ? 'in-place' : 'replace';
}

export function fieldRole(kind: BrokerObjectKind, field: string): FieldRole {
  const roles: Readonly<Record<string, FieldRole | undefined>> = FIELD_ROLES[kind];
  return roles[field] ?? 'in-place';
}

/**
 * What another value of a setting does, for those that change in place: policy keys, whose values count inside of a
 * queue or an exchange.
 */
export type ValueRole =
  /** A lower one discards messages that are there, or the queue itself; none is the highest. */
  | 'lower-discards'
  /** A lower one ends or refuses what clients do; none is the highest. */
  | 'lower-interrupts'
  /** Where dead letters go, and how safely. */
  | 'dead-letters'
  /** What becomes of messages beyond a limit. */
  | 'overflow'
  /** Where messages go that no binding takes. */
  | 'unrouted'
  /** What comes from, or goes to, other brokers and further queues: another value ends what there is. */
  | 'links'
  /** On which nodes there are copies: another value makes or removes some, which may block the queue. */
  | 'copies'
  /** Where and how messages are kept, or given out again: nothing is lost, nobody is refused. */
  | 'harmless';

export const VALUE_ROLES: Readonly<Record<string, ValueRole>> = {
  'message-ttl': 'lower-discards',
  expires: 'lower-discards',
  'max-length': 'lower-discards',
  'max-length-bytes': 'lower-discards',
  'max-age': 'lower-discards',
  'delivery-limit': 'lower-discards',
  'consumer-timeout': 'lower-interrupts',
  'consumer-disconnected-timeout': 'lower-interrupts',
  'dead-letter-exchange': 'dead-letters',
  'dead-letter-routing-key': 'dead-letters',
  'dead-letter-strategy': 'dead-letters',
  overflow: 'overflow',
  'alternate-exchange': 'unrouted',
  'federation-upstream': 'links',
  'federation-upstream-set': 'links',
  'federation-upstream-pattern': 'links',
  'shards-per-node': 'links',
  'ha-mode': 'copies',
  'ha-params': 'copies',
  'ha-sync-mode': 'copies',
  'ha-sync-batch-size': 'harmless',
  'ha-promote-on-shutdown': 'copies',
  'ha-promote-on-failure': 'copies',
  'target-group-size': 'harmless',
  'initial-cluster-size': 'harmless',
  'queue-mode': 'harmless',
  'queue-version': 'harmless',
  'queue-leader-locator': 'harmless',
  'queue-master-locator': 'harmless',
  'max-in-memory-length': 'harmless',
  'max-in-memory-bytes': 'harmless',
  'stream-max-segment-size-bytes': 'harmless',
  'stream-filter-size-bytes': 'harmless',
  'delayed-retry-type': 'harmless',
  'delayed-retry-min': 'harmless',
  'delayed-retry-max': 'harmless',
};

/** Undefined for a key that nobody knows here: then the worst must be thought of it. */
export function valueRole(policyKey: string): ValueRole | undefined {
  return Object.hasOwn(VALUE_ROLES, policyKey) ? VALUE_ROLES[policyKey] : undefined;
}
