/** `granularity: vhost`: one resource for all objects of a vhost, with the same effects and the same guards. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as fs from 'node:fs';
import { canonicalJson } from '../../topology/objects';
import type { InterceptingProxy } from '../faults/interceptingProxy';
import { closeStackBehindProxy, openStackBehindProxy } from '../faults/stackBehindProxy';
import { allowRigUser, withBroker, type BrokerVersion } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import type { PulumiRun, PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from './systemStack';

const TOPOLOGY = `
warren: 1
vhosts:
  shop:
    exchanges:
      events: { type: topic }
    queues:
      orders: { maxLength: 1000, bindings: [{ exchange: events, routingKey: order.* }] }
      invoices: { ttl: 1h, bindings: [{ exchange: events, routingKey: order.paid }] }
  other:
    queues:
      jobs: {}
users:
  shop: { permissions: { shop: { read: '^orders$' }, other: { read: '^jobs$' } } }
`;

interface Exported {
  readonly deployment: {
    readonly resources: readonly {
      readonly urn: string;
      readonly outputs?: { readonly objects?: Record<string, unknown> };
    }[];
  };
}

/** What changes an object in one of the tables; who we are on the broker is not among it. */
const TOUCHES =
  /^(PUT|POST|DELETE) \/api\/(queues|exchanges|bindings|policies|permissions\/(shop|other)\/shop)/;

/** Where a queue's type is worked out differently: 3.10 knows no default one for a vhost. */
const TYPED_BY: Readonly<Record<BrokerVersion, readonly ('object' | 'vhost')[]>> = {
  '3.10': ['vhost'],
  '4.0': [],
  '4.3': ['object', 'vhost'],
};

