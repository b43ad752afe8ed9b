/** `warren status`, `dlq`, `purge` and `doctor` on the broker of a stack, as whoever operates it meets them. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { callManagement } from '../rigs/management';
import { allowRigUser, resetBroker, withBroker } from '../rigs/brokers';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { AmqpClient } from '../systems/amqpClient';

const CLI = path.resolve(__dirname, '../../cli/warren.cjs');
const TOPOLOGY = `warren: 1
vhosts:
  shop:
    limits: { maxConnections: 500 }
    exchanges:
      orders: { type: topic }
      news: { type: fanout }
    queues:
      paid:
        maxLength: 100
        overflow: reject-publish
        deadLetter: { queue: failed }
        bindings:
          - { exchange: orders, routingKey: order.paid.* }
      mail:
        deadLetter: { queue: failed }
        bindings:
          - { exchange: news }
      failed:
    families:
      'basket:{id}': { ttl: 30m, maxLength: 100, expires: 1d }
users:
  shop:
    roles:
      shop: { publisher: [orders, amq.default], consumer: [paid, mail], owner: ['basket:{id}'] }
  press:
    roles:
      shop: { publisher: [news] }
workers:
  paid: { vhost: shop, user: shop, queues: [paid], replicas: 2, prefetch: 10 }
  mail: { vhost: shop, user: shop, queues: [mail], autoscale: { min: 0, max: 3 } }
`;

interface Status {
  readonly isFine: boolean;
  readonly attention: readonly { code: string; subject: string; text: string; wayOut: string }[];
  readonly queues: readonly { name: string; ready: number; role: string; consumers: number }[];
  readonly fleets: readonly { name: string; replicasMin: number; replicasMax: number }[];
  readonly connections: readonly unknown[];
  readonly drift: readonly { id: string; change: string }[];
  readonly lastUp: { result: string; changes: Record<string, number> };
}

withBroker(
  'an operator',
  (broker) => {
    let workspace: PulumiWorkspace;
    let client: AmqpClient;

    beforeAll(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test' });
      const topology = path.join(workspace.folder, 'topology.yaml');
      fs.writeFileSync(topology, TOPOLOGY);
      await workspace.initWithSeed({
        topology,
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
        amqp: `amqp://127.0.0.1:${broker.amqpPort}`,
      });
      const up = await workspace.up();
      expect(up.exitCode, up.output).toBe(0);
      const { users } = (await workspace.outputs()) as unknown as {
        users: Record<string, { username: string; password: string }>;
      };
      const login = users.shop ?? { username: '', password: '' };
      client = await AmqpClient.open({ amqpPort: broker.amqpPort, vhost: 'shop', ...login });
    });
    afterAll(async () => {
      await client.close();
      workspace.dispose();
    });

    async function warren(exitCode: number, ...args: readonly string[]): Promise<PulumiRun> {
      const run = await workspace.warren(...args);
      if (process.env.SHOW === '1') console.log(args.join(' '), run.exitCode, '\n' + run.output);
      expect(run.exitCode, run.output).toBe(exitCode);
      return run;
    }

    /** Once the broker's figures, which are some seconds late, are what is expected. */
    async function statusOnce(isSo: (status: Status) => boolean): Promise<Status> {
      let last: Status | undefined;
      await waitFor(async () => {
        last = JSON.parse((await workspace.warren('status', '--json')).stdout) as Status;
        return isSo(last) ? true : undefined;
      }, 60_000);
      if (last === undefined) throw new Error('no status');
      return last;
    }

    const codes = ({ attention }: Status): readonly string[] => attention.map(({ code }) => code);

    it('sees what needs somebody, and what there is', async () => {
      // The broker's list of connections is some seconds late, too.
      const first = await statusOnce(
        ({ queues, connections }) =>
          connections.length > 0 && queues.every(({ consumers }) => consumers === 0),
      );
      expect(codes(first)).toEqual(['no-consumers']);
      expect(first.attention[0]).toMatchObject({
        subject: 'queue paid in vhost shop',
        text: 'nobody consumes',
      });
      expect(first.drift).toEqual([]);
      expect(first.lastUp.result).toBe('succeeded');
      expect(first.lastUp.changes.create).toBeGreaterThan(10);
      const text = await warren(1, 'status');
      expect(text.stdout).toMatch(/last up \d+ (s|min) ago: succeeded, \d+ created · no drift/);
      expect(text.stdout).toMatch(/paid +paid +2 +0\nmail +mail +0 to 3 +0\n/);
      expect(text.stdout).toMatch(/shop-g1 +1 +shop/);
      // A consumer counts as soon as it is listed, before the queue's own figure has it.
      const worker = await client.consume('paid');
      await waitFor(async () => {
        const listed = await callManagement<unknown[]>(broker, 'GET', 'consumers/shop');
        return listed.length === 1 ? true : undefined;
      }, 60_000);
      expect(codes(JSON.parse((await warren(0, 'status', '--json')).stdout) as Status)).toEqual([]);
      await worker.close();
    });

    it('tells dead letters, a full queue and what was changed by hand, each with the way out', async () => {
      for (let id = 0; id < 3; id++) await client.publish('', 'mail', 'm');
      for (let id = 0; id < 3; id++) await client.reject('mail');
      for (let id = 0; id < 95; id++) await client.publish('orders', 'order.paid.1', 'm');
      await client.awaitDepth('paid', 95);
      await allowRigUser(broker, 'shop');
      await callManagement(broker, 'PUT', 'queues/shop/stray', { durable: true });
      await callManagement(broker, 'DELETE', 'bindings/shop/e/news/q/mail/~');
      await callManagement(broker, 'PUT', 'users/guest', { password: 'guest', tags: 'administrator' });
      await callManagement(broker, 'PUT', `policies/shop/warren.holding.limit.failed`, {
        ...{ pattern: '^nothing$', definition: { 'max-length': 1 } },
      });
      // Each of these comes with its own figure; that nobody consumes any more is the latest of them.
      const status = await statusOnce((now) =>
        ['no-consumers', 'near-limit', 'dead-letters'].every((code) => codes(now).includes(code)),
      );
      expect(status.attention.map(({ code, subject, text }) => `${code} | ${subject} | ${text}`)).toEqual([
        'no-consumers | queue paid in vhost shop | nobody consumes, and 95 messages wait',
        'near-limit | queue paid in vhost shop | 95 of at most 100 messages',
        'dead-letters | queue failed in vhost shop | 3 dead letters',
        expect.stringMatching(/^leftover \| leftover \| the delivery limit of queue failed/),
        'unwanted-user | user guest | is there, and must not be',
        expect.stringMatching(/^drift \| topology \| 1 object of the broker differs: binding news → mail/),
      ]);
      const [, , deadLetters] = status.attention;
      expect(deadLetters?.wayOut).toBe('npx warren dlq show failed --stack test');
      const text = await warren(1, 'status');
      expect(text.stdout).toMatch(
        /queue failed in vhost shop: 3 dead letters +→ npx warren dlq show failed --stack test/,
      );
      expect(text.stdout).toMatch(/^paid +classic +95 .* 95 % of 100/m);
    });

    it('expects as many workers as the stack says in place of the topology', async () => {
      const settings = fs.readFileSync(workspace.configFile);
      workspace.setConfig({ docker: { workers: { paid: { replicas: 0 } } } });
      // A late figure may be from when there was a consumer.
      const status = await statusOnce((now) => codes(now).includes('waiting-unconsumed'));
      fs.writeFileSync(workspace.configFile, settings);
      expect(status.fleets[0]).toMatchObject({ name: 'paid', replicasMin: 0, replicasMax: 0 });
      expect(codes(status)).not.toContain('no-consumers');
    });

    it('sends dead letters back, as the administrator or as a user who may', async () => {
      const list = await warren(0, 'dlq', 'list');
      expect(list.stdout).toMatch(/^shop +failed +3 +0 .* mail 3 +rejected 3/m);
      const refused = await warren(2, 'dlq', 'retry', 'failed', '--user', 'press');
      expect(refused.output).toMatch(/Cannot read queue "failed".*refused/s);
      expect((await warren(0, 'dlq', 'retry', 'failed')).stdout).toContain(
        'Sent 3 to mail from failed in vhost shop.',
      );
      await client.awaitDepth('mail', 3);
      // Looking into it took the policy away that an interrupted command had left.
      expect(codes(await statusOnce(() => true))).not.toContain('leftover');
    });

    it('purges what is of the topology, and what is not where that is meant', async () => {
      expect((await warren(2, 'purge', 'stray')).output).toContain("isn't in the topology of stack test");
      expect((await warren(0, 'purge', 'stray', '--unmanaged')).stdout).toContain(
        'Nothing is ready in stray',
      );
      expect((await warren(0, 'purge', 'mail', '--yes', '3')).stdout).toContain('Purged 3 messages of mail');
    });

    it('tries every user, leaves nothing behind, and names what fails with the way out', async () => {
      const names = async (): Promise<readonly string[]> =>
        (await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop')).map(({ name }) => name);
      const before = await names();
      const fine = await warren(0, 'doctor');
      expect(fine.stdout).toMatch(/✓ management +http:\S+ takes warren-admin-g1 \(RabbitMQ 4\.3/);
      expect(fine.stdout).toMatch(/✓ connect +amqp:\/\/127\.0\.0\.1:\d+ answers in \d+ ms/);
      expect(fine.stdout).toContain(`
press in vhost shop
  ✓ log in      as press-g1
  – declare     not tried: `);
      expect(fine.stdout).toMatch(
        /shop in vhost shop\n.*as shop-g1\n {2}✓ declare +basket:warren\.doctor\.\w+, a private queue that goes again\n {2}✓ publish +to the private queue, confirmed\n {2}✓ consume +from the private queue, the message is there/,
      );
      expect(await names()).toEqual(before);

      await callManagement(broker, 'PUT', 'users/press-g1', { password: 'changed by hand', tags: '' });
      await callManagement(broker, 'DELETE', 'permissions/shop/shop-g1');
      const broken = await warren(1, 'doctor', '--json');
      const { checks } = JSON.parse(broken.stdout) as {
        checks: { subject: string; state: string; text: string }[];
      };
      const failed = checks.filter(({ state }) => state === 'failed');
      expect(failed.map(({ subject }) => subject)).toEqual(['press in vhost shop', 'shop in vhost shop']);
      expect(failed[0]?.text).toContain('the broker refuses this user name and password');
      expect(failed[1]?.text).toContain('doesn\'t let it into the vhost "shop": ');
      const elsewhere = await warren(1, 'doctor', '--amqp', 'amqp://127.0.0.1:1');
      expect(elsewhere.stdout).toMatch(/✗ connect +.*nothing listens on port 1 there/);
      expect((await warren(2, 'doctor', '--user', 'nobody')).output).toContain('it has press, shop');
      // Nothing tried would be nothing that fails.
      expect((await warren(2, 'doctor', '--vhost', 'shpo')).output).toContain(
        'no user of the topology may enter the vhost "shpo"',
      );
    });

    it('watches a broker without a stack until a signal comes', async () => {
      const { username: RABBITMQ_USERNAME, password: RABBITMQ_PASSWORD } = broker;
      const where = ['--live', `http://127.0.0.1:${broker.managementPort}`];
      const child = spawn(process.execPath, [CLI, 'status', '--watch', '1', '--json', ...where], {
        env: { ...process.env, RABBITMQ_USERNAME, RABBITMQ_PASSWORD },
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      let output = '';
      await new Promise<void>((resolve) => {
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          if (output.split('"isFine"').length > 2) resolve();
        });
      });
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(output).not.toContain(RABBITMQ_PASSWORD);
    });
  },
  ['4.3'],
);
