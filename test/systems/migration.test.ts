/** The ways of docs/migration.md, walked from a real 3.10 with mirrored queues. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { endpointOf } from '../broker/realBroker';
import { allowRigUser, resetBroker, withBroker, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { ROOT } from '../structure/sources';
import { AmqpClient, type AmqpLogin } from './amqpClient';
import { expectNoChange } from './systemStack';

const PAGE = fs.readFileSync(path.join(ROOT, 'docs/migration.md'), 'utf8');
const OLD_LOGIN = { username: 'worker', password: 'as it always was' };

/** What somebody made by hand, years ago. */
const DEFINITIONS = {
  vhosts: [{ name: 'shop' }],
  users: [{ name: 'worker', password: OLD_LOGIN.password, tags: '' }],
  permissions: [{ user: 'worker', vhost: 'shop', configure: '.*', write: '.*', read: '.*' }],
  policies: [
    {
      ...{ vhost: 'shop', name: 'ha-all', pattern: '^', 'apply-to': 'queues', priority: 0 },
      definition: { 'ha-mode': 'all', 'ha-sync-mode': 'automatic', 'max-length': 100_000 },
    },
    {
      ...{ vhost: 'shop', name: 'big', pattern: '^archive$', 'apply-to': 'queues', priority: 5 },
      definition: { 'ha-mode': 'exactly', 'ha-params': 2, 'queue-mode': 'lazy' },
    },
  ],
  queues: [
    { name: 'orders', durable: true, auto_delete: false, arguments: { 'x-message-ttl': 86_400_000 } },
    { name: 'jobs', durable: true, auto_delete: false, arguments: { 'x-max-priority': 5 } },
    { name: 'archive', durable: true, auto_delete: false, arguments: {} },
    { name: 'live', durable: false, auto_delete: true, arguments: {} },
  ].map((queue) => ({ ...queue, vhost: 'shop' })),
  exchanges: [
    { name: 'events', vhost: 'shop', type: 'topic', durable: true, auto_delete: false, arguments: {} },
  ].map((exchange) => ({ ...exchange, internal: false })),
  bindings: [
    { source: 'events', destination: 'orders', routing_key: 'order.*' },
    { source: 'events', destination: 'archive', routing_key: '#' },
  ].map((binding) => ({ ...binding, vhost: 'shop', destination_type: 'queue', arguments: {} })),
};

