/** A cluster and its workers by one `up`; what becomes of it when it is changed, loses a node, or is to go. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { amqpUrl } from '../../platform/address';
import { callManagement } from '../rigs/management';
import { missingEngine, type PulumiRun } from '../rigs/pulumi';
import { AmqpClient } from '../systems/amqpClient';
import { ConfirmedPublisher, drain } from './confirmedPublisher';
import { containersOf, runOnce } from './containers';
import { killProcess } from './processes';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import { consumersOf, startStack, type DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const VERSION = '4.3';
const NODES = ['rabbitmq-1', 'rabbitmq-2', 'rabbitmq-3'] as const;

const TOPOLOGY = {
  // How soon the others see that a node is cut off: 60 s in RabbitMQ's own settings.
  broker: { nodes: 3, conf: { net_ticktime: 8 } },
  vhosts: {
    shop: {
      queues: {
        orders: { type: 'quorum', deadLetter: { queue: 'failed' } },
        jobs: { type: 'quorum', deadLetter: { queue: 'failed' } },
        failed: { type: 'quorum' },
      },
    },
  },
  users: {
    writer: { roles: { shop: { publisher: ['amq.default'], consumer: ['orders', 'failed'] } } },
    worker: { roles: { shop: { consumer: ['jobs'] } } },
  },
  workers: {
    jobs: {
      vhost: 'shop',
      user: 'worker',
      queues: ['jobs'],
      replicas: 2,
      command: ['python', '-u', '/consume.py'],
    },
  },
};

/** Sent again at ten a second: some lie there when the node is killed. */
const DEAD_LETTERS = 30;
const ENDED_EARLY = /Sent .*\nwarren: Ended early\. .*Nothing is lost/s;

const ROLLED = { ...TOPOLOGY, broker: { ...TOPOLOGY.broker, heartbeat: '30s' } };

const GROWN = {
  ...ROLLED,
  broker: { ...ROLLED.broker, nodes: 5 },
  vhosts: {
    shop: {
      queues: {
        ...TOPOLOGY.vhosts.shop.queues,
        orders: { ...TOPOLOGY.vhosts.shop.queues.orders, targetGroupSize: 5 },
      },
    },
  },
};

