/** Systems 2 to 5 with real pika and aio-pika, on rendered modules and with the permissions of one user each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { renderAioPika, renderPika } from '../../topology/render/clients/python';
import { withBroker, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { withClients } from '../rigs/python';
import { AppliedTopology, exampleTopology } from './appliedTopology';
import { PythonFolder, type BackgroundProgram } from './pythonProgram';
import { undoAfterAll } from './undo';

const WAIT_MS = 60_000;

interface System {
  readonly topology: AppliedTopology;
  /** A program's folder for a user of the topology. */
  readonly as: (user: string) => PythonFolder;
}

function systemOf(
  broker: TestBroker,
  python: string,
  options: {
    readonly example: string;
    readonly vhost: string;
    readonly renderer: typeof renderPika;
    readonly change?: (data: Record<string, unknown>) => Record<string, unknown>;
  },
): () => System {
  const afterwards = undoAfterAll();
  const folders = new Map<string, PythonFolder>();
  let topology: AppliedTopology;
  beforeAll(async () => {
    const data = exampleTopology(options.example);
    topology = await AppliedTopology.apply(broker, options.change?.(data) ?? data);
    afterwards(() => topology.remove());
  });
  const as = (user: string): PythonFolder => {
    const url = topology.url(user, options.vhost);
    const folder = folders.get(user) ?? new PythonFolder(python, { AMQP_URL: url, NOTES: 'notes' });
    afterwards(() => {
      folder.remove();
    });
    folder.write('topology', topology.render(options.renderer, { vhost: options.vhost, user }));
    folders.set(user, folder);
    return folder;
  };
  return () => ({ topology, as });
}

async function startWorker(folder: PythonFolder, args: readonly string[]): Promise<BackgroundProgram> {
  const worker = folder.start(args);
  await worker.says('consuming');
  return worker;
}

/** The notes of a program, as soon as they are what is waited for. */
async function notesOf<T>(folder: PythonFolder, isDone: (notes: readonly T[]) => boolean): Promise<T[]> {
  const done = await waitFor(() => {
    const notes = folder.notes<T>('notes');
    return isDone(notes) ? notes : undefined;
  }, WAIT_MS);
  return done ?? folder.notes<T>('notes');
}

withBroker('AMQP clients', (broker) => {
  withClients('amqp', (python) => {
    describe('notifications (pika)', () => {
      describeNotifications(broker, python);
    });
    describe('media jobs (aio-pika)', () => {
      describeMediaJobs(broker, python);
    });
    describe('long polling (pika)', () => {
      describeLongPolling(broker, python);
    });
    describe('speech to text (aio-pika)', () => {
      describeSpeech(broker, python);
    });
  });
});

function describeNotifications(broker: TestBroker, python: string): void {
  const system = systemOf(broker, python, {
    example: 'notifications',
    vhost: 'notifications',
    renderer: renderPika,
    // The same ladder, only quicker.
    change: (data) => JSON.parse(JSON.stringify(data).replaceAll('"5s"', '"20ms"')) as typeof data,
  });
  let worker: BackgroundProgram | undefined;
  afterAll(() => worker?.stop());

  it('reach their worker, and come back after a rejection until they are dead', async () => {
    const { as } = system();
    const folder = as('notifications-worker');
    worker = await startWorker(folder, ['-m', 'notifications', 'work', 'message']);
    const keys = ['notification.message.new', 'notification.message.retry'];
    expect(await as('notifications-api').json(['-m', 'notifications', 'publish', ...keys])).toBe(2);
    const dead = await as('notifications-operator').json<{ id: string }>([
      ...['-m', 'notifications', 'take', 'notifications.dead'],
    ]);
    expect(dead).toEqual({ id: 'notification.message.retry', body: 'notification.message.retry' });
    const notes = folder.notes<{ id: string; deaths: string[] }>('notes');
    expect(notes.filter(({ id }) => id === 'notification.message.new')).toHaveLength(1);
    const attempts = notes.filter(({ id }) => id === 'notification.message.retry');
    expect(attempts).toHaveLength(4);
    expect(attempts.at(-1)?.deaths).toContain('rejected');
  });

  it('are consumed with the prefetch of the topology', async () => {
    const { topology } = system();
    const vhost = encodeURIComponent(topology.nameOf('notifications'));
    const ask = async (): Promise<{ prefetch_count: number }[] | undefined> => {
      const found = await callManagement<{ prefetch_count: number }[]>(broker, 'GET', `consumers/${vhost}`);
      return found.length > 0 ? found : undefined;
    };
    expect((await waitFor(ask, WAIT_MS))?.map((consumer) => consumer.prefetch_count)).toEqual([1]);
  });

  it('can not be sent where no queue takes them', async () => {
    const publish = system()
      .as('notifications-api')
      .json(['-m', 'notifications', 'publish', 'notification.unknown']);
    await expect(publish).rejects.toThrow(/UnroutableError/);
  });
}

