/** Rounds of the scaler against a Docker Engine and a broker that are slow, ill, or not there. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fleet } from '../../scaler/config';
import { openScaler, type Scaler } from '../../scaler/scaler';
import { watch } from '../../scaler/watch';
import { waitFor } from '../../tools/processes';
import { FakeBroker, FakeDocker } from './fakes';
import { actionsOf, fleetOf } from './world';

let docker: FakeDocker;
let broker: FakeBroker;
let folder: string;
let lines: string[];
let scaler: Scaler;

beforeEach(async () => {
  [docker, broker, lines] = [new FakeDocker(), new FakeBroker(), []];
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-scaler-'));
  for (const name of ['username', 'password']) fs.writeFileSync(path.join(folder, name), name);
  await docker.open(['jobs-1', 'jobs-2', 'other-1']);
  await broker.open();
});

afterEach(async () => {
  vi.useRealTimers();
  await scaler.close();
  await docker.close();
  await broker.close();
  fs.rmSync(folder, { recursive: true });
});

const other = fleetOf(1, { name: 'other', queues: ['other:{id}'], containers: ['other-1'], cooldownMs: 0 });

function open(changes: Partial<Fleet> = {}): Scaler {
  const say = (line: string): void => void lines.push(line);
  const files = { usernameFile: path.join(folder, 'username'), passwordFile: path.join(folder, 'password') };
  scaler = openScaler(
    {
      broker: { endpoint: broker.endpoint, ...files },
      docker: { host: docker.host },
      intervalMs: 100,
      fleets: [fleetOf(2, { cooldownMs: 0, ...changes }), other],
    },
    { onChange: say, onProblem: say },
  );
  return scaler;
}

/** One round, and the end of what it began. */
async function roundToItsEnd(): Promise<void> {
  await scaler.round();
  await scaler.settled();
}

