/** Rotation under load: publishers and Celery, pika and aio-pika consumers whose logins change while they work. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { callManagement } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import {
  openRotatingStack,
  rotateWithKills,
  rotatingTopology,
  settle,
  VHOST,
  watchConsumers,
  wrongIn,
} from './rotating';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import type { DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const RATES = { jobs: 200, tasks: 30 };
const USERS = ['publisher', 'pika', 'aio', 'celery'];
const WHO = USERS.flatMap((user) => ['--user', user]);
const TIMEOUT_MS = 900_000;

describe.skipIf(obstacle !== undefined)(titled('rotation under load'), () => {
  let stack: DockerStack;

  beforeAll(async () => {
    stack = await openRotatingStack(dockerEngine(), RATES);
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    await flowing();
  });
  afterAll(async () => {
    await stack.dispose();
  });

  /** Some more jobs are done by everybody's latest login. */
  async function flowing(): Promise<void> {
    const login = await stack.admin();
    const count = async (): Promise<number> => {
      const { messages = 0 } = await callManagement<{ messages?: number }>(
        login,
        'GET',
        `queues/${VHOST}/done`,
      );
      return messages;
    };
    const before = await count();
    expect(await waitFor(async () => ((await count()) > before + 100 ? true : undefined), 60_000, 500)).toBe(
      true,
    );
  }

  const generations = async (): Promise<string[]> => {
    const users = await callManagement<{ name: string }[]>(await stack.admin(), 'GET', 'users');
    return users.map(({ name }) => name).filter((name) => USERS.some((user) => name.startsWith(`${user}-g`)));
  };

  it('three times in a row, without a queue that nobody consumes from', { timeout: TIMEOUT_MS }, async () => {
    for (const generation of [2, 3, 4]) {
      const consumers = watchConsumers(stack);
      const run = await stack.workspace.warren('rotate', ...WHO);
      expect(run.exitCode, run.output).toBe(0);
      expect((await consumers.stop()).fewest).toBeGreaterThanOrEqual(1);
      expect((await generations()).sort()).toEqual(USERS.map((user) => `${user}-g${generation}`).sort());
    }
    await flowing();
  });

  it(
    'with the administrator, killed at random moments and gone on with',
    { timeout: TIMEOUT_MS },
    async () => {
      const who = [...WHO, '--user', 'warren-admin'];
      await rotateWithKills(stack, who, [8_000, 20_000]);
      const names = await generations();
      expect(names.map((name) => name.replace(/-g\d+$/, '')).sort()).toEqual([...USERS].sort());
      await flowing();
    },
  );

  it('has lost nothing, and done nothing twice', { timeout: TIMEOUT_MS }, async () => {
    stack.setTopology(rotatingTopology(RATES, 0));
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    const account = await settle(stack);
    expect(account.sent.size).toBeGreaterThan(10);
    expect(wrongIn(account)).toEqual({ lost: [], doubled: [] });
    // The account would show it.
    const [first = ''] = account.done;
    const name = first.split(' ')[0] ?? '';
    const without = account.done.filter((line) => line.split(' ')[0] !== name);
    expect(wrongIn({ ...account, done: without }).lost).toEqual([name]);
  });
});
