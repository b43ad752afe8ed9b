/**
 * Applications that nobody changed: they go on declaring what they always did, on a topology that keeps their arguments
 * (`declaredWith`), and are refused where the topology has another opinion.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { withBroker, type TestBroker } from '../rigs/brokers';
import { withClients } from '../rigs/python';
import { AppliedTopology, exampleTopology } from './appliedTopology';
import { PythonFolder } from './pythonProgram';

type Data = Record<string, unknown>;
type Settings = Record<string, unknown>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const toQueue = (queue: string): Settings => ({
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
});
const limited = (ttlMs: number, length: number, deadLetter: Settings = {}): Settings => ({
  declaredWith: { 'x-message-ttl': ttlMs, 'x-max-length': length, ...deadLetter },
});
const toDefault = toQueue('default');

/** What the application itself declares; it needs the permission for it. */
interface Original {
  readonly example: string;
  readonly vhost: string;
  readonly program: string;
  readonly user: string;
  readonly queues: Readonly<Record<string, Settings>>;
  readonly families?: Readonly<Record<string, Settings>>;
}

const EVERYTHING = '.*';
const EVENTS = { 'x-message-ttl': 30 * MINUTE, 'x-max-length': 100, 'x-overflow': 'drop-head' };

const ORIGINALS: readonly Original[] = [
  {
    example: 'celery-django',
    vhost: 'celery',
    program: 'celery_django',
    user: 'celery',
    queues: {
      default: { declaredWith: {} },
      player_sync: limited(2 * HOUR, 1_000, toDefault),
      match_processing: limited(30 * MINUTE, 5_000, toDefault),
      timeline_processing: limited(30 * MINUTE, 5_000, toDefault),
      recovery: limited(4 * HOUR, 100, toDefault),
      maintenance: { declaredWith: toDefault },
    },
  },
  {
    example: 'ffmpeg-jobs',
    vhost: 'ffmpeg',
    program: 'ffmpeg_jobs',
    user: 'ffmpeg-worker',
    queues: {
      ffmpeg_job_queue: limited(HOUR, 10_000, toQueue('ffmpeg_job_dlq')),
      ffmpeg_job_dlq: { declaredWith: {} },
    },
  },
  {
    example: 'erp-long-polling',
    vhost: 'erp',
    program: 'erp_long_polling',
    user: 'erp',
    queues: {},
    families: {
      'event_queue:user:{id}': { declaredWith: EVENTS, replicated: true },
      'event_queue:college:{id}': { declaredWith: EVENTS, replicated: true },
      'online_status:user:{id}': {
        durable: false,
        declaredWith: { 'x-expires': 5 * MINUTE, 'x-max-length': 1 },
      },
    },
  },
  {
    example: 'speech-to-text',
    vhost: 'stt',
    program: 'speech_to_text',
    user: 'stt-worker',
    // Limits that the application doesn't declare stay policies.
    queues: { stt_jobs_queue: { declaredWith: { 'x-max-priority': 10 }, ttl: '1h' } },
  },
  {
    example: 'notifications',
    vhost: 'notifications',
    program: 'notifications',
    user: 'notifications-worker',
    queues: Object.fromEntries(
      ['message', 'email', 'push'].map((kind) => [
        `${kind}_notifications`,
        { declaredWith: {}, maxLength: 100_000 },
      ]),
    ),
  },
];

/** The example with the application's arguments: its bindings stay, its settings go. */
function withOriginals(original: Original): Data {
  const { vhost, user, queues, families } = original;
  const data = exampleTopology(original.example) as {
    vhosts: Record<string, { queues?: Record<string, Settings | null>; families?: Data }>;
    users: Data;
  };
  const { [vhost]: example = {} } = data.vhosts;
  const kept = Object.entries(example.queues ?? {}).map(([name, queue]) => {
    const own = queues[name];
    return [name, own === undefined ? queue : { ...own, bindings: queue?.bindings ?? [] }];
  });
  return {
    ...data,
    vhosts: {
      [vhost]: {
        ...example,
        queues: Object.fromEntries(kept) as Data,
        families: families ?? example.families,
      },
    },
    users: { ...data.users, [user]: allMighty(vhost) },
  };
}

function allMighty(vhost: string): Settings {
  return {
    permissions: { [vhost]: { configure: EVERYTHING, write: EVERYTHING, read: EVERYTHING } },
  };
}

withBroker('Unchanged applications', (broker) => {
  describe.each(ORIGINALS)('$example', (original) => {
    withClients(original.program === 'celery_django' ? 'celery-5.6' : 'amqp', (python) => {
      describeOriginal(broker, python, original);
    });
  });
});

function describeOriginal(broker: TestBroker, python: string, original: Original): void {
  const { vhost, user, program } = original;
  const left: (() => unknown)[] = [];
  afterEach(async () => {
    for (const remove of left.splice(0)) await remove();
  });
  const declare = async (data: Data): Promise<{ refused: string | null }> => {
    const topology = await AppliedTopology.apply(broker, data);
    const folder = new PythonFolder(python, { AMQP_URL: topology.url(user, vhost) });
    left.push(
      () => topology.remove(),
      () => {
        folder.remove();
      },
    );
    return folder.json(['-m', 'originals', program]);
  };

  it('declares what it always did', async () => {
    expect(await declare(withOriginals(original))).toEqual({ refused: null });
  });

  it('would be refused without `declaredWith`, if it brings arguments of its own', async () => {
    const data = exampleTopology(original.example);
    const users = { ...(data.users as Data), [user]: allMighty(vhost) };
    const { refused } = await declare({ ...data, users });
    // Queues of families are the application's own, and so are priorities that the example has as well.
    const isAgreed = original.families !== undefined || program === 'speech_to_text';
    if (isAgreed) expect(refused).toBeNull();
    else expect(refused).toMatch(/PRECONDITION_FAILED|406/);
  });
}
