/** What a stack on Docker can be told beside the usual: TLS, volumes that stay, a broker that is there already. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { connect } from 'amqplib';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { Authority, opensslObstacle } from '../faults/certificates';
import { FakeEngine } from '../provider/plugin';
import { callManagement, type ManagementLogin } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import { findFreePorts } from '../../tools/freePort';
import { AmqpClient } from '../systems/amqpClient';
import { dockerEngine, dockerObstacle, openScratch, titled } from './scratch';
import { awaitTargets } from '../rigs/prometheusApi';
import { consumersOf, openStack, type DockerStack } from './stack';
import { Workers } from './workers';

const obstacle = dockerObstacle() ?? missingEngine() ?? opensslObstacle();

const MARKET = {
  vhosts: { market: { queues: { jobs: {} } } },
  users: {
    writer: { roles: { market: { publisher: ['amq.default'], consumer: ['jobs'] } } },
    worker: { roles: { market: { consumer: ['jobs'] } } },
  },
};
const WORKERS = {
  jobs: { vhost: 'market', user: 'worker', queues: ['jobs'], command: ['python', '-u', '/consume.py'] },
};

/** As RabbitMQ makes it: a salt of four bytes before the sum. */
function hashOf(password: string): string {
  const salt = Buffer.from('salt');
  const sum = crypto.createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, sum]).toString('base64');
}

const LEGACY_HASH = hashOf('an old password');
const HASHED = {
  password_hash: LEGACY_HASH,
  hashing_algorithm: 'rabbit_password_hashing_sha256',
  limits: {},
};
const EVERYTHING = { vhost: 'market', configure: '.*', write: '.*', read: '.*' };
const QUEUE = { vhost: 'market', durable: true, auto_delete: false, arguments: {} };
/** Of another broker, as it exports them. */
const DEFINITIONS = {
  rabbitmq_version: '3.13.7',
  users: [
    { name: 'guest', tags: ['administrator'], ...HASHED },
    { name: 'warren-admin-g7', tags: ['administrator'], ...HASHED },
    { name: 'legacy', tags: [], ...HASHED },
  ],
  vhosts: [{ name: 'market', metadata: { description: '', tags: [] } }],
  permissions: [
    { user: 'guest', ...EVERYTHING },
    { user: 'warren-admin-g7', ...EVERYTHING },
    { user: 'legacy', ...EVERYTHING },
  ],
  topic_permissions: [],
  parameters: [],
  global_parameters: [{ name: 'cluster_name', value: 'the old one' }],
  policies: [],
  queues: [
    { name: 'jobs', ...QUEUE },
    { name: 'letters', ...QUEUE },
  ],
  exchanges: [],
  bindings: [],
};

