import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyOf, objectsOf, tableOf } from '../../provider/warren/vhostTable';
import { readInputs } from '../../provider/inputs';
import { canonicalJson, identityKey, type VhostPart } from '../../topology/objects';

const vhost = 'v';
const name = fc.oneof(
  fc.constantFrom('orders', 'a -> queue b', 'queue', '(k)', '"', '\\', ' ', 'ä/%', 'binding x', '{"a":1}'),
  fc.string({ minLength: 1, maxLength: 6 }),
);
const table = fc.dictionary(fc.constantFrom('x-a', 'x-b'), fc.constantFrom(1, 'text', true), { maxKeys: 2 });
const declared = fc.record({
  vhost: fc.constant(vhost),
  name,
  durable: fc.boolean(),
  autoDelete: fc.boolean(),
  arguments: table,
});
const object: fc.Arbitrary<VhostPart> = fc.oneof(
  declared.map((queue) => ({ ...queue, kind: 'queue' as const })),
  fc
    .tuple(declared, fc.boolean())
    .map(([exchange, internal]) => ({ ...exchange, kind: 'exchange' as const, type: 'topic', internal })),
  fc.record({
    kind: fc.constant('binding' as const),
    vhost: fc.constant(vhost),
    source: name,
    destination: name,
    destinationType: fc.constantFrom('queue' as const, 'exchange' as const),
    routingKey: fc.oneof(fc.constant(''), name),
    arguments: table,
  }),
  fc.record({
    kind: fc.constantFrom('policy' as const, 'operatorPolicy' as const),
    vhost: fc.constant(vhost),
    name,
    pattern: name,
    applyTo: fc.constantFrom('queues' as const, 'all' as const),
    priority: fc.integer({ min: -5, max: 5 }),
    definition: table,
  }),
  fc.record({
    kind: fc.constant('permissions' as const),
    vhost: fc.constant(vhost),
    user: name,
    configure: fc.string(),
    write: fc.string(),
    read: fc.string(),
  }),
  fc.record({
    kind: fc.constant('topicPermissions' as const),
    vhost: fc.constant(vhost),
    user: name,
    exchanges: fc.constantFrom(
      [{ exchange: 'a', write: '.*', read: '' }],
      [
        { exchange: 'a', write: '', read: '' },
        { exchange: 'b', write: '', read: '' },
      ],
    ),
  }),
);

it('a table holds what objects are, and nothing else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(object, { selector: identityKey, maxLength: 12 }), (objects) => {
      const inputs = readInputs({});
      // As it crosses the wire.
      const read = objectsOf(vhost, JSON.parse(JSON.stringify(tableOf(objects))), inputs);
      expect(inputs.failures).toEqual([]);
      expect(read.map(canonicalJson).sort()).toEqual(objects.map(canonicalJson).sort());
    }),
  );
});

it('keys are equal for the same object only', () => {
  fc.assert(
    fc.property(object, object, (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(identityKey(a) === identityKey(b));
    }),
    { numRuns: 2000 },
  );
});

it('keys can be read', () => {
  const binding = {
    kind: 'binding',
    vhost,
    source: 'events',
    destination: 'orders',
    destinationType: 'queue',
    arguments: {},
  } as const;
  expect(keyOf({ ...binding, routingKey: 'order.*' })).toBe('binding events -> queue orders (order.*)');
  expect(keyOf({ ...binding, routingKey: '' })).toBe('binding events -> queue orders');
  expect(keyOf({ ...binding, routingKey: '', arguments: { 'x-match': 'all' } })).toBe(
    'binding events -> queue orders {"x-match":"all"}',
  );
});

it.each([
  [{ 'quque a': {} }, /"quque a", which doesn't begin with one of/],
  [{ 'queue a': { durable: true } }, /"queue a": name is missing/],
  [{ 'queue a': { name: 'b' } }, /"queue a" must have the key "queue b"/],
  [
    { 'policy p': { name: 'p', pattern: '', applyTo: 'all', priority: 'high', definition: {} } },
    /"policy p": priority must be/,
  ],
])('says what is wrong with %j', (given, message) => {
  const inputs = readInputs({});
  objectsOf(vhost, given, inputs);
  expect(inputs.failures[0]?.reason).toMatch(message);
});