describe.skipIf(obstacle !== undefined)(titled('a cluster on Docker'), () => {
  const engine = dockerEngine();
  let stack: DockerStack;

  beforeAll(async () => {
    stack = await startStack(engine, {
      version: VERSION,
      topology: TOPOLOGY,
      workers: {
        jobs: {
          build: {
            context: 'test/docker/consumer',
            args: { BASE: inject('images').clients.amqp },
          },
        },
      },
    });
  });

  afterAll(async () => {
    await stack.dispose();
  });

  async function runningNodes(): Promise<number> {
    const nodes = await callManagement<{ running: boolean }[]>(await stack.admin(), 'GET', 'nodes').catch(
      () => [],
    );
    return nodes.filter(({ running }) => running).length;
  }

  it('runs with consuming workers, without guest, and a second up changes nothing', async () => {
    expect(await runningNodes()).toBe(3);
    const login = await stack.admin();
    const users = await callManagement<{ name: string }[]>(login, 'GET', 'users');
    expect(users.map(({ name }) => name).sort()).toEqual(['warren-admin-g1', 'worker-g1', 'writer-g1']);
    expect(await consumersOf(login, 'shop', 'jobs')).toBe(2);
    const status = await stack.workspace.warren('status');
    // The broker's figure of two workers may have one of them as yet.
    expect(status.output).toMatch(/^jobs +jobs +2 +2 +[12]$/m);
    expect(status.exitCode, status.output).toBe(0);
    const again = await stack.workspace.up();
    expect(again.output).toMatch(/Resources:\n\s+\d+ unchanged/);
  });

  it('has no guest: not by AMQP, not by HTTP, on no node, and not from its loopback', async () => {
    const nodes = [1, 2, 3].map((number) => `rabbitmq-${number}`);
    expect(await stack.exec('jobs-1', ['python', '/no_guest.py', ...nodes])).toBe(0);
    const [worker] = await containersOf(engine, stack.prefix, 'jobs');
    const url = amqpUrl(
      { scheme: 'amqp', host: '127.0.0.1', port: 5672 },
      { ...(await stack.login('worker')), vhost: 'shop' },
    );
    for (const node of nodes) {
      const said = await runOnce(engine, {
        name: `${stack.prefix}-guest-${node}`,
        image: worker?.image ?? '',
        network: `container:${stack.prefix}-${node}`,
        command: ['python', '/no_guest.py', '127.0.0.1'],
        environment: { RABBITMQ_URL_FILE: '/url' },
        files: { '/url': url },
      });
      expect(said.trim()).toBe('127.0.0.1 Connection.Tune Connection.Close 401');
    }
  });

  it('shows the real addresses of clients, though they come through HAProxy', async () => {
    const connections = await callManagement<{ peer_host: string; user: string }[]>(
      await stack.admin(),
      'GET',
      'connections',
    );
    const hosts = connections.filter(({ user }) => user === 'worker-g1').map(({ peer_host }) => peer_host);
    expect(new Set(hosts).size).toBe(2);
  });

  it('has no password in what docker inspect shows', async () => {
    const { password } = await stack.login('worker');
    const admin = await stack.admin();
    for (const name of ['rabbitmq-1', 'jobs-1', 'haproxy']) {
      const shown = JSON.stringify(await stack.container(name));
      expect(shown).not.toContain(password);
      expect(shown).not.toContain(admin.password);
    }
  });

  it('has a doctor who names the worker whose password is another one, and nobody else', async () => {
    await callManagement(await stack.admin(), 'PUT', 'users/worker-g1', { password: 'another', tags: '' });
    const doctor = await stack.workspace.warren('doctor');
    expect(doctor.exitCode, doctor.output).toBe(1);
    expect(doctor.output).toMatch(
      /worker in vhost shop\n +✗ log in +.* as "worker-g1": the broker refuses this user name and password\..*`warren up`/,
    );
    expect(doctor.output).toMatch(/\n1 of \d+ checks failed\.\n$/);
    // The next `up`, of the next test, puts it right.
  });

  it('is written to and read from by one node, so that no other one that is late makes an up fail', async () => {
    // RabbitMQ's metadata store, which all nodes read for themselves.
    const tell = (verb: string): Promise<number> =>
      stack.exec('rabbitmq-3', ['rabbitmqctl', 'eval', `sys:${verb}(whereis(rabbitmq_metadata)).`]);
    expect(await tell('suspend')).toBe(0);
    const users = Object.fromEntries(
      ['one', 'two', 'three', 'four'].map((word) => [word, { roles: { shop: { consumer: ['orders'] } } }]),
    );
    stack.setTopology({ ...TOPOLOGY, users: { ...TOPOLOGY.users, ...users } });
    const added = await stack.workspace.up();
    stack.setTopology(TOPOLOGY);
    const removed = await stack.workspace.up();
    expect(await tell('resume')).toBe(0);
    expect(added.exitCode, added.output).toBe(0);
    expect(removed.exitCode, removed.output).toBe(0);
  });

  /** Killed as soon as the first node has it, and gone on with: nodes with different cookies would refuse one another. */
  async function withAnotherCookie(): Promise<void> {
    const file = '/var/lib/rabbitmq/.erlang.cookie';
    const hasAnother = ['sh', '-c', `[ "$(cat ${file})" != "$(cat ${file}.before)" ]`];
    for (const node of NODES) expect(await stack.exec(node, ['cp', file, `${file}.before`])).toBe(0);
    const rotate = ['rotate', '--cookie', '--with-changes'];
    const killed = stack.workspace.startWarren(rotate);
    const isGiven = async (): Promise<boolean> => (await stack.exec(NODES[0], hasAnother)) === 0;
    await expect.poll(isGiven, { timeout: 120_000, interval: 100 }).toBe(true);
    killed.kill();
    await killed.ended;
    const rotated = await stack.workspace.warren(...rotate);
    expect(rotated.exitCode, rotated.output).toBe(0);
    expect(rotated.output).toContain('in the middle of a rotation of its cookie');
    for (const node of NODES) {
      expect(await stack.exec(node, hasAnother)).toBe(0);
      expect(await stack.exec(node, ['rabbitmqctl', 'eval', '2 = length(nodes()).'])).toBe(0);
    }
  }

  it('replaces its nodes one after the other, with another cookie, and loses nothing that was confirmed', async () => {
    const before = (await stack.container('rabbitmq-1')).Id;
    const publisher = new ConfirmedPublisher({ ...(await stack.login('writer')), vhost: 'shop' }, 'orders');
    await publisher.more(50);
    let fewest = 3;
    let isOver = false;
    const watch = async (): Promise<void> => {
      while (!isOver) {
        // None that answers says nothing, and a node that is just stopping may take a minute to.
        const running = await Promise.race([
          runningNodes(),
          new Promise<number>((end) => setTimeout(end, 2000, 0)),
        ]);
        if (running > 0) fewest = Math.min(fewest, running);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    const watching = watch();
    stack.setTopology(ROLLED);
    await withAnotherCookie();
    isOver = true;
    await watching;
    await publisher.more(50);
    await publisher.stop();
    expect((await stack.container('rabbitmq-1')).Id).not.toBe(before);
    expect(fewest).toBe(2);
    await expectAllThere(publisher);
  });

  it('goes on without a node that was killed, which comes back by itself; up works meanwhile', async () => {
    const login = { ...(await stack.login('writer')), vhost: 'shop' };
    const publisher = new ConfirmedPublisher(login, 'orders');
    await publisher.more(DEAD_LETTERS);
    const client = await AmqpClient.open(login);
    for (let letter = 0; letter < DEAD_LETTERS; letter++) await client.reject('orders');
    await client.awaitDepth('failed', DEAD_LETTERS);
    const retry = stack.workspace.startWarren(['dlq', 'retry', 'failed', '--rate', '10']);
    // The queue itself is asked: the figures of a quorum queue are some seconds late.
    await expect.poll(() => client.depth('failed'), { interval: 100 }).toBeLessThan(DEAD_LETTERS);
    await client.close();
    const { State } = await stack.container('rabbitmq-2');
    killProcess(State.Pid, inject('isDockerPrivate'));
    await retryToItsEnd(await retry.ended);
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    await publisher.more(50);
    await expect.poll(runningNodes, { timeout: 120_000, interval: 500 }).toBe(3);
    await publisher.stop();
    await expectAllThere(publisher);
  });

  it.each([
    ['memory', ['rabbitmqctl', 'set_vm_memory_high_watermark', 'absolute', '1MB'], ['absolute', '300MB']],
    ['disk', ['rabbitmqctl', 'set_disk_free_limit', '9000GB'], ['50MB']],
  ])('says that there is a %s alarm, works all the same, and loses nothing', async (kind, alarm, back) => {
    const publisher = new ConfirmedPublisher({ ...(await stack.login('writer')), vhost: 'shop' }, 'orders');
    await publisher.more(10);
    expect(await stack.exec('rabbitmq-1', alarm)).toBe(0);
    const key = `${kind === 'memory' ? 'mem' : 'disk_free'}_alarm`;
    const hasAlarm = async (): Promise<boolean> =>
      (await callManagement<Record<string, unknown>[]>(await stack.admin(), 'GET', 'nodes')).some(
        (node) => node[key] === true,
      );
    await expect.poll(hasAlarm, { timeout: 60_000, interval: 300 }).toBe(true);
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).toContain(`${kind} alarm on rabbit@rabbitmq-1: publishers are blocked`);
    expect(await stack.exec('rabbitmq-1', [...alarm.slice(0, 2), ...back])).toBe(0);
    await publisher.more(10);
    await publisher.stop();
    await expectAllThere(publisher);
  });

  it('goes on while a node is cut off from the network, says so, and has it back afterwards', async () => {
    const publisher = new ConfirmedPublisher({ ...(await stack.login('writer')), vhost: 'shop' }, 'orders');
    await publisher.more(10);
    await stack.disconnect('rabbitmq-3');
    await publisher.more(50);
    await expect.poll(runningNodes, { timeout: 120_000, interval: 500 }).toBe(2);
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).toContain("rabbit@rabbitmq-3 doesn't run");
    await stack.reconnect('rabbitmq-3');
    await expect.poll(runningNodes, { timeout: 120_000, interval: 500 }).toBe(3);
    await publisher.more(20);
    await publisher.stop();
    await expectAllThere(publisher);
    const after = await stack.workspace.up();
    expect(after.output).not.toContain('rabbitmq-3');
  });

  it('takes two more nodes without touching the others; queues get the copies that they ask for', async () => {
    const ids = (): Promise<readonly string[]> =>
      Promise.all([1, 2, 3].map(async (number) => (await stack.container(`rabbitmq-${number}`)).Id));
    const copiesOf = async (queue: string): Promise<number> =>
      (await callManagement<{ members: string[] }>(await stack.admin(), 'GET', `queues/shop/${queue}`))
        .members.length;
    const before = await ids();
    const publisher = new ConfirmedPublisher({ ...(await stack.login('writer')), vhost: 'shop' }, 'orders');
    await publisher.more(10);
    stack.setTopology(GROWN);
    const grown = await stack.workspace.up();
    await publisher.more(20);
    await publisher.stop();
    expect(grown.exitCode, grown.output).toBe(0);
    expect(await ids()).toEqual(before);
    expect(await runningNodes()).toBe(5);
    expect(grown.output).toMatch(
      /1 quorum queue has 2 more copies, on rabbit@rabbitmq-4, rabbit@rabbitmq-5\./,
    );
    // By whichever node answers: others learn of it a moment later.
    await expect.poll(() => copiesOf('orders'), { timeout: 60_000, interval: 500 }).toBe(5);
    expect(await copiesOf('jobs')).toBe(3);
    const again = await stack.workspace.up();
    expect(again.output).toMatch(/Resources:\n\s+\d+ unchanged/);
    await expectAllThere(publisher);
    stack.setTopology(ROLLED);
    const fewer = await stack.workspace.up();
    expect(fewer.output).toMatch(
      /taking rabbit@rabbitmq-4, rabbit@rabbitmq-5 out of the cluster .* move to a smaller cluster/,
    );
    expect(await runningNodes()).toBe(5);
    stack.setTopology(GROWN);
  });

  it('is not destroyed while messages are in it; with an approval nothing is left', async () => {
    const client = await AmqpClient.open({ ...(await stack.login('writer')), vhost: 'shop' });
    await client.publishToQueue('orders', 'precious');
    await client.close();
    const refused = await stack.workspace.destroy();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(/Refused to delete the cluster .* "orders" in vhost "shop" \d+ message/);
    expect(await runningNodes()).toBe(5);
    const approved = await stack.workspace.run(['destroy', '--yes', '--skip-preview'], {
      WARREN_APPROVE: `cluster ${stack.prefix}`,
    });
    expect(approved.exitCode, approved.output).toBe(0);
    expect(await stack.left()).toEqual([]);
  });

  async function deadLetters(): Promise<number> {
    const totals = 'queues/shop/failed?disable_stats=true&enable_queue_totals=true';
    return (await callManagement<{ messages_ready: number }>(await stack.admin(), 'GET', totals))
      .messages_ready;
  }

  /** The node that was killed may have had its connections, and the one that comes next may have to wait for a leader. */
  async function retryToItsEnd(begun: PulumiRun): Promise<void> {
    if (begun.exitCode !== 0) expect(begun.output).toMatch(ENDED_EARLY);
    const rest = async (): Promise<string> => {
      const { exitCode, output } = await stack.workspace.warren('dlq', 'retry', 'failed');
      return exitCode === 0 ? 'done' : output;
    };
    await expect.poll(rest, { timeout: 120_000 }).toBe('done');
    await expect.poll(deadLetters).toBe(0);
  }

  /** Everything that was confirmed is in the queue, once; what wasn't may be there or not. */
  async function expectAllThere(publisher: ConfirmedPublisher): Promise<void> {
    const all = await drain({ ...(await stack.login('writer')), vhost: 'shop' }, 'orders');
    const found = all.filter((message) => message.startsWith(publisher.word));
    const { confirmed, uncertain } = publisher;
    expect(confirmed.filter((message) => !found.includes(message))).toEqual([]);
    expect(found.filter((message) => ![...confirmed, ...uncertain].includes(message))).toEqual([]);
  }
});
