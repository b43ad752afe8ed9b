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
