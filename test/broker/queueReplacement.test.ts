import { afterAll, expect, it } from 'vitest';
import type { ChannelModel } from 'amqplib';
import { NOTHING_APPROVED, parseApprovals } from '../../broker/guards/approvals';
import * as bindings from '../../broker/kinds/bindings';
import { isBrokerError } from '../../broker/api/errors';
import * as exchanges from '../../broker/kinds/exchanges';
import { holdingName } from '../../broker/replacement/holding';
import * as parameters from '../../broker/kinds/parameters';
import * as policies from '../../broker/kinds/policies';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { setQueueAside } from '../../broker/replacement/queueReplacement';
import { bringBack } from '../../broker/replacement/queueReturn';
import { statistics } from '../../broker/figures/queueCounts';
import * as queues from '../../broker/kinds/queues';
import type { Broker, BrokerRequest } from '../../broker/api/transport';
import type { Arguments, BindingObject, QueueObject } from '../../topology/objects';
import { waitFor } from '../../tools/processes';
import { withBrokersAtOnce } from '../rigs/brokers';
import { connectTo, idsOf, numbersTo, publishNumbered, takeAll } from './numberedMessages';
import { brokerOf, scratchOn } from './realBroker';

const COUNT = 5000;

const NAME = 'a queue/ö';

function queueOf(vhost: string, table: Arguments, durable = true): QueueObject {
  return { kind: 'queue', vhost, name: NAME, durable, autoDelete: false, arguments: table };
}

/** In a form that compares: what an application bound as well as what the topology says. */
async function bindingsOf(broker: Broker, vhost: string): Promise<string[]> {
  const found = await bindings.listTo(broker, { vhost, type: 'queue', name: NAME });
  return found
    .map(({ source, routingKey, arguments: table }) => JSON.stringify([source, routingKey, table]))
    .sort();
}

/** Whatever a recreation may leave behind. */
async function leftovers(broker: Broker, vhost: string): Promise<string[]> {
  const lists = await Promise.all([
    exchanges.list(broker, vhost),
    queues.list(broker, vhost),
    policies.list(broker, 'policy', vhost),
    policies.list(broker, 'operatorPolicy', vhost),
    parameters.list(broker, vhost),
  ]);
  return lists.flatMap((list) => list.map(({ name }) => name)).filter((name) => name.startsWith('warren.'));
}

