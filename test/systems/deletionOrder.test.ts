/** A queue whose deletion is refused can still be emptied by its users, also when they were to go in the same run. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { resetBroker, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { AmqpClient, type AmqpLogin } from './amqpClient';
import { expectNoChange } from './systemStack';

const ORDERS_QUEUE = `      orders: { bindings: [{ exchange: events, routingKey: order.* }] }\n`;
const ORDERS_USER = `  orders:
    permissions: { shop: { write: '^amq.default$', read: '^orders$' } }
    topicPermissions: { shop: { events: { read: '^order' } } }
`;
/** Both neighbours of the user stay, so that what goes is no end of anything. */
const TOPOLOGY = `warren: 1
vhosts:
  shop:
    exchanges:
      events: { type: topic }
    queues:
      kept: {}
${ORDERS_QUEUE}users:
  first:
    permissions: { shop: { read: '^kept$' } }
    topicPermissions: { shop: { events: { read: '^order' } } }
${ORDERS_USER}  very-last:
    permissions: { shop: { read: '^kept$' } }
    topicPermissions: { shop: { events: { read: '^order' } } }
`;

interface Deployment {
  readonly resources: {
    readonly type: string;
    dependencies?: string[];
    propertyDependencies?: Record<string, string[]>;
  }[];
}

withBroker(
  'a queue that its users can still empty',
  (broker) => {
    let workspace: PulumiWorkspace;
    let topologyFile: string;
    let login: AmqpLogin;

    const mustUp = async (): Promise<PulumiRun> => {
      const run = await workspace.up();
      expect(run.exitCode, run.output).toBe(0);
      return run;
    };
    const asUser = async (work: (client: AmqpClient) => Promise<void>): Promise<void> => {
      const client = await AmqpClient.open(login);
      try {
        await work(client);
      } finally {
        await client.close();
      }
    };
    const expectRefusal = (run: PulumiRun): void => {
      expect(run.exitCode).not.toBe(0);
      expect(run.output).toContain('Refused to delete queue "orders" in vhost "shop"');
    };
    const emptyQueue = async (): Promise<void> => {
      await asUser(async (client) => {
        expect(await client.takeBodies('orders', 1)).toEqual(['not yet done']);
        // Also waits until the broker has the acknowledgement, which a closing connection may leave behind.
        await client.awaitDepth('orders', 0);
      });
      // A deletion goes by the broker's statistics, which come some seconds later.
      const messages = async (): Promise<number | undefined> =>
        (await callManagement<{ messages?: number }>(broker, 'GET', 'queues/shop/orders')).messages;
      await expect.poll(messages, { timeout: 30_000, interval: 250 }).toBe(0);
    };
    const namesOf = async (apiPath: string): Promise<string[]> => {
      const objects = await callManagement<{ name: string }[]>(broker, 'GET', apiPath);
      return objects.map(({ name }) => name).sort();
    };

    const start = async (config: Readonly<Record<string, unknown>>): Promise<void> => {
      await workspace.initWithSeed({
        topology: topologyFile,
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
        ...config,
      });
      await mustUp();
      const { users } = (await workspace.outputs()) as {
        readonly users: Readonly<Record<string, { username: string; password: string }>>;
      };
      const user = users.orders;
      if (user === undefined) throw new Error('the stack has no user orders');
      login = { ...user, vhost: 'shop', amqpPort: broker.amqpPort };
      await asUser((client) => client.publishToQueue('orders', 'not yet done'));
    };

    beforeEach(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test', env: { PULUMI_SKIP_CHECKPOINTS: 'true' } });
      topologyFile = path.join(workspace.folder, 'topology.yaml');
      fs.writeFileSync(topologyFile, TOPOLOGY);
    });
    afterEach(() => {
      workspace.dispose();
    });

    describe.each(['object', 'vhost'] as const)('granularity %s', (granularity) => {
      it('when both were taken out of the topology', async () => {
        await start({ granularity });
        fs.writeFileSync(topologyFile, TOPOLOGY.replace(ORDERS_QUEUE, '').replace(ORDERS_USER, ''));
        expectRefusal(await workspace.up());
        expect(await callManagement(broker, 'GET', 'topic-permissions/shop/orders-g1')).toHaveLength(1);
        await emptyQueue();

        await mustUp();
        expect(await namesOf('queues/shop?disable_stats=true')).toEqual(['kept']);
        expect(await namesOf('users')).not.toContain('orders-g1');
        expectNoChange(await mustUp());
      });

      it('when everything is destroyed', async () => {
        await start({ granularity });
        expectRefusal(await workspace.destroy());
        // Not only who may read: all that the vhost's clients need is there.
        expect(await namesOf('users')).toEqual(
          expect.arrayContaining(['first-g1', 'orders-g1', 'very-last-g1']),
        );
        const permissions = await callManagement<{ user: string }[]>(
          broker,
          'GET',
          'vhosts/shop/permissions',
        );
        expect(permissions.map(({ user }) => user)).toEqual(
          expect.arrayContaining(['first-g1', 'orders-g1', 'very-last-g1']),
        );
        await emptyQueue();

        const destroyed = await workspace.destroy();
        expect(destroyed.exitCode, destroyed.output).toBe(0);
        expect(await namesOf('vhosts')).toEqual(['/']);
        expect(await namesOf('users')).not.toContain('orders-g1');
      });
    });

    it('a state from before queues depended on permissions is taken over without a change', async () => {
      await start({});
      const exported = await workspace.run(['stack', 'export', '--stack', 'test']);
      const state = JSON.parse(exported.stdout) as { readonly deployment: Deployment };
      const isAccess = (urn: string): boolean => /:(Permissions|TopicPermissions)::/.test(urn);
      const queues = state.deployment.resources.filter(({ type }) => type === 'rabbitmq:index/queue:Queue');
      expect(queues.every(({ dependencies = [] }) => dependencies.some(isAccess))).toBe(true);
      for (const resource of state.deployment.resources) {
        if (resource.type.startsWith('rabbitmq:index/'))
          resource.dependencies = (resource.dependencies ?? []).filter((urn) => !isAccess(urn));
      }
      const file = path.join(workspace.folder, 'earlier.json');
      fs.writeFileSync(file, JSON.stringify(state));
      const imported = await workspace.run(['stack', 'import', '--stack', 'test', '--file', file]);
      expect(imported.exitCode, imported.output).toBe(0);
      expectNoChange(await mustUp());
      expectRefusal(await workspace.destroy());
      await emptyQueue();
    });
  },
  ['4.3'],
);
