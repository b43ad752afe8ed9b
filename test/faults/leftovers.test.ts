/**
 * What an interrupted recreation set aside is never lost sight of: where nothing else knows of it any more every run
 * says so, and whoever takes the queue out of the topology doesn't lose its messages by that.
 */
import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowRigUser, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import type { PulumiWorkspace } from '../rigs/pulumi';
import { type PulumiRun } from '../rigs/pulumi';
import type { InterceptingProxy } from './interceptingProxy';
import { closeStackBehindProxy, openStackBehindProxy } from './stackBehindProxy';

interface Shop {
  readonly exchange?: 'topic' | 'direct';
  readonly priorities?: number;
}

/** Without its exchange or its queue where nothing is said of it. */
const topology = ({ exchange, priorities }: Shop): string => `warren: 1
vhosts:
  shop:
    exchanges:
      other: { type: fanout }
${exchange === undefined ? '' : `      events: { type: ${exchange} }\n`}    queues:
      kept: { type: classic }
${priorities === undefined ? '' : `      orders: { type: classic, priorities: ${priorities}${bound(exchange)} }\n`}`;
const bound = (exchange: Shop['exchange']): string =>
  exchange === undefined ? '' : ', bindings: [{ exchange: events, routingKey: order }]';

const BEFORE: Shop = { exchange: 'topic', priorities: 3 };
const OLD_QUEUE = { method: 'DELETE', path: /^\/api\/queues\/shop\/orders(\?|$)/ };
const OLD_EXCHANGE = { method: 'DELETE', path: /^\/api\/exchanges\/shop\/events$/ };
const HELD = 'warren.holding.queue.orders';

