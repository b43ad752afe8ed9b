/** System 1 with real Celery, on rendered settings and with the permissions of the topology's user only. */
import { beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { renderCelery } from '../../topology/render/clients/celery';
import { withBroker, type BrokerVersion, type TestBroker } from '../rigs/brokers';
import { withClients, type ClientSet } from '../rigs/python';
import { AppliedTopology, exampleTopology } from './appliedTopology';
import { PythonFolder, type BackgroundProgram } from './pythonProgram';
import { undoAfterAll } from './undo';

/** Each of Celery's versions on two versions of RabbitMQ. */
const SETS: Readonly<Record<BrokerVersion, readonly ClientSet[]>> = {
  '3.10': ['celery-5.5'],
  '4.0': ['celery-5.6'],
  '4.3': ['celery-5.5', 'celery-5.6'],
};
const QUEUES = [
  'default',
  'player_sync',
  'match_processing',
  'timeline_processing',
  'recovery',
  'maintenance',
];

interface Variant {
  readonly title: string;
  readonly change: (example: Example) => Example;
  readonly steps: readonly string[];
}

interface Example {
  readonly vhosts: { readonly celery: CeleryVhost };
  readonly users: Record<string, object>;
  readonly workers: Record<string, object>;
}

interface CeleryVhost {
  readonly celery: object;
  readonly queues: Record<string, object | null>;
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

interface Inspected {
  readonly queues: readonly string[];
  readonly prefetch: number;
  readonly tasks: readonly string[];
}

interface Note {
  readonly task: string;
  readonly key: string;
  readonly redelivered: boolean;
  readonly retries: number;
  readonly player?: number;
  readonly text?: string;
  readonly deaths: readonly { queue: string; reason: string }[];
}

/** A task that fails in `recovery` runs once more: by the example's own limit only 12 s later. */
function withoutWaiting(example: Example): Example {
  const recovery = { ...example.workers.recovery, rateLimit: '100/s' };
  return { ...example, workers: { ...example.workers, recovery } };
}

/** Replicated queues and delayed delivery. The user has its role still. */
function replicated({ vhosts, users, workers }: Example): Example {
  const { celery, queues, ...vhost } = vhosts.celery;
  return {
    vhosts: {
      celery: {
        ...vhost,
        celery: { ...celery, exchange: 'tasks' },
        ...{ exchanges: { tasks: { type: 'topic' } } },
        queues: Object.fromEntries(
          Object.entries(queues).map(([name, queue]) => [name, { ...queue, replicated: true }]),
        ),
      },
    },
    users,
    workers,
  };
}

/** The same, and a user that may declare nothing but what is Celery's own. */
function replicatedByTheTopology(example: Example): Example {
  const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
  const own = `celeryev(\\.${uuid})?|(.+\\.)?celery\\.pidbox|celery_delayed_([0-9]|1[0-9]|2[0-7]|delivery)|${uuid}`;
  const used = `${own}|tasks|${QUEUES.join('|')}`;
  const permissions = { configure: `^(${own})$`, write: `^(${used}|amq\\.default)$`, read: `^(${used})$` };
  const { users, ...quorum } = replicated(example);
  return { ...quorum, users: { ...users, celery: { permissions: { celery: permissions } } } };
}

const STEPS = ['run', 'inspect', 'retry', 'fail', 'refuse'];
const VARIANTS: readonly Variant[] = [
  { title: 'on classic queues that it declares', change: (example) => example, steps: STEPS },
  {
    title: 'on quorum queues that it declares',
    change: replicated,
    steps: [...STEPS, 'delayed'],
  },
  {
    title: 'on quorum queues that it may not declare',
    change: replicatedByTheTopology,
    steps: [...STEPS, 'delayed'],
  },
];

function describeCelery(broker: TestBroker, python: string, variant: Variant): void {
  const afterwards = undoAfterAll();
  let topology: AppliedTopology;
  let folder: PythonFolder;
  let worker: BackgroundProgram;
  let outcomes: Record<string, Outcome>;
  const notes = (): Note[] => folder.notes<Note>('notes');
  const noted = (isWanted: (note: Note) => boolean): Promise<Note | undefined> =>
    waitFor(() => notes().find(isWanted), 60_000);

  const startWorker = async (): Promise<BackgroundProgram> => {
    const options = ['--pool', 'threads', '--concurrency', '2', '--hostname', 'worker@test'];
    const started = folder.start([
      ...['-m', 'celery', '-A', 'celery_app', 'worker', '--loglevel', 'INFO', '-Q', QUEUES.join(',')],
      ...[...options, '--without-mingle'],
    ]);
    afterwards(() => started.stop('SIGKILL'));
    await started.says(' ready.');
    return started;
  };

  beforeAll(async () => {
    const example = exampleTopology('celery-django') as unknown as Example;
    topology = await AppliedTopology.apply(broker, {
      ...example,
      ...withoutWaiting(variant.change(example)),
    });
    afterwards(() => topology.remove());
    folder = new PythonFolder(python, {
      CELERY_BROKER_URL: topology.url('celery', 'celery'),
      NOTES: 'notes',
    });
    afterwards(() => {
      folder.remove();
    });
    folder.write('celery_settings', topology.render(renderCelery, { vhost: 'celery', user: 'celery' }));
    worker = await startWorker();
    outcomes = await folder.json(['-m', 'celery_driver', 'worker@test', ...variant.steps]);
  });

  it('starts, and is refused nothing', () => {
    const refusals = /ACCESS_REFUSED|PRECONDITION_FAILED|NOT_IMPLEMENTED|INTERNAL_ERROR|NOT_FOUND|Failed to/;
    expect(
      worker
        .output()
        .split('\n')
        .filter((line) => refusals.test(line)),
    ).toEqual([]);
  });

  it('runs a task from the queue that its name is routed to, and returns its result', async () => {
    expect(outcomes.run).toEqual({ value: 7 });
    expect(await noted(({ player }) => player === 7)).toMatchObject({ key: 'player_sync' });
  });

  it('has the limits of the topology in the running worker', () => {
    const { queues, prefetch, tasks } = outcomes.inspect?.value as Inspected;
    expect([...queues].sort()).toEqual([...QUEUES].sort());
    // One for each of its two threads.
    expect(prefetch).toBe(2);
    const described = tasks.find((task) => task.startsWith('players.tasks.sync '));
    expect(described).toContain('rate_limit=10/m');
    expect(described).toContain('acks_late=True');
    expect(described).toContain('acks_on_failure_or_timeout=False');
  });

  it('retries with a countdown', () => {
    expect(outcomes.retry).toEqual({ value: 2 });
    const runs = notes().filter(({ task }) => task === 'matches.tasks.process');
    expect(runs.map(({ retries }) => retries)).toEqual([0, 1, 2]);
    // Through delayed delivery the key is a longer one, with the queue's at its end.
    for (const { key } of runs) expect(key).toMatch(/(^|\.)match_processing$/);
  });

  it('dead-letters a task that fails', async () => {
    expect(outcomes.fail?.error).toBeUndefined();
    const again = await noted(({ task, deaths }) => task === 'recovery.tasks.run' && deaths.length > 0);
    expect(again?.deaths).toEqual([{ queue: 'recovery', reason: 'rejected' }]);
  });

  it('declares no queue that the topology does not know', async () => {
    expect(outcomes.refuse?.error).toContain('not_in_the_topology');
    const declared = (await topology.get<{ name: string }[]>('celery', 'queues')).map(({ name }) => name);
    const own = /(^|\.)celery\.pidbox$|^celeryev\.|^celery_delayed_|^[0-9a-f]{8}-/;
    expect(declared.filter((name) => !own.test(name)).sort()).toEqual([...QUEUES].sort());
  });

  it('holds up no other task while some wait', () => {
    if (!variant.steps.includes('delayed')) return;
    const waiting = ['waits', 'waits', 'waits'];
    expect(outcomes.delayed).toEqual({ value: waiting });
    expect(notes().flatMap(({ text }) => text ?? [])).toEqual(['at once', ...waiting]);
  });

  it('gives the task of a worker that died to the next one', async () => {
    const isSlow = ({ task }: Note): boolean => task === 'maintenance.tasks.slow';
    await folder.json(['-m', 'celery_driver', 'worker@test', 'slow']);
    expect(await noted(isSlow)).toMatchObject({ redelivered: false });
    await worker.stop('SIGKILL');
    worker = await startWorker();
    expect(await noted((note) => isSlow(note) && note.redelivered)).toBeDefined();
  });
}

withBroker('Celery', (broker) => {
  for (const set of SETS[broker.version]) {
    withClients(set, (python) => {
      describe.each(VARIANTS)('$title', (variant) => {
        describeCelery(broker, python, variant);
      });
    });
  }
});
