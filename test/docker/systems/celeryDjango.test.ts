/** Celery + Django: rate limits, retries, failed tasks in `default`, beat; with two Celerys at once. */
import { beforeAll, describe, expect, it } from 'vitest';
import { undoAfterAll } from '../../clients/undo';
import { dockerEngine, titled } from '../scratch';
import { systemObstacle, System } from './system';

const obstacle = systemObstacle();

interface Outcome {
  readonly started?: number;
  readonly attempt?: number;
  readonly error?: string;
}

describe.skipIf(obstacle !== undefined)(titled('Celery and Django on Docker'), () => {
  const afterwards = undoAfterAll();
  let system: System;

  beforeAll(async () => {
    const options = {
      name: 'celery-django',
      client: 'celery-5.6',
      otherClients: { 'match-processing': 'celery-5.5', recovery: 'celery-5.5' },
      vhost: 'celery',
    } as const;
    system = await System.start(dockerEngine(), options);
    afterwards(() => system.dispose());
  });

  it('keeps to its rate limits, tries again, and gives what fails to the default worker', async () => {
    const match = (number: number, more = {}): readonly unknown[] => [
      'matches.tasks.process',
      { match: number, ...more },
    ];
    const tasks = [
      ...[1, 2, 3, 4].map((number) => match(number)),
      ['timelines.tasks.process', { match: 5 }],
      ['players.tasks.sync', { player: 1, fail: 1 }],
      ['recovery.tasks.recover', { match: 6, fail: 'permanent' }],
      ['maintenance.tasks.remove_old_data', {}],
    ];
    const { outcomes } = await system.load<{ outcomes: Outcome[] }>('default', 'celery_tasks', [tasks], {
      user: 'celery',
    });
    expect(outcomes.map(({ attempt, error }) => error ?? attempt)).toEqual([
      ...[1, 1, 1, 1, 1, 2],
      ...['ValueError: there is no such data', 1],
    ]);
    // 30 in a minute: one every 2 s after the first two, so 4 s; the first may begin late.
    const starts = outcomes
      .slice(0, 4)
      .map(({ started = 0 }) => started)
      .sort((a, b) => a - b);
    expect((starts[3] ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(2);
    // The topology takes a failed task from `recovery` to `default`.
    await system.said('recovery', /recovery\.tasks\.recover.* raised/);
    await system.said('default', /recovery\.tasks\.recover.* raised/);
  });

  it('has beat start what is due', async () => {
    await system.said('beat', /Sending due task remove-old-data/);
    // The first was the other test's.
    await system.said('default', /remove_old_data.* succeeded/, 2);
  });
});
