import { expect, it } from 'vitest';
import { load, type BrokerObject } from '../../topology/index';
import { unmanaged } from '../../topology/unmanaged';

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
const find = (found: readonly BrokerObject[]) => {
  if (topology === undefined) throw new Error('the topology is valid');
  const isExclusive = ({ name }: { readonly name: string }): boolean => name === 'of a connection';
  const { byKind, owned } = unmanaged(known, topology, { objects: found, isExclusive });
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
    'warren.paid.held': 'Warren (kept for a replacement)',
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