withBrokersAtOnce('recreating a queue', (rig) => {
  const scratch = scratchOn(rig);
  const connections: ChannelModel[] = [];
  afterAll(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
  });
  const connected = async (vhost: string): Promise<ChannelModel> => {
    const connection = await connectTo(rig, vhost);
    connections.push(connection);
    return connection;
  };

  /** The queue, bound by key, by headers and from an exchange of an application's. */
  async function declare(queue: QueueObject): Promise<Broker> {
    const broker = brokerOf(rig);
    const { vhost } = queue;
    await queues.put(broker, queue);
    const settings = { durable: true, autoDelete: true, internal: false, arguments: {} };
    await exchanges.put(broker, { kind: 'exchange', vhost, name: 'app', type: 'fanout', ...settings });
    const to = { kind: 'binding', vhost, destination: NAME, destinationType: 'queue' } as const;
    const all: BindingObject[] = [
      { ...to, source: 'amq.topic', routingKey: 'order.#', arguments: {} },
      { ...to, source: 'amq.headers', routingKey: '', arguments: { 'x-match': 'any', size: 5 } },
      { ...to, source: 'app', routingKey: 'x', arguments: {} },
    ];
    for (const binding of all) await bindings.put(broker, binding);
    return broker;
  }

  async function recreate(broker: Broker, queue: QueueObject, approvals = NOTHING_APPROVED): Promise<void> {
    await setQueueAside(broker, queue, { approvals, replacement: queue });
    expect(await queues.read(broker, queue.vhost, queue.name)).toBeUndefined();
    await queues.put(broker, queue);
    await bringBack(broker, queue);
  }

  it.each([
    ['classic to quorum', {}, true, { 'x-queue-type': 'quorum' }],
    ['quorum to classic', { 'x-queue-type': 'quorum' }, true, {}],
    ['transient to durable', {}, false, {}],
    ['to priorities', {}, true, { 'x-max-priority': 5 }],
  ] as const)(
    '%s: every message, in order, with its properties, and every binding',
    async (_, table, durable, changed) => {
      const vhost = await scratch.vhost();
      const broker = await declare(queueOf(vhost, table, durable));
      const before = await bindingsOf(broker, vhost);
      const connection = await connected(vhost);
      const properties = {
        headers: { a: 1, text: 'x', nested: { list: [1, 'b'] }, CC: ['nowhere'] },
        ...{
          priority: 3,
          expiration: '3600000',
          timestamp: 1_700_000_000,
          userId: rig.username,
          appId: 'app',
        },
        ...{
          correlationId: 'c',
          replyTo: 'r',
          contentType: 'text/plain',
          contentEncoding: 'utf-8',
          type: 't',
        },
      };
      await publishNumbered(connection, {
        ...{ from: 0, count: COUNT, exchange: 'amq.topic' },
        routingKey: (id) => `order.${id}`,
        options: (id) => (id % 2 === 0 ? properties : { persistent: false, priority: 3 }),
      });
      await recreate(broker, queueOf(vhost, changed));
      expect((await queues.read(broker, vhost, NAME))?.arguments).toMatchObject(changed);
      expect(await bindingsOf(broker, vhost)).toEqual(before);
      expect(await leftovers(broker, vhost)).toEqual([]);
      const taken = await takeAll(connection, NAME);
      const ids = idsOf(taken);
      if ('x-max-priority' in changed) ids.sort((a, b) => a - b);
      expect(ids).toEqual(numbersTo(COUNT));
      const [even, odd] = [
        taken.find(({ properties: { messageId } }) => messageId === '8'),
        taken.find(({ properties: { messageId } }) => messageId === '9'),
      ];
      expect(even?.properties).toMatchObject({ ...properties, deliveryMode: 2 });
      expect(even?.fields.routingKey).toBe('order.8');
      expect(odd?.properties.deliveryMode).toBe(1);
      expect(odd?.properties.headers).not.toHaveProperty('CC');
    },
  );

  it('while publishers go on: nothing that was confirmed is lost', async () => {
    const vhost = await scratch.vhost();
    const broker = await declare(queueOf(vhost, {}));
    const connection = await connected(vhost);
    const publish = (from: number, count: number): Promise<void> =>
      publishNumbered(connection, { from, count, exchange: 'amq.topic', routingKey: () => 'order.x' });
    await publish(0, 1000);
    const state = { isOver: false };
    let next = 1000;
    const publishing = (async () => {
      while (!state.isOver) {
        await publish(next, 20);
        next += 20;
      }
    })();
    await recreate(broker, queueOf(vhost, { 'x-queue-type': 'quorum' }));
    state.isOver = true;
    await publishing;
    const ids = new Set(idsOf(await takeAll(connection, NAME)));
    expect(numbersTo(next).filter((id) => !ids.has(id))).toEqual([]);
    expect(next).toBeGreaterThan(1000);
  });

  it('under a policy that would drop all but ten messages: nothing is lost on the way', async () => {
    const vhost = await scratch.vhost();
    const broker = await declare(queueOf(vhost, { 'x-queue-type': 'quorum' }));
    const connection = await connected(vhost);
    await publishNumbered(connection, { from: 0, count: 100, exchange: '', routingKey: () => NAME });
    for (const kind of ['policy', 'operatorPolicy'] as const) {
      const limits = {
        pattern: 'holding',
        applyTo: 'queues',
        priority: 5,
        definition: { 'max-length': 10 },
      } as const;
      await policies.put(broker, { kind, vhost, name: 'limits', ...limits });
    }
    await recreate(broker, queueOf(vhost, {}));
    expect(idsOf(await takeAll(connection, NAME))).toEqual(numbersTo(100));
    expect(await leftovers(broker, vhost)).toEqual([]);
  });

  it('fed by one key only: consumers see the default exchange, which they may answer to', async () => {
    const vhost = await scratch.vhost();
    const broker = brokerOf(rig);
    await queues.put(broker, queueOf(vhost, {}));
    const connection = await connected(vhost);
    await publishNumbered(connection, { from: 0, count: 3, exchange: '', routingKey: () => NAME });
    await recreate(broker, queueOf(vhost, { 'x-queue-type': 'quorum' }));
    const [first] = await takeAll(connection, NAME);
    expect(first?.fields).toMatchObject({ exchange: '', routingKey: NAME });
  });

  it.each(['classic', 'quorum'] as const)(
    'killed while a %s queue is being emptied: the next run goes on, and each message comes once',
    async (type) => {
      const vhost = await scratch.vhost();
      const broker = await declare(queueOf(vhost, { 'x-queue-type': type }));
      const before = await bindingsOf(broker, vhost);
      const connection = await connected(vhost);
      await publishNumbered(connection, { from: 0, count: 100, exchange: '', routingKey: () => NAME });
      const changed = queueOf(vhost, { 'x-queue-type': type === 'quorum' ? 'classic' : 'quorum' });
      const dying = killedAfter(broker, ({ method, path }) => method === 'PUT' && path.includes('shovel'));
      await expect(setQueueAside(dying, changed, { approvals: NOTHING_APPROVED })).rejects.toThrow('killed');
      if (type === 'quorum') {
        // Its shovel has no end there, and the next run sees a consumer.
        const isSeen = async () =>
          (await statistics(broker, vhost, NAME))?.consumers === 1 ? true : undefined;
        expect(await waitFor(isSeen, 60_000)).toBe(true);
      }
      await recreate(brokerOf(rig), changed);
      expect(idsOf(await takeAll(connection, NAME))).toEqual(numbersTo(100));
      expect(await bindingsOf(broker, vhost)).toEqual(before);
      expect(await leftovers(broker, vhost)).toEqual([]);
    },
  );

  it.each(['classic', 'quorum'] as const)(
    'killed while a %s queue is being emptied, then to be deleted: all its messages are counted, and nothing stays',
    async (type) => {
      const vhost = await scratch.vhost();
      const queue = queueOf(vhost, { 'x-queue-type': type });
      const broker = await declare(queue);
      const before = await bindingsOf(broker, vhost);
      const connection = await connected(vhost);
      await publishNumbered(connection, { from: 0, count: 100, exchange: '', routingKey: () => NAME });
      const dying = killedAfter(broker, ({ method, path }) => method === 'PUT' && path.includes('shovel'));
      await expect(setQueueAside(dying, queue, { approvals: NOTHING_APPROVED })).rejects.toThrow('killed');
      const channel = await connection.createChannel();
      const areMoved = async () =>
        (await channel.checkQueue(holdingName('queue', NAME))).messageCount === 100 ? true : undefined;
      expect(await waitFor(areMoved, 60_000)).toBe(true);

      const refusal = removeQueue(brokerOf(rig), queue, { approvals: NOTHING_APPROVED });
      await expect(refusal).rejects.toThrow(/Refused to delete .*: 100 messages, 0 consumers\./);
      expect((await channel.checkQueue(NAME)).messageCount).toBe(100);
      expect(await bindingsOf(broker, vhost)).toEqual(before);
      expect(await leftovers(broker, vhost)).toEqual([]);

      // Killed again, and the loss approved: no shovel makes the queue anew.
      const again = killedAfter(broker, ({ method, path }) => method === 'PUT' && path.includes('shovel'));
      await expect(setQueueAside(again, queue, { approvals: NOTHING_APPROVED })).rejects.toThrow('killed');
      const approvals = parseApprovals([`queue ${NAME}@${vhost}`]);
      await removeQueue(brokerOf(rig), queue, { approvals });
      expect(await leftovers(broker, vhost)).toEqual([]);
      expect((await queues.list(broker, vhost)).map(({ name }) => name)).toEqual([]);
    },
  );

  it.each(['classic', 'quorum'] as const)(
    '%s with a consumer: refused as it was, and done once approved',
    async (type) => {
      const vhost = await scratch.vhost();
      const changed = queueOf(vhost, { 'x-queue-type': type, 'x-max-length': 100_000 });
      const broker = await declare(queueOf(vhost, { 'x-queue-type': type }));
      const before = await bindingsOf(broker, vhost);
      const connection = await connected(vhost);
      const worker = await workOn(connection);
      await publishNumbered(connection, {
        ...{ from: 0, count: 10, exchange: 'amq.topic' },
        routingKey: () => 'order.x',
      });
      await worker.busy;
      const refused: unknown = await recreate(broker, changed).catch((error: unknown) => error);
      if (!isBrokerError(refused, 'guarded')) throw new Error(`not refused: ${String(refused)}`);
      expect(refused.message).toContain('1 consumer');
      expect(refused.message).toContain(`\`recreate queue a queue/ö@${vhost}\``);
      expect(await bindingsOf(broker, vhost)).toEqual(before);
      expect(await leftovers(broker, vhost)).toEqual([]);
      const approvals = parseApprovals([`recreate queue ${NAME}@${vhost}`]);
      const done = recreate(broker, changed, approvals);
      await waitFor(async () => ((await leftovers(broker, vhost)).length > 0 ? true : undefined), 60_000);
      worker.finish();
      await done;
      await worker.cancelled;
      const rest = idsOf(await takeAll(connection, NAME));
      expect([...new Set([...worker.done, ...rest])].sort((a, b) => a - b)).toEqual(numbersTo(10));
    },
  );
});

/** Carries out the request that `isLast` knows, and then nothing any more. */
function killedAfter(broker: Broker, isLast: (request: BrokerRequest) => boolean): Broker {
  let isDead = false;
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Error('killed');
    return work();
  };
  return {
    ...broker,
    request: (request) =>
      alive(async () => {
        const answer = await broker.request(request);
        isDead = isLast(request);
        return answer;
      }),
    pause: (ms, action) => alive(() => broker.pause(ms, action)),
  };
}

/** A consumer that works on its first message until it is told to finish, and then goes on with the next ones. */
async function workOn(connection: ChannelModel) {
  const channel = await connection.createChannel();
  await channel.prefetch(1);
  const done: number[] = [];
  const [busy, allowed, cancelled] = [promised(), promised(), promised()];
  await channel.consume(NAME, (message) => {
    if (message === null) return cancelled.resolve();
    busy.resolve();
    void allowed.promise.then(() => {
      done.push(Number(message.properties.messageId));
      channel.ack(message);
    });
  });
  return { busy: busy.promise, finish: allowed.resolve, cancelled: cancelled.promise, done };
}

function promised(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
