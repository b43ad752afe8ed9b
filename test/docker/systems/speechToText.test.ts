/** Speech-to-text: the most urgent first, disturbances again, what is impossible to the dead letters. */
import { beforeAll, describe, expect, it } from 'vitest';
import { undoAfterAll } from '../../clients/undo';
import { dockerEngine, titled } from '../scratch';
import { oneByOne, systemObstacle, System } from './system';

const obstacle = systemObstacle();
const FLEET = 'stt';

describe.skipIf(obstacle !== undefined)(titled('speech-to-text on Docker'), () => {
  const afterwards = undoAfterAll();
  let system: System;

  beforeAll(async () => {
    const options = { name: 'speech-to-text', client: 'amqp', vhost: 'stt', change: oneByOne } as const;
    system = await System.start(dockerEngine(), options);
    afterwards(() => system.dispose());
  });

  it('does the most urgent job first', async () => {
    // While the worker is busy with the first, the others come.
    const jobs = [
      { name: 'first', job: { seconds: 5 } },
      { name: 'low', priority: 0, job: {} },
      { name: 'usual', job: {} },
      { name: 'urgent', priority: 10, job: {} },
      { name: 'disturbed', priority: 8, job: { fail: 'transient' } },
      { name: 'usual too', job: {} },
      { name: 'impossible', priority: 9, job: { fail: 'permanent' } },
    ];
    const { confirmed } = await system.load<{ confirmed: string[] }>(FLEET, 'jobs', ['stt', jobs], {
      user: 'stt-api',
    });
    expect(confirmed).toHaveLength(jobs.length);
    const dead = await system.load(FLEET, 'take_dead', ['stt_jobs_dlq', 1], { user: 'stt-operator' });
    expect(dead).toEqual({ dead: ['impossible'], more: false });
    await system.said(FLEET, /^done /, jobs.length - 1);
    const lines = (await system.lines(FLEET)).map(({ text }) => text);
    expect(lines.filter((text) => text.startsWith('started '))).toEqual([
      ...['started first', 'started urgent', 'started impossible'],
      ...['started disturbed', 'started disturbed redelivered'],
      ...['started usual', 'started usual too', 'started low'],
    ]);
  });
});
