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
  type Shape,
  type Wrong,
} from './rotating';
import { report, seconds } from './systems/benchmark';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import type { DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const RATES = { jobs: 1_050, tasks: 50 };
const WHO = ['publisher', 'pika', 'aio', 'celery'].flatMap((user) => ['--user', user]);
const TIMEOUT_MS = 1_800_000;
const CLUSTER: Shape = { isCluster: true };
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
  const { fewest, longestGapMs } = await consumers.stop();
  const to = await doneAt(stack);
  return {
    'done per s meanwhile (1,000)': Math.round((to.count - from.count) / ((to.ms - from.ms) / 1_000)),
    'each took, s': took.join(', '),
    'fewest consumers of a queue (1)': fewest,
    ...(fewest === 0 ? { 'longest without one, s': seconds(longestGapMs) } : {}),
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
    await giveAccount(stack, 'rotation: the account of all that');
  });
});

describe.skipIf(obstacle !== undefined)(
  titled('rotation of what a cluster shows and keeps, under load'),
  () => {
    let stack: DockerStack;

    beforeAll(async () => {
      stack = await openRotatingStack(dockerEngine(), RATES, CLUSTER);
      const up = await stack.workspace.up();
      expect(up.exitCode, up.output).toBe(0);
    }, TIMEOUT_MS);
    afterAll(async () => {
      await stack.dispose();
    });

    it.each(['certificate', 'authority', 'cookie'])('rotation: %s', { timeout: TIMEOUT_MS }, async (what) => {
      const figures = await measured(stack, () =>
        times(1, async () => {
          const run = await stack.workspace.warren('rotate', `--${what}`);
          expect(run.exitCode, run.output).toBe(0);
        }),
      );
      report(`rotation: the ${what} of three nodes with TLS`, figures);
    });

    it.each(['authority', 'cookie'])('rotation: %s, killed', { timeout: TIMEOUT_MS }, async (what) => {
      let kills = 0;
      const figures = await measured(stack, () =>
        times(1, async () => {
          kills = await rotateWithKills(stack, [`--${what}`], [15_000, 40_000, 40_000]);
        }),
      );
      report(`rotation: the ${what} of three nodes with TLS, killed and gone on with`, { ...figures, kills });
    });

    it('rotation: the account of the cluster', { timeout: TIMEOUT_MS }, async () => {
      await giveAccount(stack, 'rotation: the account of the three nodes', CLUSTER);
    });
  },
);

/** Brings everything to rest, and tells what became of each message. */
async function giveAccount(stack: DockerStack, row: string, shape?: Shape): Promise<void> {
  stack.setTopology(rotatingTopology(RATES, 0, shape));
  const up = await stack.workspace.up();
  expect(up.exitCode, up.output).toBe(0);
  const account = await settle(stack);
  const wrong = wrongIn(account);
  report(row, {
    confirmed: [...account.sent.values()].reduce((sum, count) => sum + count, 0),
    'lost (0)': wrong.lost.length,
    'doubled without a mark (0)': wrong.doubled.length,
  });
  expect(wrong).toEqual(NOTHING_WRONG);
}
