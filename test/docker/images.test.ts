/** The images that tests start are like the official ones, for whoever makes containers of them. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { FakeEngine, secret, type PluginProcess, type Values } from '../provider/plugin';
import { BROKER_VERSIONS } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { findFreePorts } from '../../tools/freePort';
import { waitFor } from '../../tools/processes';
import { Resource, UNCHANGED } from './resource';
import { dockerEngine, dockerObstacle, openScratch, titled, type Scratch } from './scratch';

const COOKIE = 'a cookie that all nodes share';
const HEALTHY = {
  tests: ['CMD', 'rabbitmq-diagnostics', '-q', 'check_running'],
  interval: '1s',
  timeout: '30s',
  retries: 60,
};

describe.skipIf(dockerObstacle() !== undefined)(titled('the images of the tests'), () => {
  let pulumi: FakeEngine;
  let plugin: PluginProcess;
  let scratch: Scratch;

  beforeAll(async () => {
    pulumi = await FakeEngine.start();
    plugin = await pulumi.plugin('docker', { host: inject('dockerHost') });
    scratch = openScratch(dockerEngine());
  });
  afterEach(() => scratch.clear());
  afterAll(() => pulumi.stop());

  const make = (kind: string, inputs: Values): Promise<Resource> =>
    new Resource(plugin, kind).create({ labels: scratch.labels, ...inputs });

  /** What a program prints in a node's network, with the node's own image. */
  async function output(image: string, network: string, command: readonly string[]): Promise<string> {
    const networksAdvanced = [{ name: network }];
    const once = { image, command, networksAdvanced, mustRun: false, attach: true, logs: true };
    const resource = await make('container', { name: scratch.name('once'), ...once });
    await resource.remove();
    return String(resource.state.containerLogs);
  }

  it.for(BROKER_VERSIONS)(
    'RabbitMQ %s reads its cookie, conf.d and definitions, and keeps its data in its volume',
    async (version, { skip }) => {
      const image = inject('images').rabbitmq[version];
      skip(image === '', `WARREN_TEST_VERSIONS is ${process.env.WARREN_TEST_VERSIONS ?? ''}`);
      const [managementPort = 0] = await findFreePorts(1);
      const [network, volume] = [scratch.name('net'), scratch.name('vol')];
      await make('network', { name: network });
      await make('volume', { name: volume });
      const definitions = {
        users: [{ name: 'admin', password: 'a password', tags: 'administrator' }],
        vhosts: [{ name: 'shop' }],
        permissions: [{ user: 'admin', vhost: 'shop', configure: '.*', write: '.*', read: '.*' }],
      };
      const inputs = {
        name: scratch.name('node'),
        image,
        hostname: 'node-1',
        networksAdvanced: [{ name: network }],
        ports: [{ internal: 15672, external: managementPort, ip: '127.0.0.1' }],
        volumes: [{ volumeName: volume, containerPath: '/var/lib/rabbitmq' }],
        uploads: [
          { file: '/var/lib/rabbitmq/.erlang.cookie', content: secret(COOKIE), permissions: '0400' },
          {
            file: '/etc/rabbitmq/conf.d/50-test.conf',
            content: 'load_definitions = /etc/rabbitmq/test.json\n',
          },
          { file: '/etc/rabbitmq/test.json', content: secret(JSON.stringify(definitions)) },
        ],
        healthcheck: HEALTHY,
        wait: true,
        waitTimeout: 120,
        destroyGraceSeconds: 30,
        labels: scratch.labels,
      };
      const node = await make('container', inputs);
      expect(await node.diff(inputs)).toEqual(UNCHANGED);
      const admin = { managementPort, username: 'admin', password: 'a password' };
      const overview = await callManagement<{ rabbitmq_version: string; node: string }>(
        admin,
        'GET',
        'overview',
      );
      expect(overview.rabbitmq_version.startsWith(`${version}.`)).toBe(true);
      expect(overview.node).toBe('rabbit@node-1');
      await callManagement(admin, 'PUT', 'queues/shop/kept', { durable: true });
      // The same volume in a container that looks at it: whose it is, and what the cookie is.
      const peek = await make('container', {
        name: scratch.name('peek'),
        image,
        entrypoints: ['sh', '-c'],
        command: ['stat -c "%u %g" /data; cat /data/.erlang.cookie'],
        volumes: [{ volumeName: volume, containerPath: '/data' }],
        networksAdvanced: [{ name: network }],
        ...{ mustRun: false, attach: true, logs: true },
      });
      expect(peek.state.containerLogs).toBe(`999 999\n${COOKIE}`);
      await node.remove();
      const again = await make('container', inputs);
      const queues = await callManagement<{ name: string }[]>(admin, 'GET', 'queues/shop');
      expect(queues.map(({ name }) => name)).toEqual(['kept']);
      await again.remove();
    },
  );

  it('HAProxy reads its configuration, and runs as its own user', async () => {
    const network = scratch.name('net');
    const [port = 0] = await findFreePorts(1);
    await make('network', { name: network });
    const content = [
      'defaults',
      '  mode http',
      '  timeout connect 1s',
      '  timeout client 5s',
      '  timeout server 5s',
      'listen answers',
      '  bind :8080',
      '  http-request return status 200 content-type text/plain string "from HAProxy"',
      '',
    ].join('\n');
    const inputs = {
      name: scratch.name('haproxy'),
      image: inject('images').haproxy,
      networksAdvanced: [{ name: network }],
      ports: [{ internal: 8080, external: port, ip: '127.0.0.1' }],
      uploads: [{ file: '/usr/local/etc/haproxy/haproxy.cfg', content, permissions: '0444' }],
      destroyGraceSeconds: 10,
      labels: scratch.labels,
    };
    const proxy = await make('container', inputs);
    const answered = await waitFor(
      () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          (answer) => answer.text(),
          () => undefined,
        ),
      30_000,
    );
    expect(answered).toBe('from HAProxy');
    expect(await proxy.diff(inputs)).toEqual(UNCHANGED);
    const { Config } = await scratch.inspect<{ Config: Record<string, unknown> }>('containers', proxy.id);
    expect(Config).toMatchObject({ User: 'haproxy', StopSignal: 'SIGUSR1' });
  });

  it('Python runs a program as any user', async () => {
    const network = scratch.name('net');
    await make('network', { name: network });
    const program = 'import ssl, sqlite3, sys; print(sys.version_info[:2])';
    expect(await output(inject('images').python, network, ['python', '-c', program])).toBe('(3, 13)');
  });

  it.each([
    ['celery-5.5', ['celery', '--version'], /^5\.5\./],
    ['celery-5.6', ['celery', '--version'], /^5\.6\./],
    ['amqp', ['python', '-c', 'import aio_pika, pika; print(pika.__version__)'], /^\d/],
  ] as const)('Python has real clients: %s', async (set, command, version) => {
    const network = scratch.name('net');
    await make('network', { name: network });
    expect(await output(inject('images').clients[set], network, command)).toMatch(version);
  });
});
