/** `npm run bench -- docker`: a minute of work for the systems whose workers have few and long tasks. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../dockerApi/transport';
import { dockerEngine, titled } from '../scratch';
import { tell } from '../containers';
import { report, seconds } from './benchmark';
import { oneByOne, systemObstacle, System, type Line, type SystemOptions } from './system';

const obstacle = systemObstacle();
const TIMEOUT_MS = 1_800_000;
const PRIORITIES = [0, 5, 8, 10];
const SPEECH = { jobs: 100, seconds: 0.5, firstSeconds: 5 };
const MEDIA = { jobs: 20, seconds: 10 };
/** The players are limited, too: ten attempts in a minute. */
const GAMES = { matches: 30, players: 5 };

interface Job {
  readonly name: string;
  readonly priority?: number;
  readonly job: object;
}

interface Outcome {
  readonly started?: number;
  readonly attempt?: number;
  readonly error?: string;
}

describe.skipIf(obstacle !== undefined)(titled('systems with long tasks'), () => {
  const engine = dockerEngine();
  let system: System | undefined;

  afterEach(async () => {
    await system?.dispose();
    system = undefined;
  });

  async function start(options: SystemOptions): Promise<System> {
    system = await System.start(engine, options);
    return system;
  }

  it('speech-to-text: priorities', { timeout: TIMEOUT_MS }, () => speechToText(start));
  it('ffmpeg: one of four workers is killed', { timeout: TIMEOUT_MS }, () => media(start, engine));
  it('celery: rate limits and retries', { timeout: TIMEOUT_MS }, () => celery(start));
});

type Start = (options: SystemOptions) => Promise<System>;

async function speechToText(start: Start): Promise<void> {
  const started = await start({ name: 'speech-to-text', client: 'amqp', vhost: 'stt', change: oneByOne });
  const jobs: Job[] = [{ name: 'first', priority: 10, job: { seconds: SPEECH.firstSeconds } }];
  for (let number = 0; number < SPEECH.jobs; number++) {
    const priority = PRIORITIES[number % PRIORITIES.length] ?? 0;
    jobs.push({ name: `${number}-p${priority}`, priority, job: { seconds: SPEECH.seconds } });
  }
  const { confirmed } = await started.load<{ confirmed: string[] }>('stt', 'jobs', ['stt', jobs], {
    user: 'stt-api',
  });
  const sent = performance.now();
  await started.said('stt', /^done /, jobs.length);
  const names = namesIn(await started.lines('stt'), 'started').slice(1);
  const wanted = confirmed.slice(1).sort((a, b) => priorityOf(b) - priorityOf(a));
  report('speech-to-text: 100 jobs, 4 priorities, 1 worker', {
    'until all are done, s': seconds(performance.now() - sent),
    'out of order (0)': names.filter((name, index) => name !== wanted[index]).length,
    'lost (0)': confirmed.length - 1 - new Set(names).size,
    'doubled (0)': names.length - new Set(names).size,
  });
  expect([...names].sort()).toEqual([...wanted].sort());
}

async function media(start: Start, engine: Engine): Promise<void> {
  const started = await start({ name: 'ffmpeg-jobs', client: 'amqp', vhost: 'ffmpeg', isTlsOnly: true });
  const jobs = Array.from({ length: MEDIA.jobs }, (_, number): Job => ({
    name: `film-${number}`,
    job: { seconds: MEDIA.seconds },
  }));
  const { confirmed } = await started.load<{ confirmed: string[] }>('ffmpeg', 'jobs', ['ffmpeg_jobs', jobs], {
    user: 'ffmpeg-api',
  });
  const [first] = await started.said('ffmpeg', /^started film/, 4);
  const [name = ''] = namesIn(first === undefined ? [] : [first], 'started');
  await tell(engine, first?.worker ?? '', 'kill');
  const killed = performance.now();
  await started.said('ffmpeg', new RegExp(`^started ${name} redelivered`));
  const again = performance.now();
  await started.said('ffmpeg', /^done film/, MEDIA.jobs);
  const lines = await started.lines('ffmpeg');
  const done = namesIn(lines, 'done');
  const unmarked = namesIn(
    lines.filter(({ text }) => !text.endsWith(' redelivered')),
    'started',
  );
  report('ffmpeg: 20 jobs of 10 s, 4 workers, one killed', {
    'until another has its job, s': seconds(again - killed),
    'until all are done, s': seconds(performance.now() - killed),
    'lost (0)': confirmed.filter((one) => !done.includes(one)).length,
    'doubled, not marked (0)': unmarked.length - new Set(unmarked).size,
  });
  expect([...done].sort()).toEqual([...confirmed].sort());
}

async function celery(start: Start): Promise<void> {
  const started = await start({
    name: 'celery-django',
    client: 'celery-5.6',
    otherClients: { 'match-processing': 'celery-5.5', recovery: 'celery-5.5' },
    vhost: 'celery',
  });
  const numbered = (count: number, task: (number: number) => unknown): unknown[] =>
    Array.from({ length: count }, (_, number) => task(number));
  const tasks = [
    ...numbered(GAMES.matches, (match) => ['matches.tasks.process', { match }]),
    ...numbered(GAMES.players, (player) => ['players.tasks.sync', { player, fail: 1 }]),
  ];
  const { outcomes } = await started.load<{ outcomes: Outcome[] }>('default', 'celery_tasks', [tasks], {
    user: 'celery',
  });
  const [matches, players] = [outcomes.slice(0, GAMES.matches), outcomes.slice(GAMES.matches)];
  const starts = matches.map(({ started: at = 0 }) => at).sort((a, b) => a - b);
  const spanSeconds = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
  report('celery-django: 30 tasks with 30/m, 5 that fail once', {
    'limited, per minute (30)': Math.round(((GAMES.matches - 1) / spanSeconds) * 600) / 10,
    'done in the second attempt (5)': players.filter(({ attempt }) => attempt === 2).length,
    'lost (0)': outcomes.filter(({ error }) => error !== undefined).length,
  });
  expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
}

/** In the order of the log. */
function namesIn(lines: readonly Line[], word: 'started' | 'done'): readonly string[] {
  return lines.flatMap(({ text }) => {
    const [said, name] = text.split(' ');
    return said === word && name !== undefined ? [name] : [];
  });
}

function priorityOf(name: string): number {
  return Number(name.split('-p')[1]);
}