withBroker(
  'what an interrupted recreation left',
  (broker) => {
    let workspace: PulumiWorkspace;
    let proxy: InterceptingProxy;
    let endpoint: string;
    let topologyFile: string;

    beforeEach(async () => {
      ({ workspace, proxy, endpoint, topologyFile } = await openStackBehindProxy(broker));
    });
    afterEach(() => closeStackBehindProxy({ workspace, proxy }));

    const write = (shop: Shop): void => {
      fs.writeFileSync(topologyFile, topology(shop));
    };
    /** The first up, and three messages in the queue. */
    const begin = async (granularity: string): Promise<void> => {
      write(BEFORE);
      await workspace.initWithSeed({ topology: topologyFile, target: broker.version, endpoint, granularity });
      await succeed(workspace.up());
      await allowRigUser(broker, 'shop');
      for (let sent = 0; sent < 3; sent++) await publish('events', 'order');
    };
    const publish = async (exchange: string, key: string): Promise<{ routed: boolean }> =>
      callManagement(broker, 'POST', `exchanges/shop/${exchange}/publish`, {
        ...{ properties: {}, routing_key: key, payload: 'kept', payload_encoding: 'string' },
      });
    /** Once the old one is gone, before the new one is there. */
    const kill = async (after: Shop, when: typeof OLD_QUEUE): Promise<void> => {
      write(after);
      const running = workspace.startUp();
      proxy.intercept({ ...when, action: () => running.kill() });
      const killed = await running.ended;
      expect(proxy.isHit, killed.output).toBe(true);
      await workspace.clearLock();
    };
    const names = async (list: string): Promise<string[]> =>
      (await callManagement<{ name: string }[]>(broker, 'GET', `${list}/shop`)).map(({ name }) => name);
    const take = async (queue: string): Promise<number> => {
      const asked = { count: 9, ackmode: 'ack_requeue_true', encoding: 'auto' };
      return (await callManagement<unknown[]>(broker, 'POST', `queues/shop/${queue}/get`, asked)).length;
    };
    const expectAllBack = async (): Promise<void> => {
      write({ ...BEFORE, priorities: 5 });
      const run = await succeed(workspace.up());
      expect(await take('orders'), run.output).toBe(3);
      expect([...(await names('queues')), ...(await names('exchanges'))].filter(isOurs)).toEqual([]);
      expect(await publish('events', 'order')).toEqual({ routed: true });
      expect((await succeed(workspace.up())).output).not.toContain('warren.holding');
    };

    describe.each(['object', 'vhost'])('granularity %s', (granularity) => {
      it('is told by every run, with what waits and the way out, where nothing else knows of it', async () => {
        await begin(granularity);
        await kill({ ...BEFORE, priorities: 5 }, OLD_QUEUE);
        expect(await names('queues')).toEqual(['kept', HELD]);
        const refreshed = await succeed(workspace.refresh());
        write({ exchange: 'topic' });
        const previewed = await succeed(workspace.preview());
        const changed = await succeed(workspace.up());
        for (const { output } of [refreshed, previewed, changed]) {
          const told = output.match(/^ +warning: Queue "orders" in vhost "shop" is not on .*/gm) ?? [];
          expect(told, output).toHaveLength(1);
          expect(told[0]).toContain(
            `queue "${HELD}" with 3 messages, and exchange "${HELD}" with 1 binding,`,
          );
          expect(told[0]).toContain('An `up` with the queue in the topology brings everything back.');
        }
        await expectAllBack();
      });

      it('is judged where the queue is taken out of the topology, and not lost sight of', async () => {
        await begin(granularity);
        await kill({ ...BEFORE, priorities: 5 }, OLD_QUEUE);
        expect(await names('queues')).toEqual(['kept', HELD]);
        write({ exchange: 'topic' });
        const refused = await workspace.up();
        expect(refused.exitCode, refused.output).not.toBe(0);
        expect(refused.output).toContain('Refused to delete queue "orders" in vhost "shop"');
        expect(refused.output).toContain('3 messages');
        await expectAllBack();
      });

      it('goes with its exchange', async () => {
        await begin(granularity);
        await kill({ ...BEFORE, exchange: 'direct' }, OLD_EXCHANGE);
        expect(await names('exchanges')).toContain('warren.holding.exchange.events');
        expect(await names('exchanges')).not.toContain('events');
        write({ priorities: 3 });
        const { output } = await succeed(workspace.up());
        expect((await names('exchanges')).filter(isOurs), output).toEqual([]);
      });

      it('a queue that may not be deleted goes on getting what is published', async () => {
        await begin(granularity);
        write({ exchange: 'topic' });
        const { requests } = proxy;
        requests.length = 0;
        const refused = await workspace.up();
        expect(refused.exitCode, refused.output).not.toBe(0);
        expect(refused.output).toContain('Refused to delete queue "orders"');
        // Not even for a moment without its bindings.
        expect(requests.filter((request) => /^DELETE .*\/(bindings|queues)\//.test(request))).toEqual([]);
        expect(await publish('events', 'order'), refused.output).toEqual({ routed: true });
        expect(await take('orders')).toBe(4);
        write(BEFORE);
        await succeed(workspace.up());
        expect(await publish('events', 'order')).toEqual({ routed: true });
      });
    });

    it('a queue that comes into use while its bindings go gets them back', async () => {
      await begin('object');
      await callManagement(broker, 'DELETE', 'queues/shop/orders/contents');
      write({ exchange: 'topic' });
      proxy.intercept({
        method: 'DELETE',
        path: /^\/api\/bindings\/shop\/e\/events\/q\/orders\//,
        action: async () => {
          expect(await publish('amq.default', 'orders')).toEqual({ routed: true });
        },
      });
      const refused = await workspace.up();
      expect(proxy.isHit, refused.output).toBe(true);
      expect(refused.exitCode, refused.output).not.toBe(0);
      expect(refused.output).toContain('Refused to delete queue "orders"');
      expect(await publish('events', 'order'), refused.output).toEqual({ routed: true });
      expect(await take('orders')).toBe(2);
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
