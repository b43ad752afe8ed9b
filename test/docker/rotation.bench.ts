/** `npm run bench -- docker`: rotations under a thousand messages a second, undisturbed and killed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  type Wrong,
} from './rotating';
import { report, seconds } from './systems/benchmark';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import type { DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const RATES = { jobs: 1_050, tasks: 50 };
const WHO = ['publisher', 'pika', 'aio', 'celery'].flatMap((user) => ['--user', user]);
const TIMEOUT_MS = 1_800_000;
const NOTHING_WRONG: Wrong = { lost: [], doubled: [] };

/** How many jobs are done so far. */
async function doneAt(stack: DockerStack): Promise<{ count: number; ms: number }> {
  const queue = `queues/${VHOST}/done`;
  const { messages = 0 } = await callManagement<{ messages?: number }>(await stack.admin(), 'GET', queue);
  return { count: messages, ms: performance.now() };
}

/** Figures of what was done meanwhile. */
async function measured(
  stack: DockerStack,
  work: () => Promise<number[]>,
): Promise<Readonly<Record<string, number | string>>> {
  const from = await doneAt(stack);
  const consumers = watchConsumers(stack);
  const took = await work();
  const fewest = await consumers.stop();
  const to = await doneAt(stack);
  return {
    'done per s meanwhile (1,000)': Math.round((to.count - from.count) / ((to.ms - from.ms) / 1_000)),
    'each took, s': took.join(', '),
    'fewest consumers of a queue (1)': fewest,
  };
}

async function times(count: number, once: () => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < count; round++) {
    const before = performance.now();
    await once();
    took.push(seconds(performance.now() - before));
  }
  return took;
}

describe.skipIf(obstacle !== undefined)(titled('rotation under load'), () => {
  let stack: DockerStack;

  beforeAll(async () => {
    stack = await openRotatingStack(dockerEngine(), RATES);
    const up = await stack.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await stack.dispose();
  });

  it('rotation: three times in a row', { timeout: TIMEOUT_MS }, async () => {
    const figures = await measured(stack, () =>
      times(3, async () => {
        const run = await stack.workspace.warren('rotate', ...WHO);
        expect(run.exitCode, run.output).toBe(0);
      }),
    );
    report('rotation: three in a row, Celery, pika and aio-pika, two workers each', figures);
  });

  it('rotation: killed at random moments', { timeout: TIMEOUT_MS }, async () => {
    let kills = 0;
    const who = [...WHO, '--user', 'warren-admin'];
    const figures = await measured(stack, () =>
      times(3, async () => {
        kills += await rotateWithKills(stack, who, [15_000, 40_000, 40_000]);
      }),
    );
    report('rotation: with the administrator, killed and gone on with', { ...figures, kills });
  });

  it('rotation: the account', { timeout: TIMEOUT_MS }, async () => {
    stack.setTopology(rotatingTopology(RATES, 0));
    expect((await stack.workspace.up()).exitCode).toBe(0);
    const account = await settle(stack);
    const wrong = wrongIn(account);
    report('rotation: the account of all that', {
      confirmed: [...account.sent.values()].reduce((sum, count) => sum + count, 0),
      'lost (0)': wrong.lost.length,
      'doubled without a mark (0)': wrong.doubled.length,
    });
    expect(wrong).toEqual(NOTHING_WRONG);
  });
});
