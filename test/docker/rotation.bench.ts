/** `npm run bench -- docker`: three rotations in a row under a thousand messages a second. */
import { afterAll, describe, expect, it } from 'vitest';
import { callManagement } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import { openRotatingStack, rotatingTopology, settle, VHOST, watchConsumers, wrongIn } from './rotating';
import { report, seconds } from './systems/benchmark';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import type { DockerStack } from './stack';

const obstacle = dockerObstacle() ?? missingEngine();
const RATES = { jobs: 1_050, tasks: 50 };
const WHO = ['publisher', 'pika', 'aio', 'celery'].flatMap((user) => ['--user', user]);
const TIMEOUT_MS = 1_800_000;

describe.skipIf(obstacle !== undefined)(titled('rotation under load'), () => {
  let stack: DockerStack | undefined;
  afterAll(async () => {
    await stack?.dispose();
  });

  it('rotation: three times in a row', { timeout: TIMEOUT_MS }, async () => {
    const started = (stack = await openRotatingStack(dockerEngine(), RATES));
    const up = await started.workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    const doneAt = async (): Promise<{ count: number; ms: number }> => {
      const login = await started.admin();
      const { messages = 0 } = await callManagement<{ messages?: number }>(
        login,
        'GET',
        `queues/${VHOST}/done`,
      );
      return { count: messages, ms: performance.now() };
    };
    const from = await doneAt();
    const [took, fewest]: [number[], number[]] = [[], []];
    for (let round = 0; round < 3; round++) {
      const consumers = watchConsumers(started);
      const before = performance.now();
      const run = await started.workspace.warren('rotate', ...WHO);
      expect(run.exitCode, run.output).toBe(0);
      took.push(seconds(performance.now() - before));
      fewest.push(await consumers.stop());
    }
    const to = await doneAt();
    started.setTopology(rotatingTopology(RATES, 0));
    expect((await started.workspace.up()).exitCode).toBe(0);
    const account = await settle(started);
    const wrong = wrongIn(account);
    report('rotation: three in a row, Celery, pika and aio-pika, two workers each', {
      'done per s meanwhile (1,000)': Math.round((to.count - from.count) / ((to.ms - from.ms) / 1_000)),
      'confirmed altogether': [...account.sent.values()].reduce((sum, count) => sum + count, 0),
      'each took, s': took.join(', '),
      'fewest consumers of a queue (1)': Math.min(...fewest),
      'lost (0)': wrong.lost.length,
      'doubled without a mark (0)': wrong.doubled.length,
    });
    expect(wrong).toEqual({ lost: [], doubled: [] });
  });
});
