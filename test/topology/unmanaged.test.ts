import { expect, it } from 'vitest';
import { load, type BrokerObject } from '../../topology/index';
import { inWords } from '../../cli/commands/unmanaged';
import { identitiesIn } from '../../cli/stackState';
import { identityKey } from '../../topology/objects';
import { unmanaged, type Unmanaged } from '../../topology/unmanaged';

const TEXT = `warren: 1
vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues: { paid: { bindings: [{ exchange: orders, routingKey: 'paid.#' }] } }
    families: { 'basket:{id}': { ttl: 1m } }
users:
  shop: { permissions: { shop: { read: '^paid$' } } }
`;

const queue = (name: string, vhost = 'shop'): BrokerObject => ({
  ...{ kind: 'queue', vhost, name, durable: true, autoDelete: false, arguments: {} },
});
const exchange = (name: string): BrokerObject => ({
  ...{ kind: 'exchange', vhost: 'shop', name, type: 'topic' },
  ...{ durable: true, autoDelete: false, internal: false, arguments: {} },
});
const binding = (source: string, destination: string): BrokerObject => ({
  ...{ kind: 'binding', vhost: 'shop', source, destination, destinationType: 'queue' },
  ...{ routingKey: 'other', arguments: {} },
});

const { objects: known = [], topology } = load(TEXT, 'shop.yaml');
const listed = (found: readonly BrokerObject[], inState: readonly BrokerObject[] = []): Unmanaged => {
  if (topology === undefined) throw new Error('the topology is valid');
  const isExclusive = ({ name }: { readonly name: string }): boolean => name === 'of a connection';
  const isInState = (object: BrokerObject): boolean => inState.includes(object);
  return unmanaged(known, topology, { objects: found, isExclusive, isInState });
};
const find = (found: readonly BrokerObject[]) => {
  const { byKind, owned } = listed(found);
  return {
    kinds: [...byKind.keys()],
    names: [...byKind.values()].flat().map((object) => ('name' in object ? object.name : object.kind)),
    owned: Object.fromEntries(owned.map(({ object, owner }) => [object.name, owner])),
  };
};

it('nothing is unmanaged where the broker has just the topology', () => {
  expect(known.length).toBeGreaterThan(5);
  expect(find(known)).toEqual({ kinds: [], names: [], owned: {} });
});

it('lists what the topology does not know, in the order of kinds and names', () => {
  const strangers: BrokerObject[] = [
    queue('z'),
    queue('by hand'),
    exchange('by hand'),
    binding('orders', 'paid'),
    binding('amq.topic', 'paid'),
    { kind: 'user', name: 'somebody', tags: [] },
    { kind: 'vhostLimits', vhost: 'shop', maxQueues: 1 },
    { kind: 'policy', vhost: 'shop', name: 'p', pattern: '', applyTo: 'all', priority: 0, definition: {} },
    { kind: 'globalParameter', name: 'g', value: 1 },
  ];
  expect(find([...known, ...strangers])).toEqual({
    kinds: ['globalParameter', 'vhostLimits', 'user', 'policy', 'exchange', 'queue', 'binding'],
    names: ['g', 'vhostLimits', 'somebody', 'p', 'by hand', 'by hand', 'z', 'binding', 'binding'],
    owned: {},
  });
});

it('lists a vhost, a user and a queue without what belongs to them', () => {
  const found: BrokerObject[] = [
    { kind: 'vhost', name: 'other' },
    queue('in it', 'other'),
    { kind: 'user', name: 'somebody', tags: [] },
    { kind: 'permissions', vhost: 'shop', user: 'somebody', configure: '', write: '', read: '' },
    queue('by hand'),
    binding('orders', 'by hand'),
  ];
  expect(find(found).names).toEqual(['other', 'somebody', 'by hand']);
});

it('leaves to others what is theirs, and says whose it is', () => {
  const names = {
    'basket:7': 'the family "basket:{id}"',
    'celeryev.1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed': 'Celery',
    'celery@worker-1.celery.pidbox': 'Celery',
    '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed.reply.celery.pidbox': 'Celery',
    celery_delayed_27: 'Celery',
    '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed': 'Celery (results)',
    'amq.gen-JzTY20BRgKO-HjmUJj0wLg': 'a client (named by RabbitMQ)',
    'mqtt-subscription-phoneqos1': 'MQTT',
    'stomp-subscription-x': 'STOMP',
    'federation: events -> rabbit@b': 'federation',
    'sharding: logs - rabbit@a - 0': 'sharding',
    'of a connection': 'a connection (exclusive)',
  };
  const bound = Object.keys(names).map((name) => binding('orders', name));
  const { names: strangers, owned } = find([...Object.keys(names).map((name) => queue(name)), ...bound]);
  expect(strangers).toEqual([]);
  expect(owned).toEqual(names);
  expect(find([exchange('celeryev'), exchange('amq.topic'), exchange('reply.celery.pidbox')]).owned).toEqual({
    'amq.topic': 'RabbitMQ',
    celeryev: 'Celery',
    'reply.celery.pidbox': 'Celery',
  });
});

it('says of what the stack has made that it is going to be deleted, and of the rest that it never is', () => {
  const [made, ofFamily] = [queue('was in it'), queue('basket:9')];
  const words = inWords(listed([...known, made, ofFamily, queue('by hand')], [made, ofFamily]), 'E');
  expect(words.split('\n')).toEqual([
    "Unmanaged: on E, and neither in the topology nor in the stack's state. Nothing of it is ever changed or deleted:",
    "  queues (1): 'by hand@shop'",
    "Taken out of the topology, and still in the stack's state. The next `up` deletes it; a queue with messages or consumers only where that is approved:",
    "  queues (2): 'basket:9@shop', 'was in it@shop'",
    '',
  ]);
});

it('names what is set aside, with its vhost', () => {
  const held = 'warren.holding.queue.paid';
  const words = inWords(listed([queue(held), exchange(held), queue('celery_delayed_1')]), 'E');
  expect(words.split('\n').slice(1)).toEqual([
    'Set aside by Warren for a queue or an exchange that was to be recreated or deleted. An `up` with it in the topology brings everything back:',
    `  exchanges (1): '${held}@shop'`,
    `  queues (1): '${held}@shop'`,
    'Left to those who make them: Celery: 1.',
    '',
  ]);
});

it('finds the objects of a state, each by itself or in the table of its vhost', () => {
  const withArguments: BrokerObject = {
    ...{ kind: 'binding', vhost: 'shop', source: 'orders', destination: 'paid', destinationType: 'queue' },
    ...{ routingKey: 'k', arguments: { 'x-match': 'all', n: 1 } },
  };
  const { kind, arguments: table, ...names } = withArguments;
  const resources = [
    { type: 'pulumi:pulumi:Stack' },
    { type: 'rabbitmq:index/queue:Queue', outputs: { vhost: 'shop', name: 'paid', settings: {} } },
    { type: 'rabbitmq:index/binding:Binding', outputs: { ...names, argumentsJson: JSON.stringify(table) } },
    {
      type: 'warren:index:VhostTopology',
      outputs: {
        vhost: 'shop',
        objects: {
          'queue "a b"': { name: 'a b' },
          'binding orders -> queue paid (other)': {
            ...{ source: 'orders', destination: 'paid', routingKey: 'other' },
          },
        },
      },
    },
  ];
  expect(identitiesIn({ deployment: { resources } })).toEqual(
    new Set([queue('paid'), withArguments, queue('a b'), binding('orders', 'paid')].map(identityKey)),
  );
  expect(kind).toBe('binding');
  expect(identitiesIn({ deployment: {} })).toEqual(new Set());
});
