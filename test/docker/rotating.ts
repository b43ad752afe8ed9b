/** A stack whose publishers and consumers have logins that rotate, and the account of what became of each message. */
import { connect } from 'amqplib';
import { inject } from 'vitest';
import type { Engine } from '../../dockerApi/transport';
import { waitFor } from '../../tools/processes';
import { callManagement } from '../rigs/management';
import { openStack, type DockerStack } from './stack';

export const VHOST = 'shop';
export const JOB_QUEUES = ['pika_jobs', 'aio_jobs', 'tasks'] as const;
const PATIENCE_MS = 240_000;
/** Three changes, each of which replaces three nodes and ten workers on a machine that has nothing left. */
const COMMAND_TIMEOUT_MS = 1_200_000;

export interface Rates {
  /** Jobs a second, together. */
  readonly jobs: number;
  readonly tasks: number;
}

export interface Shape {
  /** Three nodes that speak TLS only, and queues with a copy on each of them. */
  readonly isCluster?: boolean;
}

/** @param replicas of publishers; without them everything comes to rest */
export function rotatingTopology(
  { jobs, tasks }: Rates,
  replicas: number,
  { isCluster = false }: Shape = {},
): Readonly<Record<string, unknown>> {
  const type = isCluster ? 'quorum' : 'classic';
  const queue = { type, ...(isCluster ? { deliveryLimit: -1 } : {}) };
  const consumer = (queue: string, user: string): object => ({
    ...{ vhost: VHOST, user, queues: [queue], replicas: 2, longestTask: '10s' },
  });
  const role = (queue: string): object => ({
    roles: { [VHOST]: { consumer: [queue], publisher: ['amq.default'] } },
  });
  const sends = { vhost: VHOST, replicas, gracePeriod: '30s' };
  return {
    ...(isCluster ? { broker: { nodes: 3, tls: { only: true } } } : {}),
    vhosts: {
      [VHOST]: { queues: Object.fromEntries([...JOB_QUEUES, 'done', 'sent'].map((name) => [name, queue])) },
    },
    users: {
      publisher: { roles: { [VHOST]: { publisher: ['amq.default'] } } },
      pika: role('pika_jobs'),
      aio: role('aio_jobs'),
      celery: { roles: { [VHOST]: { celery: ['tasks'], publisher: ['amq.default'] } } },
      auditor: { roles: { [VHOST]: { consumer: ['done', 'sent'] } } },
    },
    workers: {
      pika: { ...consumer('pika_jobs', 'pika'), command: ['python', '-u', 'consume_pika.py'] },
      aio: { ...consumer('aio_jobs', 'aio'), command: ['python', '-u', 'consume_aio.py'] },
      celery: {
        ...consumer('tasks', 'celery'),
        env: { QUEUE_TYPE: type },
        command: [
          'celery',
          '-A',
          'tasks',
          'worker',
          '-Q',
          'tasks',
          '--concurrency',
          '2',
          '--loglevel',
          'WARNING',
        ],
      },
      publisher: {
        ...{ ...sends, user: 'publisher', command: ['python', '-u', 'publish_pika.py'] },
        env: { RATE: String(jobs / 2), THREADS: '4', QUEUES: 'pika_jobs,aio_jobs' },
      },
      sender: {
        ...{ ...sends, user: 'celery', command: ['python', '-u', 'publish_celery.py'] },
        env: { RATE: String(tasks / 2), QUEUE_TYPE: type },
      },
    },
  };
}

export async function openRotatingStack(engine: Engine, rates: Rates, shape?: Shape): Promise<DockerStack> {
  const { clients } = inject('images');
  const build = (base: string): object => ({
    build: { context: 'test/docker/rotating', args: { BASE: base } },
  });
  return openStack(engine, {
    version: '4.3',
    timeoutMs: COMMAND_TIMEOUT_MS,
    topology: rotatingTopology(rates, 2, shape),
    workers: {
      '*': build(clients.amqp),
      celery: build(clients['celery-5.6']),
      sender: { ...build(clients['celery-5.6']), urlVariable: 'CELERY_BROKER_URL' },
    },
  });
}

export interface Watched {
  /** Consumers of the queue that had the fewest. */
  readonly fewest: number;
  /** How long at most a queue had none, as seen by asking over and over. */
  readonly longestGapMs: number;
}