describe.skipIf(obstacle !== undefined)(titled('a stack on Docker'), () => {
  const engine = dockerEngine();
  const endings: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  async function open(options: Parameters<typeof openStack>[1]): Promise<DockerStack> {
    const stack = await openStack(engine, options);
    endings.push(() => stack.dispose());
    return stack;
  }

  it('speaks TLS with the certificate that it is given; messages outlive it in volumes that stay', async () => {
    const stack = await open({
      version: '4.3',
      topology: { ...MARKET, broker: { tls: { port: 5671 } } },
      cluster: { keepVolumes: true },
    });
    const authority = new Authority(path.join(stack.workspace.folder, 'authority'));
    const { certFile, keyFile } = authority.issue({ subject: 'rabbitmq', altName: 'IP:127.0.0.1' });
    const files = { ca: authority.certFile, certificate: certFile, key: keyFile };
    stack.setCluster({ tls: files });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
    expect(stack.workspace.stateText()).not.toContain(fs.readFileSync(keyFile, 'utf8').split('\n')[1]);

    const login = await stack.login('writer');
    const ca = [fs.readFileSync(authority.certFile)];
    await expect(openTls(stack.amqpsPort, [])).rejects.toThrow(/self-signed|unable to/);
    const connection = await connect(
      { protocol: 'amqps', hostname: '127.0.0.1', port: stack.amqpsPort, vhost: 'market', ...login },
      { ca },
    );
    const channel = await connection.createConfirmChannel();
    channel.sendToQueue('jobs', Buffer.from('kept'), { persistent: true });
    await channel.waitForConfirms();
    await connection.close();

    const destroyed = await stack.workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await stack.left()).toEqual([`volumes ${stack.prefix}-rabbitmq-1`]);
    const again = await stack.workspace.up();
    expect(again.exitCode, again.output).toBe(0);
    expect(await messagesIn(await stack.admin())).toBe(1);
  });

  it('keeps its messages when it grows from one node, and when its seed is another one', async () => {
    const stack = await open({ version: '4.3', topology: MARKET, cluster: { keepVolumes: true } });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
    expect(((await stack.workspace.outputs()) as { amqp: string }).amqp).toBe(
      `amqp://127.0.0.1:${stack.amqpPort}`,
    );
    const admin = await stack.admin();
    await callManagement(admin, 'POST', 'exchanges/market/amq.default/publish', {
      ...{ routing_key: 'jobs', payload: 'kept', payload_encoding: 'string' },
      properties: { delivery_mode: 2 },
    });
    stack.setTopology({ ...MARKET, broker: { nodes: 3 } });
    const grown = await stack.workspace.up();
    expect(grown.exitCode, grown.output).toBe(0);
    expect(await messagesIn(admin)).toBe(1);

    // Another seed would make all of it anew, with passwords that nobody has.
    const { Id } = await stack.container('rabbitmq-1');
    const newSeed = ['config', 'set', '--secret', 'seed', 'another seed that is long enough'];
    await stack.workspace.run(newSeed);
    const refused = await stack.workspace.up();
    expect(refused.output).toMatch(/the stack's seed isn't the one that the cluster .* was made with/);
    expect((await stack.container('rabbitmq-1')).Id).toBe(Id);

    // The volumes of a cluster that was destroyed may come under another seed, by a login that works there.
    await callManagement(admin, 'PUT', 'users/rescue', { password: 'rescue', tags: 'administrator' });
    const destroyed = await stack.workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    stack.workspace.setConfig({ bootstrapUsername: 'rescue', adminUser: 'second' });
    await stack.workspace.run(['config', 'set', '--secret', 'bootstrapPassword', 'rescue']);
    const rescued = await stack.workspace.up();
    expect(rescued.exitCode, rescued.output).toBe(0);
    const login = { managementPort: stack.managementPort, username: 'rescue', password: 'rescue' };
    expect(await messagesIn(login)).toBe(1);
  });

  it('begins with definitions, once, and without users that it makes itself or that must not be', async () => {
    const stack = await open({ version: '4.3', topology: MARKET });
    const file = path.join(stack.workspace.folder, 'definitions.json');
    stack.setCluster({ definitions: file });
    fs.writeFileSync(
      file,
      JSON.stringify({ ...DEFINITIONS, users: [{ name: 'old', password: 'x', tags: '' }] }),
    );
    const inPlain = await stack.workspace.up();
    expect(inPlain.output).toMatch(/definitions\.json has the password of the user "old" in plain text/);
    fs.writeFileSync(file, '{"users": [');
    const broken = await stack.workspace.up();
    expect(broken.output).toMatch(
      /docker\.cluster\.definitions can't be loaded:\n.*definitions\.json:1:12 error/,
    );
    expect(await stack.left()).toEqual([]);

    fs.writeFileSync(file, JSON.stringify(DEFINITIONS));
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
    expect(first.output).toContain('is loaded without its users guest, warren-admin-g7.');
    const admin = await stack.admin();
    const names = async (kind: string): Promise<readonly string[]> =>
      (await callManagement<{ name: string }[]>(admin, 'GET', kind)).map(({ name }) => name).sort();
    expect(await names('users')).toEqual(['legacy', 'warren-admin-g1', 'worker-g1', 'writer-g1']);
    expect(await names('queues')).toEqual(['jobs', 'letters']);
    expect(await callManagement(admin, 'GET', 'cluster-name')).toEqual({ name: stack.prefix });
    const client = await AmqpClient.open({
      amqpPort: stack.amqpPort,
      username: 'legacy',
      password: 'an old password',
      vhost: 'market',
    });
    await client.publishToQueue('letters', 'kept');
    expect(await client.depth('letters')).toBe(1);
    await client.close();
    const shown = JSON.stringify(await stack.container('rabbitmq-1')) + stack.workspace.stateText();
    expect(shown).not.toContain(LEGACY_HASH);

    // What was deleted since doesn't come back, though the file changed.
    await callManagement(admin, 'DELETE', 'users/legacy');
    fs.writeFileSync(file, JSON.stringify({ ...DEFINITIONS, queues: [] }));
    const again = await stack.workspace.up();
    expect(again.output).toMatch(/definitions\.json are not loaded again/);
    expect(again.output).toMatch(/Resources:\n\s+~ 1 updated\n\s+\d+ unchanged/);
    expect(await names('users')).not.toContain('legacy');
  });

  it(
    'makes certificates by itself, and replaces their authority while clients trust both; the management API, too',
    { timeout: 900_000 },
    async () => {
      const [amqpsPort = 0] = await findFreePorts(1);
      const stack = await open({
        version: '4.3',
        topology: { ...MARKET, workers: WORKERS, broker: { tls: { only: true } } },
        cluster: { amqpsPort },
        workers: {
          '*': { build: { context: 'test/docker/consumer', args: { BASE: inject('images').clients.amqp } } },
        },
      });
      const first = await stack.workspace.up();
      expect(first.exitCode, first.output).toBe(0);
      const again = await stack.workspace.up();
      expect(again.output).toMatch(/Resources:\n\s+\d+ unchanged/);
      const old = await stack.authority();
      await openTls(amqpsPort, [Buffer.from(old)]);
      // Both listeners have the same certificate: one answer.
      const isTrusted = async (ca: string): Promise<boolean> => {
        const found = [amqpsPort, stack.managementPort].map((port) =>
          openTls(port, [Buffer.from(ca)]).then(
            () => true,
            () => false,
          ),
        );
        const [byAmqp, byManagement] = await Promise.all(found);
        expect(byManagement).toBe(byAmqp);
        return byAmqp === true;
      };
      const handedOver = path.join(stack.workspace.folder, 'ca.pem');
      const handOver = { file: handedOver, within: '1h' };
      stack.setCluster({ amqpsPort, managementTls: true, tls: { handOver } });
      // Its gate and its preview ask the node where it answers so far.
      const changed = await stack.workspace.up();
      expect(changed.exitCode, changed.output).toBe(0);
      expect(changed.output).not.toContain('without asking it');
      expect(await isTrusted(old)).toBe(true);
      await expect(fetch(`http://127.0.0.1:${stack.managementPort}/`)).rejects.toThrow();
      // The worker consumes after each step, or its `up` would fail.
      const begun = await stack.workspace.warren('rotate', '--authority');
      expect(begun.exitCode, begun.output).toBe(0);
      expect(begun.output).toMatch(
        /Not over: until .* go on with: npx warren rotate .* --authority --finish/,
      );
      const trusted = fs.readFileSync(handedOver, 'utf8');
      expect(trusted).toBe(await stack.authority());
      const next = trusted.replace(old, '');
      expect([await isTrusted(trusted), await isTrusted(old), await isTrusted(next)]).toEqual([
        true,
        true,
        false,
      ]);
      const early = await stack.workspace.warren('rotate', '--authority', '--finish');
      expect(early.output).toContain('Not over');
      expect(await isTrusted(next)).toBe(false);
      const settings = fs.readFileSync(stack.workspace.configFile, 'utf8');
      fs.writeFileSync(
        stack.workspace.configFile,
        settings.replace(/until: .*/, 'until: 2020-01-01T00:00:00Z'),
      );
      const over = await stack.workspace.warren('rotate', '--authority', '--finish');
      expect(over.exitCode, over.output).toBe(0);
      expect([await isTrusted(trusted), await isTrusted(old), await isTrusted(next)]).toEqual([
        true,
        false,
        true,
      ]);
      expect(await stack.authority()).toBe(next);
      expect(fs.readFileSync(handedOver, 'utf8')).toBe(next);
      const shown = JSON.stringify(await stack.container('rabbitmq-1')) + stack.workspace.stateText();
      expect(shown).not.toMatch(/PRIVATE KEY/);

      // At once: the one `up` still has to trust what the node shows until then.
      const atOnce = await stack.workspace.warren('rotate', '--authority', '--now');
      expect(atOnce.exitCode, atOnce.output).toBe(0);
      expect(atOnce.output).not.toContain('without asking it');
      expect([await isTrusted(next), await isTrusted(await stack.authority())]).toEqual([false, true]);
      const status = await stack.workspace.warren('status');
      expect(status.exitCode, status.output).toBe(0);
      const doctor = await stack.workspace.warren('doctor');
      expect(doctor.exitCode, doctor.output).toBe(0);
      expect(doctor.output).toMatch(
        /management +https:.*\n.* amqps:.* answers .*\n.* its certificate is trusted/,
      );
      const refreshed = await stack.workspace.warren('status', '--access');
      expect(refreshed.output).toContain('warren-admin');
    },
  );

  it('runs workers against a broker that is there already, and leaves that alone', async () => {
    const pulumi = await FakeEngine.start();
    endings.push(() => pulumi.stop());
    const plugin = await pulumi.plugin('docker', { host: inject('dockerHost') });
    const existing = new Workers(engine, plugin, openScratch(engine));
    endings.push(() => existing.stop());
    await existing.startBroker([]);
    const images = inject('images');
    const [prometheusPort = 0] = await findFreePorts(1);
    const stack = await open({
      version: '4.3',
      topology: { ...MARKET, workers: WORKERS },
      broker: {
        network: existing.network,
        endpoint: existing.endpoint,
        amqp: `amqp://${existing.broker}:5672`,
        bootstrapUsername: existing.login.username,
      },
      workers: {
        '*': { build: { context: 'test/docker/consumer', args: { BASE: images.clients.amqp } } },
      },
      monitoring: {
        targets: [`${existing.broker}:15692`],
        prometheus: { image: images.prometheus, port: prometheusPort },
        grafana: false,
      },
    });
    await stack.workspace.run(['config', 'set', '--secret', 'bootstrapPassword', existing.login.password]);
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
    const managementPort = Number(new URL(existing.endpoint).port);
    expect(await consumersOf({ managementPort, ...existing.login }, 'market', 'jobs')).toBe(1);
    expect(await awaitTargets(prometheusPort)).toContain(`rabbitmq-queues ${existing.broker}:15692`);
    const destroyed = await stack.workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await stack.left()).toEqual([]);
    await callManagement({ managementPort, ...existing.login }, 'GET', 'overview');
  });
});

/** The broker's own figure, which needs no statistics. */
async function messagesIn(login: ManagementLogin): Promise<number> {
  const totals = 'queues/market/jobs?disable_stats=true&enable_queue_totals=true';
  return (await callManagement<{ messages: number }>(login, 'GET', totals)).messages;
}

/** @throws Error where the certificate isn't trusted */
function openTls(port: number, ca: Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca }, () => {
      socket.end();
      resolve();
    });
    socket.once('error', reject);
  });
}