withBroker('granularity', (broker) => {
  let workspace: PulumiWorkspace;
  let proxy: InterceptingProxy;
  let topologyFile: string;

  beforeEach(async () => {
    let endpoint: string;
    ({ workspace, proxy, endpoint, topologyFile } = await openStackBehindProxy(broker));
    fs.writeFileSync(topologyFile, TOPOLOGY);
    await workspace.initWithSeed({
      topology: topologyFile,
      target: broker.version,
      endpoint,
    });
  });
  afterEach(() => closeStackBehindProxy({ workspace, proxy }));

  const setGranularity = (granularity: 'object' | 'vhost'): void => {
    workspace.setConfig({ granularity });
  };
  const edit = (from: string, to: string): void => {
    const text = fs.readFileSync(topologyFile, 'utf8');
    expect(text).toContain(from);
    fs.writeFileSync(
      topologyFile,
      text.replace(from, () => to),
    );
  };
  const up = async (): Promise<PulumiRun> => {
    const run = await workspace.up();
    expect(run.exitCode, run.output).toBe(0);
    return run;
  };
  const definitions = (): Promise<Record<string, unknown[]>> => callManagement(broker, 'GET', 'definitions');
  const publish = async (queue: string): Promise<void> => {
    await allowRigUser(broker, 'shop');
    const message = { properties: {}, routing_key: queue, payload: 'kept', payload_encoding: 'string' };
    await callManagement(broker, 'POST', 'exchanges/shop/amq.default/publish', message);
  };
  const take = async (queue: string): Promise<unknown[]> => {
    const asked = { count: 5, ackmode: 'ack_requeue_true', encoding: 'auto' };
    const messages = await callManagement<{ payload: string }[]>(
      broker,
      'POST',
      `queues/shop/${queue}/get`,
      asked,
    );
    return messages.map(({ payload }) => payload);
  };
  const tableInState = async (vhost: string): Promise<Record<string, unknown>> => {
    const exported = await workspace.run(['stack', 'export', '--stack', 'test']);
    const { deployment } = JSON.parse(exported.stdout) as Exported;
    const found = deployment.resources.find(({ urn }) => urn.endsWith(`VhostTopology::${vhost}`));
    return found?.outputs?.objects ?? {};
  };
  const queueNames = async (): Promise<string[]> => {
    const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop?disable_stats=true');
    return queues.map(({ name }) => name).sort();
  };

  it('switched on a living stack, both ways, touches nothing', async () => {
    await up();
    await publish('orders');
    const before = await definitions();
    setGranularity('vhost');
    proxy.requests.length = 0;
    const switched = await up();
    expect(switched.output).toMatch(/\+ 2 created/);
    expect(proxy.requests.filter((request) => TOUCHES.test(request))).toEqual([]);
    expectNoChange(await workspace.up());

    setGranularity('object');
    proxy.requests.length = 0;
    await up();
    expect(proxy.requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
    expect(await definitions()).toEqual(before);
    expect(await take('orders')).toEqual(['kept']);
    expectNoChange(await workspace.up());
  });

  it('refresh finds what was changed and deleted by hand, up repairs it, destroy takes everything away', async () => {
    setGranularity('vhost');
    await up();
    await allowRigUser(broker, 'shop');
    await callManagement(broker, 'DELETE', 'queues/shop/invoices');
    const permissions = { configure: '', write: '', read: '.*' };
    await callManagement(broker, 'PUT', 'permissions/shop/shop-g1', permissions);
    const refreshed = await workspace.refresh('--diff');
    expect(refreshed.exitCode, refreshed.output).toBe(0);
    expect(refreshed.output).toMatch(/- queue invoices/);
    await up();
    expect(await queueNames()).toEqual(['invoices', 'orders']);
    expectNoChange(await workspace.up());
    const destroyed = await workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    const vhosts = await callManagement<{ name: string }[]>(broker, 'GET', 'vhosts');
    expect(vhosts.map(({ name }) => name)).toEqual(['/']);
  });

  it.each(TYPED_BY[broker.version])(
    'granularity %s: a type that the topology leaves out is the usual one, not the one that is there',
    async (granularity) => {
      setGranularity(granularity);
      edit('invoices: { ttl: 1h,', 'invoices: { type: quorum, ttl: 1h,');
      await up();
      const typeOf = async (): Promise<unknown> => {
        const queue = await callManagement<{ type?: unknown }>(broker, 'GET', 'queues/shop/invoices');
        return queue.type;
      };
      expect(await typeOf()).toBe('quorum');
      edit('invoices: { type: quorum, ttl: 1h,', 'invoices: { ttl: 1h,');
      await up();
      expect(await typeOf()).toBe('classic');
      expectNoChange(await workspace.up());
      edit('invoices: { ttl: 1h,', 'invoices: { type: quorum, ttl: 1h,');
      const planned = (await workspace.preview()).output;
      expect(planned).toMatch(/[1-9] to (replace|update)/);
      expect(planned).not.toContain('drift');
      edit('invoices: { type: quorum, ttl: 1h,', 'invoices: { ttl: 1h,');

      await allowRigUser(broker, 'shop');
      await callManagement(broker, 'DELETE', 'queues/shop/invoices');
      const byHand = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
      await callManagement(broker, 'PUT', 'queues/shop/invoices', byHand);
      expect((await workspace.preview()).output).toContain('x-queue-type');
      await up();
      expect(await typeOf()).toBe('classic');
      expectNoChange(await workspace.up());

      if (broker.version === '3.10') return;
      // Said or not, it is the same to RabbitMQ; a default is for new queues.
      edit('  shop:\n', '  shop:\n    defaultQueueType: quorum\n');
      edit('orders: {', 'orders: { type: classic,');
      edit('invoices: { ttl: 1h,', 'invoices: { type: classic, ttl: 1h,');
      proxy.requests.length = 0;
      await up();
      expect(proxy.requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
      expectNoChange(await workspace.up());
    },
  );

  // What follows asks nothing of the broker that depends on its version.
  if (broker.version !== '4.3') return;

  it('killed amid a switch deletes nothing', async () => {
    await up();
    await publish('orders');
    const before = await definitions();
    for (const granularity of ['vhost', 'object'] as const) {
      setGranularity(granularity);
      const running = workspace.startUp();
      proxy.requests.length = 0;
      // A switch to objects declares them again; a switch to vhosts only looks.
      const path = granularity === 'vhost' ? /^\/api\/bindings\/shop$/ : /^\/api\/queues\/shop\/orders$/;
      proxy.intercept({
        method: granularity === 'vhost' ? 'GET' : 'PUT',
        path,
        action: () => running.kill(),
      });
      await running.ended;
      expect(proxy.isHit).toBe(true);
      expect(await definitions()).toEqual(before);
      await workspace.clearLock();
      await up();
      expect(proxy.requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
      expect(await definitions()).toEqual(before);
    }
    expect(await take('orders')).toEqual(['kept']);
    expectNoChange(await workspace.up());
  });

  it('shows its diff object by object, and makes just that', async () => {
    setGranularity('vhost');
    await up();
    expectNoChange(await workspace.up());
    edit('routingKey: order.paid', 'routingKey: order.billed');
    edit('maxLength: 1000', 'maxLength: 2000');
    const { output } = await workspace.preview('--diff');
    expect(output).toMatch(/\+ binding events -> queue invoices \(order\.billed\) *: \{/);
    expect(output).toMatch(/- binding events -> queue invoices \(order\.paid\) *: \{/);
    expect(output).toMatch(/~ policy warren\.orders *: \{/);
    expect(output).toContain('~ max-length: 1000 => 2000');
    expect(output).not.toContain('queue orders');
    proxy.requests.length = 0;
    await up();
    const touches = proxy.requests
      .filter((request) => TOUCHES.test(request))
      .map((request) => request.split(' ')[0]);
    expect(touches.sort()).toEqual(['DELETE', 'POST', 'PUT']);
    expectNoChange(await workspace.up());
  });

  it('a queue with messages is not deleted unless that is approved, and nothing around it', async () => {
    setGranularity('vhost');
    await up();
    await publish('orders');
    edit('      orders: { maxLength: 1000, bindings: [{ exchange: events, routingKey: order.* }] }\n', '');
    edit("{ read: '^orders$' }", "{ read: '^invoices$' }");
    const refusal = 'Refused to delete queue "orders" in vhost "shop"';
    expect((await workspace.preview()).output).toContain(
      `As things are now, this will be refused: ${refusal}`,
    );
    const refused = await workspace.up();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain(refusal);
    // Whoever is to empty it still may.
    const mayRead = async (): Promise<unknown> => {
      const all = await callManagement<{ user: string; read: string }[]>(
        broker,
        'GET',
        'vhosts/shop/permissions',
      );
      return all.find(({ user }) => user === 'shop-g1')?.read;
    };
    expect(await mayRead()).toBe('^orders$');
    expect(await take('orders')).toEqual(['kept']);
    expect(Object.keys(await tableInState('shop'))).toContain('binding events -> queue orders (order.*)');
    // The refusal is not forgotten.
    const again = await workspace.up();
    expect(again.exitCode).not.toBe(0);

    workspace.setConfig({ approve: ['queue orders@shop'] });
    await up();
    expect(await queueNames()).toEqual(['invoices']);
    expect(await mayRead()).toBe('^invoices$');
    expectNoChange(await workspace.up());
  });

  it.each(['object', 'vhost'] as const)(
    'granularity %s: a preview says that a recreation will be refused, and touches nothing',
    async (granularity) => {
      setGranularity(granularity);
      await up();
      await publish('orders');
      await publish('orders');
      edit('orders: { maxLength: 1000,', 'orders: { arguments: { x-max-length: 1 },');
      proxy.requests.length = 0;
      const { output, exitCode } = await workspace.preview();
      expect(exitCode, output).toBe(0);
      expect(output).toMatch(
        /As things are now, this will be refused: Refused to recreate queue "orders" .*: 2 messages.*; the new one takes only 1 /,
      );
      expect(proxy.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
      workspace.setConfig({ approve: ['queue orders@shop'] });
      expect((await workspace.preview()).output).not.toContain('will be refused');
    },
  );

  it('a queue that must be recreated gets its bindings back, also those of others', async () => {
    setGranularity('vhost');
    await up();
    await allowRigUser(broker, 'shop');
    await callManagement(broker, 'POST', 'bindings/shop/e/amq.topic/q/invoices', { routing_key: 'by.hand' });
    edit('invoices: { ttl: 1h,', 'invoices: { replicated: true, ttl: 1h,');
    await up();
    const bindings = await callManagement<Record<string, string>[]>(
      broker,
      'GET',
      'queues/shop/invoices/bindings',
    );
    const keys = bindings.filter(({ source }) => source !== '').map((binding) => binding.routing_key);
    expect(keys.sort()).toEqual(['by.hand', 'order.paid']);
    const { arguments: given } = await callManagement<{ arguments: Record<string, unknown> }>(
      broker,
      'GET',
      'queues/shop/invoices',
    );
    expect(given['x-queue-type']).toBe('quorum');
    expectNoChange(await workspace.up());
  });

  it('what fails is told, what is done is kept, and a re-run finishes', async () => {
    setGranularity('vhost');
    await callManagement(broker, 'PUT', 'vhosts/shop', {});
    await allowRigUser(broker, 'shop');
    const other = { durable: true, auto_delete: true, arguments: {} };
    await callManagement(broker, 'PUT', 'queues/shop/orders', other);
    const failed = await workspace.up();
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toContain(
      'auto_delete is true and should be false'.replace('auto_delete', 'autoDelete'),
    );
    const recorded = Object.keys(await tableInState('shop'));
    expect(recorded).toContain('queue invoices');
    expect(recorded).not.toContain('queue orders');
    expect(await queueNames()).toEqual(['invoices', 'orders']);

    await callManagement(broker, 'DELETE', 'queues/shop/orders');
    const again = await up();
    expect(again.output).toMatch(/~ 1 updated/);
    expectNoChange(await workspace.up());
  });

  it('what was changed and deleted by hand is shown by a preview, without a refresh, and put right by up', async () => {
    setGranularity('vhost');
    await up();
    await allowRigUser(broker, 'shop');
    const intended = await definitions();
    const policy = { pattern: '^invoices$', definition: { 'max-length': 5 }, priority: 2000 };
    await callManagement(broker, 'PUT', 'policies/shop/warren.invoices', policy);
    await callManagement(broker, 'PUT', 'permissions/shop/shop-g1', {
      configure: '.*',
      write: '.*',
      read: '.*',
    });
    await callManagement(broker, 'DELETE', 'queues/shop/orders');
    const { output, exitCode } = await workspace.preview('--diff');
    expect(exitCode, output).toBe(0);
    expect(output).toContain('drift');
    expect(output).toMatch(/\+ queue orders *: \{/);
    expect(output).toMatch(/\+ binding events -> queue orders \(order\.\*\) *: \{/);
    expect(output).toMatch(/[-~] policy warren\.invoices *: \{/);
    expect(output).toMatch(/[-~] permissions shop-g1 *: \{/);
    expect(output).not.toContain('queue jobs');
    expect(await definitions()).not.toEqual(intended);
    await up();
    expect(sortedDefinitions(await definitions())).toEqual(sortedDefinitions(intended));
    expectNoChange(await workspace.up());
  });
});

/** RabbitMQ lists in no particular order. */
function sortedDefinitions(definitions: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(definitions).map(([part, value]) => [
      part,
      Array.isArray(value) ? value.map(canonicalJson).sort() : value,
    ]),
  );
}
