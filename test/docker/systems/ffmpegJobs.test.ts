/** Media jobs: long ones on four workers, one of which is killed, and one stopped, in the middle of its job. */
import { beforeAll, describe, expect, it } from 'vitest';
import { undoAfterAll } from '../../clients/undo';
import { dockerEngine, titled } from '../scratch';
import { tell } from '../containers';
import { systemObstacle, System } from './system';

const obstacle = systemObstacle();
const FLEET = 'ffmpeg';
/** So long that all four workers are in the middle of one when things happen. */
const JOB_SECONDS = 8;

describe.skipIf(obstacle !== undefined)(titled('media jobs on Docker'), () => {
  const engine = dockerEngine();
  const afterwards = undoAfterAll();
  let system: System;

  beforeAll(async () => {
    system = await System.start(engine, {
      name: 'ffmpeg-jobs',
      client: 'amqp',
      vhost: 'ffmpeg',
      isTlsOnly: true,
    });
    afterwards(() => system.dispose());
  });

  it('are each done once, or marked as redelivered; what can not be done is dead', async () => {
    const jobs = Array.from({ length: 8 }, (_, number) => ({
      name: `film-${number}`,
      job: { seconds: JOB_SECONDS },
    }));
    jobs.push({ name: 'broken', job: { seconds: 0, fail: 'permanent' } as never });
    const { confirmed } = await system.load<{ confirmed: string[] }>(FLEET, 'jobs', ['ffmpeg_jobs', jobs], {
      user: 'ffmpeg-api',
    });
    expect(confirmed).toEqual(jobs.map(({ name }) => name));
    const begun = await system.said(FLEET, /^started film/, 4);
    // Who is at a second job by now is named twice.
    const [killed = '', stopped = ''] = new Set(begun.map(({ worker }) => worker));
    await tell(engine, killed, 'kill');
    // It has as long as the topology says, and needs no longer than its job.
    await tell(engine, stopped, 'stop', { t: 60 });
    const dead = await system.load<{ dead: string[]; more: boolean }>(
      FLEET,
      'take_dead',
      ['ffmpeg_job_dlq', 1],
      {
        user: 'ffmpeg-operator',
      },
    );
    expect(dead).toEqual({ dead: ['broken'], more: false });
    await system.said(FLEET, /^done film/, 8);
    const lines = await system.lines(FLEET);
    const done = lines.filter(({ text }) => text.startsWith('done '));
    expect(done.map(({ text }) => text.split(' ')[1]).sort()).toEqual(confirmed.slice(0, 8).sort());
    // Begun once, or again and marked.
    for (const name of confirmed) {
      const starts = lines.filter(({ text }) => text.startsWith(`started ${name}`)).map(({ text }) => text);
      expect(starts.filter((text) => !text.endsWith(' redelivered'))).toHaveLength(1);
    }
    const [lost = ''] = lines
      .filter(({ worker, text }) => worker === killed && text.startsWith('started '))
      .map(({ text }) => text);
    const finished = done.find(({ text }) => text === `${lost.replace('started', 'done')} redelivered`);
    expect(finished?.worker).not.toBe(killed);
    // The one that was stopped had finished its job.
    const last = lines
      .filter(({ worker, text }) => worker === stopped && text !== '')
      .map(({ text }) => text);
    expect(last.slice(-3)).toEqual([
      'stopping: no more jobs, 1 in work',
      expect.stringMatching(/^done film/),
      'stopped',
    ]);
  });
});