withBroker(
  'the old broker',
  (old) => {
    let workspace: PulumiWorkspace;
    let topologyFile: string;
    const clients: AmqpClient[] = [];

    beforeEach(async () => {
      await resetBroker(old);
      await callManagement(old, 'POST', 'definitions', DEFINITIONS);
      workspace = new PulumiWorkspace({ stack: 'test', env: { PULUMI_SKIP_CHECKPOINTS: 'true' } });
      topologyFile = path.join(workspace.folder, 'shop.yaml');
      const client = await clientOf({ ...OLD_LOGIN, vhost: 'shop', amqpPort: old.amqpPort });
      for (const body of ['1', '2', '3']) {
        await client.publish('events', 'order.new', body);
        await client.publishToQueue('jobs', body, { priority: 1 });
      }
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) await client.close();
      workspace.dispose();
    });

    const clientOf = async (login: AmqpLogin): Promise<AmqpClient> => {
      const client = await AmqpClient.open(login);
      clients.push(client);
      return client;
    };
    const warren = async (...args: readonly string[]): Promise<string> => {
      const env = { RABBITMQ_USERNAME: old.username, RABBITMQ_PASSWORD: old.password };
      const ended = await run(process.execPath, [path.join(ROOT, 'cli/warren.cjs'), ...args], { env });
      expect(ended.exitCode, ended.output).toBe(0);
      return ended.output;
    };
    const up = async (): Promise<PulumiRun> => {
      const ended = await workspace.up();
      expect(ended.exitCode, ended.output).toBe(0);
      return ended;
    };
    const edit = (from: string | RegExp, to: string): void => {
      const text = fs.readFileSync(topologyFile, 'utf8');
      expect(text).toMatch(from);
      fs.writeFileSync(topologyFile, text.replace(from, to));
    };
    const workerOn = async (broker: TestBroker): Promise<AmqpClient> => {
      const { users } = (await workspace.outputs()) as {
        users: Record<string, { username: string; password: string }>;
      };
      return clientOf({
        ...(users.worker ?? OLD_LOGIN),
        vhost: 'shop',
        amqpPort: broker.amqpPort,
      });
    };
    const typesOn = async (broker: TestBroker): Promise<Record<string, string>> => {
      const queues = await callManagement<{ name: string; type: string }[]>(broker, 'GET', 'queues/shop');
      return Object.fromEntries(queues.map(({ name, type }) => [name, type]));
    };

    withBroker(
      'a new cluster',
      (fresh) => {
        it('takes over from the old one', async (context) => {
          const nodes = await callManagement<{ name: string }[]>(fresh, 'GET', 'nodes?columns=name');
          if (nodes[0]?.name.endsWith('@localhost') !== true) {
            context.skip('the shovels of a broker in a container do not reach the other one by 127.0.0.1');
          }
          await resetBroker(fresh);
          const report = await warren(
            ...['import', `live:${endpointOf(old)}`, '--target', '4.3', '--output', topologyFile],
          );
          for (const line of linesOf('console').filter((text) => text.startsWith('  '))) {
            expect(report).toContain(line);
          }
          await workspace.initWithSeed({ topology: topologyFile, endpoint: endpointOf(fresh) });
          await up();
          expect(await typesOn(fresh)).toEqual({
            ...{ orders: 'quorum', jobs: 'quorum', archive: 'quorum' },
            live: 'classic',
          });

          const moving = path.join(workspace.folder, 'shop.moving.yaml');
          const overlay = linesOf('yaml').join('\n');
          const here = `127.0.0.1:${old.amqpPort}`;
          fs.writeFileSync(moving, overlay.replaceAll('old.example.com', here));
          workspace.setConfig({ topology: moving });
          await workspace.run(['config', 'set', '--path', 'logins["old"].username', OLD_LOGIN.username]);
          const password = ['--path', 'logins["old"].password', OLD_LOGIN.password];
          await workspace.run(['config', 'set', '--secret', ...password]);
          await up();
          const worker = await workerOn(fresh);
          expect(await worker.takeBodies('orders', 3)).toEqual(['1', '2', '3']);
          const [late] = clients;
          await late?.publish('events', 'order.late', 'from who has not moved yet');
          expect(await worker.takeBodies('orders', 1)).toEqual(['from who has not moved yet']);
          expect(await worker.takeBodies('jobs', 3)).toEqual(['1', '2', '3']);

          await workspace.run(['config', 'rm', '--path', 'logins["old"]']);
          workspace.setConfig({ topology: topologyFile });
          await up();
          expect(await callManagement(fresh, 'GET', 'parameters/shovel')).toEqual([]);
          expectNoChange(await up());
        });
      },
      ['4.3'],
    );

    it('gets quorum queues in place, with what was in the mirrored ones', async () => {
      await warren('import', `live:${endpointOf(old)}`, '--output', topologyFile);
      await workspace.initWithSeed({ topology: topologyFile, endpoint: endpointOf(old) });
      const adopted = await workspace.warren('import', '--adopt');
      expect(adopted.exitCode, adopted.output).toBe(0);
      await up();
      await allowRigUser(old, 'shop');
      edit('jobs: { priorities: 5 }', 'jobs: { type: quorum }');
      edit(/declaredWith: \{ (x-message-ttl: \d+) \}/, 'declaredWith: { $1, x-queue-type: quorum }');
      edit('archive: {', 'archive: { type: quorum,');
      await up();
      expect(await typesOn(old)).toEqual({
        ...{ orders: 'quorum', jobs: 'quorum', archive: 'quorum' },
        live: 'classic',
      });
      edit(/ha-mode: all, ha-sync-mode: automatic, /, '');
      edit(/\n {6}big:\n(?: {8}.*\n)+/, '\n');
      edit("target: '3.10'", "target: '4.0'");
      await warren('check', topologyFile);
      edit("target: '4.0'", "target: '3.10'");
      await up();
      const policies = await callManagement<{ name: string; definition: object }[]>(
        ...([old, 'GET', 'policies/shop'] as const),
      );
      expect(policies.map(({ definition }) => definition)).toEqual([{ 'max-length': 100_000 }]);
      const worker = await workerOn(old);
      expect(await worker.takeBodies('orders', 3)).toEqual(['1', '2', '3']);
      expect(await worker.takeBodies('archive', 3)).toEqual(['1', '2', '3']);
      expect(await worker.takeBodies('jobs', 3)).toEqual(['1', '2', '3']);
      expectNoChange(await up());
    });
  },
  ['3.10'],
);

/** Of the page's first block of that language, without its indentation and the command in it. */
function linesOf(language: string): readonly string[] {
  const [, indentation = '', block = ''] =
    new RegExp(`^( *)\`\`\`${language}\\n([^]*?)\\n *\`\`\``, 'm').exec(PAGE) ?? [];
  const lines = block.split('\n').map((line) => line.slice(indentation.length));
  return lines.filter((line) => !line.startsWith('$ '));
}