function describeMediaJobs(broker: TestBroker, python: string): void {
  const system = systemOf(broker, python, {
    example: 'ffmpeg-jobs',
    vhost: 'ffmpeg',
    renderer: renderAioPika,
  });
  const publish = (...jobs: string[]): Promise<unknown> =>
    system()
      .as('ffmpeg-api')
      .json(['-m', 'jobs', 'publish', 'ffmpeg_jobs', 'ffmpeg_job', ...jobs]);

  it('are finished by another worker when theirs dies, and go to the dead letters when rejected', async () => {
    const folder = system().as('ffmpeg-worker');
    // It waits for a second job, which its prefetch of 1 keeps from it.
    const first = await startWorker(folder, ['-m', 'jobs', 'work', 'ffmpeg', '2']);
    await publish('film', 'impossible');
    await notesOf<{ got?: string }>(folder, (notes) => notes.some(({ got }) => got === 'film'));
    await first.stop('SIGKILL');
    const second = await startWorker(folder, ['-m', 'jobs', 'work', 'ffmpeg', '1']);
    expect(await system().as('ffmpeg-operator').json(['-m', 'jobs', 'take', 'ffmpeg_job_dlq'])).toBe(
      'impossible',
    );
    await second.stop();
    expect(folder.notes('notes')).toEqual([
      { got: 'film', redelivered: false },
      { got: 'film', redelivered: true },
      { done: 'film' },
      { got: 'impossible', redelivered: false },
    ]);
  });
}

function describeLongPolling(broker: TestBroker, python: string): void {
  const system = systemOf(broker, python, {
    example: 'erp-long-polling',
    vhost: 'erp',
    renderer: renderPika,
  });

  it('declares its queues as often as it likes, and reads what was written', async () => {
    const erp = system().as('erp');
    expect(await erp.json(['-m', 'long_polling', 'write', '17', 'a', 'b'])).toEqual({
      value: ['event_queue:user:17', 'online_status:user:17'],
    });
    expect(await erp.json(['-m', 'long_polling', 'read', '17'])).toEqual({ value: ['a', 'b'] });
    const queues = await system().topology.get<{ name: string; type: string; durable: boolean }[]>(
      'erp',
      'queues',
    );
    const described = queues.map(({ name, type, durable }) => ({ name, type, durable }));
    expect(described).toContainEqual({ name: 'online_status:user:17', type: 'classic', durable: false });
    expect(described).toContainEqual({
      name: 'event_queue:user:17',
      type: broker.version === '3.10' ? 'classic' : 'quorum',
      durable: true,
    });
  });

  it('is refused any other name', async () => {
    expect(await system().as('erp').json(['-m', 'long_polling', 'trespass'])).toEqual({ refused: 403 });
  });
}

function describeSpeech(broker: TestBroker, python: string): void {
  const system = systemOf(broker, python, {
    example: 'speech-to-text',
    vhost: 'stt',
    renderer: renderAioPika,
  });

  it('comes by priority, again after a disturbance, and dead when it is impossible', async () => {
    const { as } = system();
    const jobs = ['low:0', 'usual', 'urgent:10', 'disturbed:8', 'impossible:9'];
    await as('stt-api').json(['-m', 'jobs', 'publish', 'stt_jobs', 'stt_job', ...jobs]);
    const folder = as('stt-worker');
    // As many at a time as its prefetch allows.
    const worker = await startWorker(folder, ['-m', 'jobs', 'work', 'stt', '1']);
    expect(await as('stt-operator').json(['-m', 'jobs', 'take', 'stt_jobs_dlq'])).toBe('impossible');
    type Note = { got: string; redelivered: boolean } | { done: string };
    const notes = await notesOf<Note>(folder, (found) => found.filter((note) => 'done' in note).length === 4);
    await worker.stop();
    expect(notes.flatMap((note) => ('got' in note && !note.redelivered ? note.got : []))).toEqual([
      ...['urgent', 'impossible', 'disturbed', 'usual', 'low'],
    ]);
    expect(notes).toContainEqual({ got: 'disturbed', redelivered: true });
  });
}