describe('a round', () => {
  it('adds up the queues of a family, and takes those that aren’t there for empty', async () => {
    broker.queues = [
      { name: 'other:1', messages: 3, messages_ready: 2, messages_unacknowledged: 1 },
      { name: 'other:2', messages: 2, messages_ready: 2, messages_unacknowledged: 0 },
      { name: 'others', messages: 100, messages_ready: 100, messages_unacknowledged: 0 },
    ];
    const { fleets } = await open().round();
    expect(fleets.map(({ load }) => load)).toEqual([
      { ready: 0, unacknowledged: 0 },
      { ready: 4, unacknowledged: 1 },
    ]);
    expect(fleets.map(({ wanted }) => wanted)).toEqual([0, 1]);
  });

  it('counts no message that waits for its delayed retry: nobody could work on it', async () => {
    broker.queues = [{ name: 'jobs', messages: 30, messages_ready: 0, messages_unacknowledged: 0 }];
    expect((await open().round()).fleets[0]).toMatchObject({ wanted: 0 });
  });

  it('does not wait for a stop, and goes on with what else there is to do', async () => {
    broker.queues = [{ name: 'jobs', messages: 15, messages_ready: 15, messages_unacknowledged: 0 }];
    await open().round();
    await scaler.settled();
    expect(docker.running).toEqual(['jobs-1', 'jobs-2']);
    docker.slow.add('jobs-2');
    broker.queues = [
      { name: 'jobs', messages: 1, messages_ready: 1, messages_unacknowledged: 0 },
      { name: 'other:1', messages: 1, messages_ready: 1, messages_unacknowledged: 0 },
    ];
    await scaler.round();
    await waitFor(() => (docker.running.includes('other-1') ? true : undefined), 10_000);
    expect(docker.requests).toContain('stop jobs-2 t=30');
    expect(docker.running).toEqual(['jobs-1', 'jobs-2', 'other-1']);
    // It is neither running nor free.
    broker.queues = [{ name: 'jobs', messages: 20, messages_ready: 20, messages_unacknowledged: 0 }];
    const { fleets } = await scaler.round();
    expect(fleets[0]).toMatchObject({ running: 1, wanted: 2, actions: [] });
    docker.releaseStops();
    await scaler.settled();
    const [again] = (await scaler.round()).fleets;
    expect(again === undefined ? [] : actionsOf(again)).toEqual(['start jobs-2']);
    expect(lines).toContainEqual(expect.stringMatching(/^jobs: stopped jobs-2 after \d+ s$/));
  });

  it.each([
    ['does not answer', () => broker.close(), /^What is in the queues is not known, .*not reachable/],
    ['answers 401', () => void (broker.status = 401), /does not accept user "username"/],
  ])('changes nothing while the broker %s, and tells that once', async (_, breakIt, message) => {
    broker.queues = [{ name: 'jobs', messages: 15, messages_ready: 15, messages_unacknowledged: 0 }];
    open();
    await roundToItsEnd();
    const before = [...docker.requests];
    lines.length = 0;
    await breakIt();
    await roundToItsEnd();
    await roundToItsEnd();
    expect(docker.requests).toEqual(before);
    expect(lines).toEqual([expect.stringMatching(message)]);
  });

  it('tells when the broker is there again, and logs in as whom the files name then', async () => {
    broker.status = 401;
    open();
    await roundToItsEnd();
    broker.status = undefined;
    fs.writeFileSync(path.join(folder, 'password'), 'another');
    await roundToItsEnd();
    expect(lines.slice(1)).toEqual(['What is in the queues is known again.']);
  });

  it('leaves a fleet alone of one of whose queues the broker has no figures', async () => {
    broker.queues = [
      { name: 'jobs' },
      { name: 'other:1', messages: 1, messages_ready: 1, messages_unacknowledged: 0 },
    ];
    open({ min: 1 });
    docker.run('jobs-1');
    docker.run('jobs-2');
    await roundToItsEnd();
    expect(docker.requests).toEqual(['start other-1']);
    expect(lines[0]).toMatch(
      /^jobs: what is in its queues is not known, .* queue "jobs" in vhost "media" now\.$/,
    );
  });

  it('judges nobody by consumers where the broker collects no statistics', async () => {
    broker.consumers = undefined;
    docker.run('jobs-1');
    const { fleets } = await open({ startupMs: 0, min: 1 }).round();
    expect(fleets[0]).toMatchObject({ actions: [], running: 1 });
    expect(lines).toEqual(['Who consumes is not known: the broker collects no statistics.']);
  });

  /** Both run, and jobs-2 has been silent for so long that its restart has begun. */
  async function restartSilent(): Promise<void> {
    vi.useFakeTimers({ toFake: ['Date'] });
    broker.consumers = { jobs: ['10.0.0.1'], elsewhere: ['10.0.0.2'] };
    docker.run('jobs-1');
    docker.run('jobs-2');
    open({ startupMs: 0, min: 2 });
    await roundToItsEnd();
    // As long as its last task may take.
    vi.setSystemTime(Date.now() + 30_000);
    await scaler.round();
  }

  it('restarts who does not consume, with its grace', async () => {
    await restartSilent();
    await scaler.settled();
    expect(docker.requests).toEqual(['stop jobs-2 t=30', 'start jobs-2']);
    expect(lines).toEqual([
      expect.stringMatching(
        /^jobs: jobs-2 runs, and has consumed from none of its queues \('jobs'\) for \d+ s$/,
      ),
      'jobs: restarting jobs-2: it does not consume',
      expect.stringMatching(/^jobs: restarted jobs-2 after \d+ s$/),
    ]);
  });

  it.each([
    ['removed', () => void docker.containers.delete('jobs-2'), 0],
    ['made anew', () => void Object.assign(docker.containers.get('jobs-2') ?? {}, { id: 'another' }), 0],
    ['about to be removed', () => void docker.leaving.add('jobs-2'), 1],
  ])('does not start again what is %s while it stops', async (_, change, starts) => {
    docker.slow.add('jobs-2');
    await restartSilent();
    await waitFor(() => (docker.requests.length > 0 ? true : undefined), 10_000);
    change();
    docker.releaseStops();
    expect(await scaler.settled()).toEqual([]);
    expect(docker.requests.filter((request) => request === 'start jobs-2')).toHaveLength(starts);
    expect(lines.at(-1)).toBe(
      'jobs: jobs-2 is not started again: somebody else started or removed it meanwhile',
    );
  });

  it('tells that the Docker Engine is ill, once, and nothing else as over', async () => {
    docker.containers.delete('jobs-1');
    open({ min: 2 });
    await roundToItsEnd();
    docker.fallIll(true);
    const ill = await scaler.round();
    await scaler.round();
    expect(ill.fleets).toEqual([]);
    docker.fallIll(false);
    await roundToItsEnd();
    expect(lines).toEqual([
      'jobs: there is no container jobs-1: `pulumi up` makes it',
      'jobs: started jobs-2: 2 wanted for 0 ready and 0 unacknowledged',
      expect.stringMatching(/the Docker Engine says: disk full$/),
      'The Docker Engine answers again.',
    ]);
  });
});

describe('watching', () => {
  it('ends within a round, and names what Docker is left to do', async () => {
    broker.queues = [{ name: 'jobs', messages: 15, messages_ready: 15, messages_unacknowledged: 0 }];
    open();
    await roundToItsEnd();
    docker.slow.add('jobs-2');
    broker.queues = [];
    const ending = new AbortController();
    const said: string[] = [];
    const watching = watch(scaler, {
      intervalMs: 60_000,
      signal: ending.signal,
      say: (line) => said.push(line),
    });
    await waitFor(() => (docker.requests.includes('stop jobs-2 t=30') ? true : undefined), 10_000);
    ending.abort();
    await watching;
    expect(said).toEqual([
      'jobs-2 is being stopped: Docker goes on with that, for as long as its grace lasts',
    ]);
  });

  it('begins nothing any more once it is to end', async () => {
    broker.queues = [{ name: 'jobs', messages: 15, messages_ready: 15, messages_unacknowledged: 0 }];
    open();
    const round = scaler.round();
    scaler.end();
    expect(await round).toEqual({ fleets: [], problems: [] });
    expect(docker.requests).toEqual([]);
  });
});
