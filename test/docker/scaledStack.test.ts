/** A fleet that scales by its queue, in a stack: Pulumi makes its containers and the scaler, which does the rest. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { callManagement } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import { findFreePorts } from '../../tools/freePort';
import { AmqpClient } from '../systems/amqpClient';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import { awaitTargets, firing, ruleNames } from '../rigs/prometheusApi';
import { startStack, type DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const JOBS = 40;

const TOPOLOGY = {
  vhosts: { shop: { queues: { jobs: {}, parked: { alerts: { depth: 1 } } } } },
  users: {
    writer: { roles: { shop: { publisher: ['amq.default'], consumer: ['jobs', 'parked'] } } },
    worker: { roles: { shop: { consumer: ['jobs'] } } },
  },
  workers: {
    jobs: {
      vhost: 'shop',
      user: 'worker',
      queues: ['jobs'],
      command: ['python', '-u', '/consume.py'],
      env: { SECONDS: 0.2 },
      gracePeriod: '5s',
      autoscale: { min: 0, max: 3, messagesPerReplica: 5, cooldown: '3s' },
    },
  },
};

describe.skipIf(obstacle !== undefined)(titled('a stack with a fleet that scales'), () => {
  let stack: DockerStack;
  let [prometheusPort, grafanaPort] = [0, 0];

  beforeAll(async () => {
    const images = inject('images');
    [prometheusPort = 0, grafanaPort = 0] = await findFreePorts(2);
    stack = await startStack(dockerEngine(), {
      version: '4.3',
      topology: TOPOLOGY,
      workers: { '*': { build: { context: 'test/docker/consumer', args: { BASE: images.clients.amqp } } } },
      scaler: { baseImage: images.node },
      monitoring: {
        prometheus: { image: images.prometheus, port: prometheusPort },
        // Not Grafana, which can't be had everywhere: what matters here is what its container gets.
        grafana: { image: images.prometheus, port: grafanaPort },
        interval: '2s',
      },
    });
    const client = await openClient();
    for (const message of ['one', 'two']) await client.publishToQueue('parked', message);
    await client.close();
  });

  afterAll(async () => {
    await stack.dispose();
  });

  async function openClient(): Promise<AmqpClient> {
    return AmqpClient.open({ ...(await stack.login('writer')), vhost: 'shop' });
  }

  async function running(): Promise<number> {
    const states = await Promise.all(['jobs-1', 'jobs-2', 'jobs-3'].map((name) => stack.container(name)));
    return states.filter(({ State }) => State.Running).length;
  }

  it('goes from none to all and back, and up never interferes', async () => {
    expect(await running()).toBe(0);
    const client = await openClient();
    for (let job = 1; job <= JOBS; job++) await client.publishToQueue('jobs', `job ${job}`);
    await expect.poll(running, { timeout: 60_000, interval: 300 }).toBe(3);
    const between = await stack.workspace.up();
    expect(between.output).toMatch(/Resources:\n\s+\d+ unchanged/);
    await expect.poll(running, { timeout: 120_000, interval: 300 }).toBe(0);
    expect(await client.depth('jobs')).toBe(0);
    await client.close();
    const after = await stack.workspace.up();
    expect(after.output).toMatch(/Resources:\n\s+\d+ unchanged/);
  });

  it('has a user of its own, whose generations come and go like those of others', async () => {
    const scalers = async (): Promise<readonly string[]> => {
      const users = await callManagement<{ name: string }[]>(await stack.admin(), 'GET', 'users');
      return users.map(({ name }) => name).filter((name) => name.startsWith('warren-scaler'));
    };
    expect(await scalers()).toEqual(['warren-scaler-g1']);
    const before = await stack.container('scaler');
    stack.workspace.setConfig({ generations: { 'warren-scaler': [1, 2] } });
    const added = await stack.workspace.up();
    expect(added.exitCode, added.output).toBe(0);
    expect(await scalers()).toEqual(['warren-scaler-g1', 'warren-scaler-g2']);
    expect((await stack.container('scaler')).Id).not.toBe(before.Id);
    stack.workspace.setConfig({ generations: { 'warren-scaler': [2] } });
    const removed = await stack.workspace.up();
    expect(removed.exitCode, removed.output).toBe(0);
    expect(await scalers()).toEqual(['warren-scaler-g2']);
    const permissions = await callManagement<{ user: string }[]>(
      await stack.admin(),
      'GET',
      'vhosts/shop/permissions',
    );
    const users = permissions.map(({ user }) => user).filter((user) => user.startsWith('warren-scaler'));
    expect(users).toEqual(['warren-scaler-g2']);
  });

  it('has Prometheus look at its node, and tell that a queue is deeper than the topology allows', async () => {
    expect(await awaitTargets(prometheusPort)).toEqual([
      'rabbitmq rabbitmq-1:15692',
      'rabbitmq-queues rabbitmq-1:15692',
    ]);
    expect(await ruleNames(prometheusPort)).toContain('RabbitMQNodeDown');
    const health = async (): Promise<string | undefined> =>
      (await stack.container('prometheus')).State.Health?.Status;
    await expect.poll(health, { timeout: 90_000, interval: 500 }).toBe('healthy');
    await expect
      .poll(() => firing(prometheusPort, 'RabbitMQQueueTooDeep'), { timeout: 120_000, interval: 500 })
      .toMatchObject([{ labels: { vhost: 'shop', queue: 'parked', threshold: '1', severity: 'warning' } }]);
    expect(JSON.stringify((await stack.container('rabbitmq-1')) as unknown)).not.toContain('"15692/tcp":[');
    const client = await openClient();
    await client.takeBodies('parked', 2);
    await client.close();
    await expect
      .poll(() => firing(prometheusPort, 'RabbitMQQueueTooDeep'), { timeout: 60_000, interval: 500 })
      .toEqual([]);
  });

  it('gives Grafana a password that nobody sees, and a dashboard', async () => {
    const { monitoring } = (await stack.workspace.outputs()) as unknown as {
      monitoring: { grafana: { url: string; username: string; password: string } };
    };
    const { url, username, password } = monitoring.grafana;
    expect({ url, username }).toEqual({ url: `http://127.0.0.1:${grafanaPort}`, username: 'admin' });
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(JSON.stringify((await stack.container('grafana')) as unknown)).not.toContain(password);
    expect(stack.workspace.stateText()).not.toContain(password);
    const has = (text: string, file: string): Promise<number> =>
      stack.exec('grafana', ['grep', '-qF', '--', text, file]);
    expect(await has(password, '/etc/warren/admin-password')).toBe(0);
    expect(await has('$__file{/etc/warren/admin-password}', '/etc/grafana/grafana.ini')).toBe(0);
    expect(await has('parked', '/etc/grafana/dashboards/rabbitmq.json')).toBe(0);
    expect(await has('http://prometheus:9090', '/etc/grafana/provisioning/datasources/warren.yaml')).toBe(0);
  });

  it('leaves nothing behind', async () => {
    const destroyed = await stack.workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await stack.left()).toEqual([]);
  });
});
