/** A fleet that scales by its queue, in a stack: Pulumi makes its containers and the scaler, which does the rest. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { callManagement } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import { AmqpClient } from '../systems/amqpClient';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import { openStack, type DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const JOBS = 40;

const TOPOLOGY = {
  vhosts: { shop: { queues: { jobs: {} } } },
  users: {
    writer: { roles: { shop: { publisher: ['amq.default'], consumer: ['jobs'] } } },
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

  beforeAll(async () => {
    const images = inject('images');
    stack = await openStack(dockerEngine(), {
      version: '4.3',
      topology: TOPOLOGY,
      workers: { '*': { build: { context: 'test/docker/consumer', args: { BASE: images.clients.amqp } } } },
      scaler: { baseImage: images.node },
    });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
  });

  afterAll(async () => {
    await stack.dispose();
  });

  async function running(): Promise<number> {
    const states = await Promise.all(['jobs-1', 'jobs-2', 'jobs-3'].map((name) => stack.container(name)));
    return states.filter(({ State }) => State.Running).length;
  }

  it('goes from none to all and back, and up never interferes', async () => {
    expect(await running()).toBe(0);
    const client = await AmqpClient.open({ ...(await stack.login('writer')), vhost: 'shop' });
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

  it('leaves nothing behind', async () => {
    const destroyed = await stack.workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await stack.left()).toEqual([]);
  });
});
