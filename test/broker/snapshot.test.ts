/** One reading of a whole broker says the same as the single reads do, in as many requests for one queue as for 500. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importDefinitions } from '../../broker/kinds/definitions';
import { readSnapshot, type Snapshot } from '../../broker/snapshot';
import { openBroker, type Broker } from '../../broker/api/transport';
import * as bindings from '../../broker/kinds/bindings';
import * as users from '../../broker/kinds/users';
import * as vhosts from '../../broker/kinds/vhosts';
import { identityKey, load, type BrokerObject } from '../../topology/index';
import { InterceptingProxy } from '../faults/interceptingProxy';
import { withBroker } from '../rigs/brokers';
import { AmqpClient } from '../systems/amqpClient';
import { wholeLanguage } from '../topology/wholeLanguage';
import { apply, listVhost, readBack, removeAll } from './applied';
import { brokerOf, scratchOn, uniqueName } from './realBroker';

withBroker('a snapshot', (rig) => {
  const broker = brokerOf(rig);
  const scratch = scratchOn(rig);
  const { objects = [] } = load(
    wholeLanguage(rig.version, { run: uniqueName('snapshot'), amqpPort: rig.amqpPort }),
    'whole.yaml',
  );
  const names = objects.flatMap((object) => (object.kind === 'vhost' ? [object.name] : []));
  const inVhosts = objects.filter(({ kind }) => !['user', 'userLimits', 'globalParameter'].includes(kind));
  let snapshot: Snapshot;

  beforeAll(async () => {
    for (const object of objects) await apply(broker, object);
    snapshot = await readSnapshot(broker);
  });
  afterAll(() => removeAll(broker, objects));

  it('finds every object of the whole language as the single read gives it', async () => {
    expect(objects.length).toBeGreaterThan(100);
    for (const object of objects) {
      expect(snapshot.find(object), identityKey(object)).toEqual(await singleRead(broker, object));
    }
  });

  it('finds the same in a snapshot of one vhost', async () => {
    const perVhost = new Map<string, Snapshot>();
    for (const vhost of names) perVhost.set(vhost, await readSnapshot(broker, { vhost }));
    for (const object of inVhosts) {
      const vhost = 'vhost' in object ? object.vhost : 'name' in object ? object.name : '';
      expect(perVhost.get(vhost)?.find(object), identityKey(object)).toEqual(snapshot.find(object));
    }
    const ofOne = [...perVhost.values()].flatMap((one) => one.objects());
    const isHeld = (object: BrokerObject): boolean =>
      names.includes(vhostOf(object)) && !isOfBrokersOwnQueue(object);
    const keys = (held: readonly BrokerObject[]): string[] => held.filter(isHeld).map(identityKey).sort();
    expect(keys(ofOne)).toEqual(keys(snapshot.objects()));
    expect((await readSnapshot(broker, { vhost: 'none such' })).objects()).toEqual([]);
  });

  it('knows the password hash of every user', async () => {
    const known = (await users.list(broker)).map(({ name, passwordHash }) => [name, passwordHash] as const);
    expect(known.length).toBeGreaterThan(4);
    for (const [name, hash] of known) expect(snapshot.passwordHash(name)).toEqual(hash);
    expect(snapshot.passwordHash('none such')).toBeUndefined();
  });

  it('lists all that the vhosts hold', async () => {
    for (const vhost of names) {
      const listed = (await listVhost(broker, vhost)).map(identityKey);
      const held = snapshot.objects().filter((object) => LISTED.has(object.kind) && isListed(object, vhost));
      expect(held.map(identityKey).sort()).toEqual(listed.sort());
    }
  });

  it('holds queues that belong to a connection, and the broker’s own exchanges', async () => {
    const vhost = await scratch.vhost();
    await apply(broker, {
      kind: 'permissions',
      vhost,
      user: rig.username,
      ...{ configure: '.*', write: '.*', read: '.*' },
    });
    const client = await AmqpClient.open({ ...rig, vhost });
    const name = 'only while the connection lasts';
    try {
      await client.declareQueue(name, { exclusive: true });
      const now = await readSnapshot(broker);
      const queue = { kind: 'queue', vhost, name, durable: false, autoDelete: false, arguments: {} } as const;
      expect(now.find(queue)).toEqual(await singleRead(broker, queue));
      expect(now.isExclusive(queue)).toBe(true);
      for (const exchange of ['amq.topic', 'amq.rabbitmq.trace']) {
        const wanted = { ...queue, kind: 'exchange', name: exchange, type: '', internal: false } as const;
        expect(now.find(wanted), exchange).toEqual(await singleRead(broker, wanted));
        expect(now.find(wanted)).toBeDefined();
      }
    } finally {
      await client.close();
    }
  });

  it('takes as many requests for 500 queues as for one', async () => {
    const proxy = await InterceptingProxy.start(rig.managementPort);
    const counted = openBroker({ ...rig, endpoint: `http://127.0.0.1:${proxy.port}` });
    const requestsFor = async (vhost?: string): Promise<number> => {
      const before = proxy.requests.length;
      await readSnapshot(counted, vhost === undefined ? undefined : { vhost });
      return proxy.requests.length - before;
    };
    try {
      const vhost = await scratch.vhost();
      const few = [await requestsFor(), await requestsFor(vhost)];
      const queues = Array.from({ length: 500 }, (_, index) => ({
        ...{ name: `q${index}`, durable: true, auto_delete: false, arguments: {} },
      }));
      await importDefinitions(broker, { queues }, vhost);
      const many = [await requestsFor(), await requestsFor(vhost)];
      expect(few).toEqual([10, 8]);
      expect(many).toEqual(few);
    } finally {
      await counted.close();
      await proxy.stop();
    }
  });
});

const LISTED = new Set(['policy', 'operatorPolicy', 'exchange', 'queue', 'binding', 'parameter']);

function vhostOf(object: BrokerObject): string {
  if ('vhost' in object) return object.vhost;
  return object.kind === 'vhost' ? object.name : '';
}

/** What `listVhost` lists: not the broker's own exchanges, nor a shovel's own queue and its binding. */
function isListed(object: BrokerObject, vhost: string): boolean {
  if (vhostOf(object) !== vhost || isOfBrokersOwnQueue(object)) return false;
  return !('name' in object && object.name.startsWith('amq.'));
}

/** A shovel makes it when it starts, which may be between two readings. */
function isOfBrokersOwnQueue(object: BrokerObject): boolean {
  const queue = object.kind === 'binding' ? object.destination : object.kind === 'queue' ? object.name : '';
  return queue.startsWith('amq.gen');
}

/** With all that the single read gives. */
async function singleRead(broker: Broker, object: BrokerObject): Promise<unknown> {
  switch (object.kind) {
    case 'vhost':
      return vhosts.read(broker, object.name);
    case 'binding':
      return bindings.read(broker, object);
    case 'user': {
      const stored = await users.read(broker, object.name);
      return stored && { kind: 'user', name: stored.name, tags: stored.tags };
    }
    default:
      return readBack(broker, object);
  }
}