/** The queues' consumers, from now on until `stop`. */
export function watchConsumers(stack: DockerStack): { stop(): Promise<Watched> } {
  let isOver = false;
  let fewest = Infinity;
  let longestGapMs = 0;
  const goneSince = new Map<string, number>();
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const consumers = await consumersByQueue(stack).catch(() => undefined);
      for (const queue of consumers === undefined ? [] : JOB_QUEUES) {
        const count = consumers?.get(queue) ?? 0;
        fewest = Math.min(fewest, count);
        const since = goneSince.get(queue) ?? performance.now();
        longestGapMs = Math.max(longestGapMs, performance.now() - since);
        if (count > 0) goneSince.delete(queue);
        else goneSince.set(queue, since);
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  const watching = watch();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return { fewest, longestGapMs };
    },
  };
}

async function consumersByQueue(stack: DockerStack): Promise<ReadonlyMap<string, number>> {
  const all = await callManagement<{ queue: { name: string } }[]>(
    await stack.admin(),
    'GET',
    `consumers/${VHOST}`,
  );
  const counts = new Map<string, number>();
  for (const { queue } of all) counts.set(queue.name, (counts.get(queue.name) ?? 0) + 1);
  return counts;
}

/**
 * Rotates, killed at a random moment of each of these limits, and goes on to the end.
 * @returns how often it was killed before it was over
 */
export async function rotateWithKills(
  { workspace }: DockerStack,
  args: readonly string[],
  limitsMs: readonly number[],
): Promise<number> {
  let kills = 0;
  for (const ms of limitsMs.map((limit) => limit * (0.3 + 0.7 * Math.random()))) {
    const killed = workspace.startWarren(['rotate', ...args]);
    const isOver = await Promise.race([
      killed.ended.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), ms)),
    ]);
    killed.kill();
    await killed.ended;
    if (isOver) break;
    kills += 1;
  }
  const run = await workspace.warren('rotate', ...args);
  if (run.exitCode !== 0) throw new Error(`rotate ended with ${String(run.exitCode)}: ${run.output}`);
  return kills;
}

/** By run of a publisher, how many messages the broker has confirmed; and what was done, as often as it was. */
export interface Account {
  readonly sent: ReadonlyMap<string, number>;
  readonly done: readonly string[];
}

/** Once nothing is published any more: waits until nothing waits. */
export async function settle(stack: DockerStack): Promise<Account> {
  const login = await stack.admin();
  const isIdle = async (): Promise<true | undefined> => {
    const queues = await callManagement<{ name: string; messages?: number }[]>(
      login,
      'GET',
      `queues/${VHOST}`,
    );
    const jobs = queues.filter(({ name }) => JOB_QUEUES.some((queue) => queue === name));
    return jobs.length === JOB_QUEUES.length && jobs.every(({ messages }) => messages === 0)
      ? true
      : undefined;
  };
  if ((await waitFor(isIdle, PATIENCE_MS, 500)) === undefined) throw new Error('the queues are never empty');
  const sent = await takeAll(stack, 'sent');
  return {
    sent: new Map(sent.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])])),
    done: await takeAll(stack, 'done'),
  };
}

/** All that is there now. */
async function takeAll(stack: DockerStack, queue: string): Promise<readonly string[]> {
  const { amqpPort: port, username, password } = await stack.login('auditor');
  const authority = await stack.authority();
  const way = authority === '' ? { protocol: 'amqp', port } : { protocol: 'amqps', port: stack.amqpsPort };
  const login = { username, password, vhost: VHOST };
  const connection = await connect({ ...way, ...login, hostname: '127.0.0.1' }, { ca: [authority] });
  const channel = await connection.createChannel();
  const found: string[] = [];
  const { messageCount } = await channel.checkQueue(queue);
  await new Promise<void>((resolve) => {
    if (messageCount === 0) return resolve();
    void channel.consume(
      queue,
      (message) => {
        if (message !== null) found.push(message.content.toString());
        if (found.length >= messageCount) resolve();
      },
      { noAck: true },
    );
  });
  await connection.close();
  return found;
}

export interface Wrong {
  /** Confirmed, and never done. */
  readonly lost: readonly string[];
  /** Done more than once, though neither was marked: redelivered by the broker, or sent again by a publisher. */
  readonly doubled: readonly string[];
}

export function wrongIn({ sent, done }: Account): Wrong {
  const unmarkedTimes = new Map<string, number>();
  for (const line of done) {
    const [name = '', mark] = line.split(' ');
    unmarkedTimes.set(name, (unmarkedTimes.get(name) ?? 0) + (mark === undefined ? 1 : 0));
  }
  const expected = [...sent].flatMap(([run, count]) =>
    Array.from({ length: count }, (_, index) => `${run}-${index + 1}`),
  );
  return {
    lost: expected.filter((name) => !unmarkedTimes.has(name)),
    doubled: [...unmarkedTimes].filter(([, times]) => times > 1).map(([name]) => name),
  };
}
