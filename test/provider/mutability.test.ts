import { expect, it } from 'vitest';
import { FIELD_ROLES, fieldRole, mutability } from '../../topology/mutability';
import { identityKey, type BrokerObject, type BrokerObjectKind } from '../../topology/objects';

const OBJECTS: readonly BrokerObject[] = [
  { kind: 'vhost', name: 'a' },
  { kind: 'vhostLimits', vhost: 'a' },
  { kind: 'user', name: 'a', tags: [] },
  { kind: 'userLimits', user: 'a' },
  { kind: 'permissions', vhost: 'a', user: 'a', configure: '', write: '', read: '' },
  { kind: 'topicPermissions', vhost: 'a', user: 'a', exchanges: [] },
  { kind: 'policy', vhost: 'a', name: 'a', pattern: '', applyTo: 'all', priority: 0, definition: {} },
  { kind: 'operatorPolicy', vhost: 'a', name: 'a', pattern: '', applyTo: 'all', priority: 0, definition: {} },
  {
    kind: 'exchange',
    vhost: 'a',
    name: 'a',
    type: 'topic',
    durable: true,
    autoDelete: false,
    internal: false,
    arguments: {},
  },
  { kind: 'queue', vhost: 'a', name: 'a', durable: true, autoDelete: false, arguments: {} },
  {
    kind: 'binding',
    vhost: 'a',
    source: 'a',
    destination: 'a',
    destinationType: 'queue',
    routingKey: '',
    arguments: {},
  },
  { kind: 'parameter', vhost: 'a', component: 'a', name: 'a', value: {}, logins: {} },
  { kind: 'globalParameter', name: 'a', value: 1 },
];

it('knows every kind', () => {
  const kinds = OBJECTS.map((object) => object.kind).sort();
  expect(Object.keys(FIELD_ROLES).sort()).toEqual(kinds);
});

it.each(OBJECTS.map((object) => [object.kind, object] as const))(
  '%s: exactly the identity fields make another object',
  (kind: BrokerObjectKind, object) => {
    for (const field of Object.keys(FIELD_ROLES[kind])) {
      const changed = { ...object, [field]: { changed: true } };
      const isOther = identityKey(changed) !== identityKey(object);
      expect([field, isOther]).toEqual([field, fieldRole(kind, field) === 'identity']);
    }
  },
);

it('says what a change means', () => {
  expect(mutability('queue', 'arguments')).toBe('replace');
  expect(mutability('queue', 'name')).toBe('replace');
  expect(mutability('policy', 'definition')).toBe('in-place');
  // Passwords are no field of the model, and change in place.
  expect(mutability('user', 'password')).toBe('in-place');
});
