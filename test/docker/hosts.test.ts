/** A stack on two Docker hosts: its cluster and some workers on the first, other workers on the second. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import { engineAddress } from '../../dockerApi/address';
import { openEngine, path, type Engine } from '../../dockerApi/transport';
import { waitFor } from '../../tools/processes';
import { clientImage } from '../rigs/docker/clientImages';
import { startPrivateEngine } from '../rigs/docker/privateEngine';
import { callManagement, type ManagementLogin } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import { containersOf } from './containers';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import { consumersOf, leftOf, openStack } from './stack';
import { PATIENCE_MS } from './workers';

const obstacle =
  dockerObstacle() ??
  missingEngine() ??
  (inject('isDockerPrivate') ? undefined : 'a second Docker Engine is for machines without one');

const COMMAND = ['python', '-u', '/consume.py'];
const TOPOLOGY = {
  // As one would have it between machines.
  broker: { tls: { port: 5671, only: true } },
  vhosts: { market: { queues: { near: {}, far: {} } } },
  users: { worker: { roles: { market: { consumer: ['near', 'far'] } } } },
  workers: {
    near: { vhost: 'market', user: 'worker', queues: ['near'], command: COMMAND },
    far: { vhost: 'market', user: 'worker', queues: ['far'], command: COMMAND, replicas: 2 },
  },
};
/** Nothing listens there. */
const NOBODY = 'tcp://127.0.0.1:1';

describe.skipIf(obstacle !== undefined)(titled('a stack on two Docker hosts'), () => {
  const first = dockerEngine();
  const endings: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  it('has workers on both, and leaves nothing on either', async () => {
    const host = await startPrivateEngine(() => undefined);
    endings.push(() => host.stop());
    const second = openEngine(engineAddress({ host: host.host }, {}));
    await clientImage(second, 'amqp', () => undefined);
    const workers = (hosts: readonly string[]) => ({
      '*': { build: { context: 'test/docker/consumer', args: { BASE: inject('images').clients.amqp } } },
      far: { hosts },
    });
    const hosts = { second: host.host, gone: NOBODY };
    const options = { version: '4.3', topology: TOPOLOGY, workers: workers(['second']), hosts } as const;
    const stack = await openStack(first, options);
    endings.push(() => stack.dispose());
    const nowhere = await stack.workspace.up();
    expect(nowhere.output).toMatch(
      /workers "far" on the Docker host "second" don't reach the cluster at amqps:\/\/127\.0\.0\.1:\d+, .*docker\.cluster\.address/,
    );
    stack.setCluster({ address: await sharedAddress(second) });
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    const admin = await stack.admin();
    const consumers = () => Promise.all(['near', 'far'].map((queue) => consumersOf(admin, 'market', queue)));
    expect(await consumers()).toEqual([1, 2]);
    expect(await namesOf(first, stack.prefix, ['near', 'far'])).toEqual([`${stack.prefix}-near-1`]);
    expect(await namesOf(second, stack.prefix, ['near', 'far'])).toEqual([
      `${stack.prefix}-far-second-1`,
      `${stack.prefix}-far-second-2`,
    ]);
    await callManagement(admin, 'POST', 'exchanges/market/amq.default/publish', {
      ...{ routing_key: 'far', payload: 'a job', payload_encoding: 'string' },
      properties: { delivery_mode: 2 },
    });
    await awaitNoMessage(admin, 'far');

    stack.setWorkers(workers(['second', 'gone']));
    const without = await stack.workspace.up();
    expect(without.exitCode).not.toBe(0);
    // Pulumi says each as it comes, and again at the end.
    expect([...new Set(without.output.match(/error: .*/g))]).toEqual([
      expect.stringContaining(`the Docker Engine at ${NOBODY} is not reachable`),
      expect.stringContaining('update failed'),
    ]);
    expect(without.output).toMatch(/network-gone/);
    expect(await consumers()).toEqual([1, 2]);

    stack.setWorkers(workers(['second']));
    const destroyed = await stack.workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect([...(await stack.left()), ...(await leftOf(second, stack.prefix))]).toEqual([]);
  });
});

/** Until nothing is ready or unacknowledged: the broker's own figure, which needs no statistics. */
async function awaitNoMessage(login: ManagementLogin, queue: string): Promise<void> {
  const target = `queues/market/${queue}?disable_stats=true&enable_queue_totals=true`;
  const isEmpty = await waitFor(async () => {
    const { messages } = await callManagement<{ messages: number }>(login, 'GET', target);
    return messages === 0 ? true : undefined;
  }, PATIENCE_MS);
  expect(isEmpty, `${queue} still has messages`).toBe(true);
}

/**
 * An address of this machine that containers of the engine reach: the gateway of a network on it. The engines share the
 * machine's network, as far as it isn't their containers' own.
 */
async function sharedAddress(engine: Engine): Promise<string> {
  const { Id } = await engine.ask<{ Id: string }>({
    method: 'POST',
    path: '/networks/create',
    body: { Name: 'shared', CheckDuplicate: true },
    action: 'make a network',
  });
  const { IPAM } = await engine.ask<{ IPAM: { Config: { Gateway: string }[] } }>({
    method: 'GET',
    path: path('networks', Id),
    action: 'look at a network',
  });
  const [gateway] = IPAM.Config;
  if (gateway === undefined) throw new Error('the network has no address');
  return gateway.Gateway;
}

async function namesOf(
  engine: Engine,
  prefix: string,
  fleets: readonly string[],
): Promise<readonly string[]> {
  const found = await Promise.all(fleets.map((fleet) => containersOf(engine, prefix, fleet)));
  return found.flat().map(({ name }) => name);
}
