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

export interface Rates {
  /** Jobs a second, together. */
  readonly jobs: number;
  readonly tasks: number;
}

/** @param replicas of publishers; without them everything comes to rest */
export function rotatingTopology(
  { jobs, tasks }: Rates,
  replicas: number,
): Readonly<Record<string, unknown>> {
  const consumer = (queue: string, user: string): object => ({
    ...{ vhost: VHOST, user, queues: [queue], replicas: 2, longestTask: '10s' },
  });
  const role = (queue: string): object => ({
    roles: { [VHOST]: { consumer: [queue], publisher: ['amq.default'] } },
  });
  const sends = { vhost: VHOST, replicas, gracePeriod: '30s' };
  return {
    vhosts: {
      [VHOST]: {
        queues: { ...Object.fromEntries([...JOB_QUEUES, 'done', 'sent'].map((queue) => [queue, {}])) },
      },
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
        env: { RATE: String(tasks / 2) },
      },
    },
  };
}

export async function openRotatingStack(engine: Engine, rates: Rates): Promise<DockerStack> {
  const { clients } = inject('images');
  const build = (base: string): object => ({
    build: { context: 'test/docker/rotating', args: { BASE: base } },
  });
  return openStack(engine, {
    version: '4.3',
    topology: rotatingTopology(rates, 2),
    workers: {
      '*': build(clients.amqp),
      celery: build(clients['celery-5.6']),
      sender: { ...build(clients['celery-5.6']), urlVariable: 'CELERY_BROKER_URL' },
    },
  });
}

/** How many consumers the queue has that has the fewest, from now on until `stop`. */
export function watchConsumers(stack: DockerStack): { stop(): Promise<number> } {
  let isOver = false;
  let fewest = Infinity;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const consumers = await consumersByQueue(stack).catch(() => undefined);
      if (consumers !== undefined) {
        fewest = Math.min(fewest, ...JOB_QUEUES.map((queue) => consumers.get(queue) ?? 0));
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  const watching = watch();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return fewest;
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
  const auditor = { ...(await stack.login('auditor')), vhost: VHOST };
  const sent = await takeAll(auditor, 'sent');
  return {
    sent: new Map(sent.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])])),
    done: await takeAll(auditor, 'done'),
  };
}

interface Login {
  readonly amqpPort: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/** All that is there now. */
async function takeAll({ amqpPort, ...login }: Login, queue: string): Promise<readonly string[]> {
  const connection = await connect({ protocol: 'amqp', hostname: '127.0.0.1', port: amqpPort, ...login });
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
  /** Done more than once, though the broker marked none of them as redelivered. */
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
