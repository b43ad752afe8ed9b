/** The scaler with a real RabbitMQ and real Celery workers: no task is lost, and none done twice without a mark. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildImage } from '../../provider/offline/docker/build';
import { DEFAULTS, type Fleet, type ScalerConfig } from '../../scaler/config';
import { bundleScaler } from '../../scaler/image';
import { openScaler } from '../../scaler/scaler';
import { watch } from '../../scaler/watch';
import { run } from '../../tools/processes';
import { FakeEngine } from '../provider/plugin';
import { silentCall } from '../rigs/docker/call';
import { ROOT } from '../structure/sources';
import { startIn, tell } from './containers';
import { dockerEngine, dockerObstacle, openScratch, titled } from './scratch';
import { VHOST, Workers, type Note } from './workers';

const TASKS = 300;
const IMAGE = 'warren-test/scaler:test';

describe.skipIf(dockerObstacle() !== undefined)(titled('the scaler'), () => {
  let pulumi: FakeEngine;
  let workers: Workers;
  let folder: string;
  let many: readonly string[];
  let pair: readonly string[];
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    pulumi = await FakeEngine.start();
    const plugin = await pulumi.plugin('docker', { host: inject('dockerHost') });
    const engine = dockerEngine();
    workers = new Workers(engine, plugin, openScratch(engine));
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-scaler-'));
    await workers.startBroker(['many', 'pair']);
    many = await workers.makeFleet('many', 'many', { size: 4, running: 0 });
    pair = await workers.makeFleet('pair', 'pair', { size: 2, running: 2 });
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    await workers.stop();
    await pulumi.stop();
    fs.rmSync(folder, { recursive: true });
  });

  const fleets = (changes: Partial<Fleet> = {}): readonly Fleet[] => [
    { ...fleet('many', many), min: 0, max: 4, messagesPerReplica: 25, cooldownMs: 1_000, ...changes },
    { ...fleet('pair', pair), min: 2, max: 2, ...changes },
  ];

  /** Watches in this process. @returns what it says, as it grows */
  function startWatching(changes: Partial<Fleet>): readonly string[] {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const config: ScalerConfig = {
      broker: { endpoint: workers.endpoint, ...workers.loginFiles(folder) },
      docker: { host: inject('dockerHost') },
      intervalMs: 300,
      fleets: fleets(changes).slice(1),
    };
    const scaler = openScaler(config, { onChange: say, onProblem: say });
    const ending = new AbortController();
    const watching = watch(scaler, { intervalMs: config.intervalMs, signal: ending.signal, say });
    endings.push(async () => {
      ending.abort();
      await watching;
      await scaler.close();
    });
    return lines;
  }

  /** In a container of its own image. */
  async function startContainer(): Promise<string> {
    const { folder: context } = bundleScaler();
    const build = { context, dockerfile: 'Dockerfile', buildArgs: { BASE: inject('images').node } };
    await buildImage(silentCall(workers.engine), build, [IMAGE]);
    const files = { usernameFile: '/run/secrets/username', passwordFile: '/run/secrets/password' };
    const config: ScalerConfig = {
      broker: { endpoint: `http://${workers.broker}:15672`, ...files },
      docker: {},
      intervalMs: 500,
      fleets: fleets(),
    };
    const socket = inject('dockerHost').replace('unix://', '');
    const login = workers.loginFiles(folder);
    const name = workers.scratch.name('scaler');
    await workers.make('container', {
      name,
      image: IMAGE,
      networksAdvanced: [{ name: workers.network }],
      mounts: [{ type: 'bind', source: socket, target: '/var/run/docker.sock' }],
      uploads: [
        { file: '/etc/warren/scale.json', content: JSON.stringify(config) },
        { file: files.usernameFile, content: fs.readFileSync(login.usernameFile, 'utf8') },
        { file: files.passwordFile, content: fs.readFileSync(login.passwordFile, 'utf8') },
      ],
    });
    return name;
  }

  it('follows the depth of a queue from 1 to 4 to 0 and back, and every task is done once', async () => {
    const before = await Promise.all(pair.map((name) => workers.state(name)));
    const scaler = await startContainer();
    const isRunning = (count: number) => async () => {
      expect((await workers.state(scaler)).State.Status).toBe('running');
      return (await workers.running(many)).length === count;
    };
    const ids = [...(await workers.publish('short', 'many', 10))];
    await workers.until('one runs', isRunning(1));
    ids.push(...(await workers.publish('short', 'many', 200)));
    await workers.until('four run', isRunning(4));
    await workers.until('none runs', isRunning(0));
    ids.push(...(await workers.publish('short', 'many', TASKS - ids.length)));
    await workers.until('four run again', isRunning(4));
    await workers.until('none runs again', isRunning(0));

    const notes = await workers.notes(many);
    expect(notOnce(ids, notes, 'begun')).toEqual([]);
    expect(notOnce(ids, notes, 'done')).toEqual([]);
    expect(await Promise.all(pair.map((name) => workers.state(name)))).toEqual(before);

    await tell(workers.engine, scaler, 'stop', { t: 30 });
    expect((await workers.state(scaler)).State.ExitCode).toBe(0);
    const log = await workers.log(scaler);
    expect(log).toContain(`many: started ${many[3] ?? ''}: 4 wanted for `);
    expect(log).toContain(`many: stopping ${many[0] ?? ''}: 0 wanted for 0 ready and 0 unacknowledged`);
    expect(log.trimEnd().split('\n').at(-1)).toBe('SIGTERM: ending');
    expect(log).not.toContain('did not end');
  });

  it('starts a worker that was killed again, and its task is done by another, marked', async () => {
    const lines = startWatching({});
    const [id = ''] = await workers.publish('stuck', 'pair', 1);
    const about = async (): Promise<readonly Note[]> =>
      (await workers.notes(pair)).filter((note) => note.id === id);
    await workers.until('it has begun', async () => (await about()).length === 1);
    const [first] = await about();
    await tell(workers.engine, first?.container ?? '', 'kill');
    await workers.until('it is done', async () => (await about()).some(({ what }) => what === 'done'));
    const again = (await about()).filter(({ container }) => container !== first?.container);
    expect(again).toMatchObject([
      { what: 'begun', redelivered: true },
      { what: 'done', redelivered: true },
    ]);
    await workers.until('it runs again', async () => (await workers.running(pair)).length === 2);
    await workers.until('that is told', () =>
      lines.includes(`pair: started ${first?.container ?? ''}: again`),
    );
    expect(lines).toContain(
      `pair: ${first?.container ?? ''} ended by itself (exit code 137); it is started again in 1 s`,
    );
  });

  it('restarts a worker that is connected and has cancelled its consumer', async () => {
    await workers.until('both consume', async () => (await scaleOnce()).fleets[1]?.consuming === 2);
    const [name = '', other = ''] = pair;
    const otherBefore = await workers.state(other);
    const lines = startWatching({ startupMs: 2_000, stopTimeoutSeconds: 5 });
    const cancel = ['control', '--destination', `celery@${name}`, 'cancel_consumer', 'pair'];
    await startIn(workers.engine, name, ['python', '-m', 'celery', '-A', 'work', ...cancel]);
    await workers.until('it is restarted', () =>
      lines.some((line) => line.startsWith(`pair: restarted ${name}`)),
    );
    expect(lines.find((line) => line.includes('consumed'))).toMatch(
      new RegExp(`^pair: ${name} runs, and has consumed from none of its queues \\('pair'\\) for \\d+ s$`),
    );
    await workers.until('both consume again', async () => (await scaleOnce()).fleets[1]?.consuming === 2);
    expect(await workers.state(other)).toEqual(otherBefore);
  });

  interface Report {
    readonly fleets: readonly { readonly consuming: number | null }[];
  }

  /** As the command, which only looks. */
  async function scaleOnce(): Promise<Report> {
    const file = path.join(folder, 'scale.json');
    const broker = { endpoint: workers.endpoint, usernameFile: 'username', passwordFile: 'password' };
    workers.loginFiles(folder);
    fs.writeFileSync(
      file,
      JSON.stringify({ broker, docker: { host: inject('dockerHost') }, fleets: fleets() }),
    );
    const args = ['scale', '--config', file, '--dry-run', '--json'];
    const result = await run(process.execPath, [path.join(ROOT, 'cli/warren.cjs'), ...args]);
    return JSON.parse(result.stdout) as Report;
  }
});

function fleet(name: string, containers: readonly string[]): Omit<Fleet, 'min' | 'max'> {
  return { ...DEFAULTS, name, vhost: VHOST, queues: [name], containers };
}

/** The tasks that didn't, or not only once. */
function notOnce(ids: readonly string[], notes: readonly Note[], what: Note['what']): readonly string[] {
  return ids.filter((id) => notes.filter((note) => note.id === id && note.what === what).length !== 1);
}
