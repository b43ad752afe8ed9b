/**
 * Killed while a queue or an exchange is being recreated, with messages and bindings set aside on the broker: whatever
 * the next run is (the same again, one with the old topology, one after a refresh), they come back, all and once.
 */
import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowRigUser, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import type { PulumiWorkspace } from '../rigs/pulumi';
import { type PulumiRun } from '../rigs/pulumi';
import { AmqpClient } from '../systems/amqpClient';
import { expectNoChange } from '../systems/systemStack';
import type { InterceptingProxy } from './interceptingProxy';
import { closeStackBehindProxy, openStackBehindProxy } from './stackBehindProxy';

interface Recreated {
  readonly priorities: number;
  readonly exchangeType: 'topic' | 'direct';
}

const topology = ({ priorities, exchangeType }: Recreated): string => `warren: 1
vhosts:
  shop:
    exchanges:
      events: { type: ${exchangeType} }
    queues:
      orders: { type: classic, priorities: ${priorities}, bindings: [{ exchange: events, routingKey: order }] }
`;

const BEFORE: Recreated = { priorities: 3, exchangeType: 'topic' };
const MOMENTS = [
  {
    moment: 'the messages are on their way out',
    ...{ method: 'PUT', path: /^\/api\/parameters\/shovel\/shop\/warren\.holding\.queue\.orders$/ },
    after: { ...BEFORE, priorities: 5 },
  },
  {
    moment: 'the new queue is declared',
    ...{ method: 'PUT', path: /^\/api\/queues\/shop\/orders$/ },
    after: { ...BEFORE, priorities: 5 },
  },
  {
    moment: 'the new exchange is declared',
    ...{ method: 'PUT', path: /^\/api\/exchanges\/shop\/events$/ },
    after: { ...BEFORE, exchangeType: 'direct' },
  },
] as const;
const WAYS = ['again', 'reverted', 'refreshed'] as const;
const MESSAGES = ['1', '2', '3'];

withBroker(
  'a recreation that is killed',
  (broker) => {
    let workspace: PulumiWorkspace;
    let proxy: InterceptingProxy;
    let endpoint: string;
    let topologyFile: string;

    beforeEach(async () => {
      ({ workspace, proxy, endpoint, topologyFile } = await openStackBehindProxy(broker));
    });
    afterEach(() => closeStackBehindProxy({ workspace, proxy }));

    const begin = async (granularity: string): Promise<void> => {
      fs.writeFileSync(topologyFile, topology(BEFORE));
      await workspace.initWithSeed({ topology: topologyFile, target: broker.version, endpoint, granularity });
      await succeed(workspace.up());
      await allowRigUser(broker, 'shop');
      await callManagement(broker, 'POST', 'bindings/shop/e/events/q/orders', { routing_key: 'by.hand' });
      const client = await AmqpClient.open({ ...broker, vhost: 'shop' });
      try {
        for (const body of MESSAGES) await client.publishToQueue('orders', body);
      } finally {
        await client.close();
      }
    };
    const goOn = async (way: (typeof WAYS)[number]): Promise<PulumiRun> => {
      await workspace.clearLock();
      if (way === 'reverted') fs.writeFileSync(topologyFile, topology(BEFORE));
      if (way === 'refreshed') await succeed(workspace.refresh());
      return succeed(workspace.up());
    };

    describe.each(['object', 'vhost'])('granularity %s', (granularity) => {
      describe.each(MOMENTS)('when $moment', ({ method, path: requestPath, after }) => {
        it.each(WAYS)('%s', async (way) => {
          await begin(granularity);
          fs.writeFileSync(topologyFile, topology(after));
          const running = workspace.startUp();
          proxy.intercept({ method, path: requestPath, action: () => running.kill() });
          const killed = await running.ended;
          expect(proxy.isHit, killed.output).toBe(true);

          const { output } = await goOn(way);
          expect(await names(broker, 'queues'), output).toEqual(['orders']);
          expect((await names(broker, 'exchanges')).filter(isOurs), output).toEqual([]);
          expect(await bindings(broker), output).toEqual(['by.hand', 'order']);
          expect(await names(broker, 'parameters/shovel'), output).toEqual([]);
          const client = await AmqpClient.open({ ...broker, vhost: 'shop' });
          try {
            expect(await client.depth('orders'), output).toBe(MESSAGES.length);
            expect(await client.takeBodies('orders', MESSAGES.length)).toEqual(MESSAGES);
          } finally {
            await client.close();
          }
          expectNoChange(await workspace.up());
        });
      });
    });
  },
  ['4.3'],
);

const TWO_QUEUES = `warren: 1
vhosts:
  shop:
    exchanges:
      events: { type: topic }
    queues:
      first: { type: classic, bindings: [{ exchange: events, routingKey: order }] }
      second: { type: classic, bindings: [{ exchange: events, routingKey: order }] }
`;

withBroker(
  'a recreation beside one that is refused',
  (broker) => {
    it('is not begun, and nobody misses a queue', async () => {
      const stack = await openStackBehindProxy(broker);
      const { workspace, proxy, endpoint, topologyFile } = stack;
      try {
        fs.writeFileSync(topologyFile, TWO_QUEUES);
        await workspace.initWithSeed({ topology: topologyFile, target: broker.version, endpoint });
        await succeed(workspace.up());
        await allowRigUser(broker, 'shop');
        const client = await AmqpClient.open({ ...broker, vhost: 'shop' });
        for (const body of MESSAGES) await client.publish('events', 'order', body);
        // Room for one of three.
        const wanted = TWO_QUEUES.replace('first: { type: classic', 'first: { type: classic, priorities: 5');
        fs.writeFileSync(
          topologyFile,
          wanted.replace('second: { ', 'second: { arguments: { x-max-length: 1 }, '),
        );
        proxy.requests.length = 0;
        const refused = await workspace.up();
        expect(refused.exitCode, refused.output).not.toBe(0);
        expect(refused.output).toContain('Refused to recreate queue "second"');
        expect(refused.output).toContain('Not begun: the recreation of another object');
        expect(proxy.requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
        expect(await client.depth('first')).toBe(MESSAGES.length);

        fs.writeFileSync(topologyFile, wanted);
        await succeed(workspace.up());
        expect(await client.takeBodies('first', MESSAGES.length)).toEqual(MESSAGES);
        expect(await client.takeBodies('second', MESSAGES.length)).toEqual(MESSAGES);
        await client.close();
      } finally {
        await closeStackBehindProxy(stack);
      }
    });
  },
  ['4.3'],
);

const isOurs = (name: string): boolean => name.startsWith('warren.');

async function succeed(run: Promise<PulumiRun>): Promise<PulumiRun> {
  const ended = await run;
  expect(ended.exitCode, ended.output).toBe(0);
  return ended;
}

async function names(broker: Parameters<typeof callManagement>[0], list: string): Promise<string[]> {
  const found = await callManagement<{ name: string }[]>(broker, 'GET', `${list}/shop`);
  return found.map(({ name }) => name).sort();
}

async function bindings(broker: Parameters<typeof callManagement>[0]): Promise<string[]> {
  const found = await callManagement<{ source: string; routing_key: string; destination: string }[]>(
    broker,
    'GET',
    'bindings/shop',
  );
  const bound = found.filter(({ source }) => source !== '');
  expect(bound.every(({ source, destination }) => source === 'events' && destination === 'orders')).toBe(
    true,
  );
  return bound.map(({ routing_key: key }) => key).sort();
}
