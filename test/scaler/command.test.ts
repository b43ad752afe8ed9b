/** `warren scale` as a command: what it prints, what it leaves alone, and its exit codes. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run, waitFor, type RunResult } from '../../tools/processes';
import { ROOT } from '../structure/sources';
import { FakeBroker, FakeDocker } from './fakes';

const COMMAND = path.join(ROOT, 'cli/warren.cjs');
let docker: FakeDocker;
let broker: FakeBroker;
let folder: string;
let file: string;

beforeEach(async () => {
  [docker, broker] = [new FakeDocker(), new FakeBroker()];
  await docker.open(['jobs-1', 'jobs-2']);
  await broker.open();
  broker.queues = [{ name: 'jobs', messages: 12, messages_ready: 11, messages_unacknowledged: 1 }];
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-scale-'));
  file = path.join(folder, 'scale.json');
  for (const name of ['username', 'password']) fs.writeFileSync(path.join(folder, name), name);
  writeConfig(docker.host);
});

afterEach(async () => {
  await docker.close();
  await broker.close();
  fs.rmSync(folder, { recursive: true });
});

function writeConfig(host: string): void {
  const jobs = {
    name: 'jobs',
    vhost: 'media',
    queues: ['jobs'],
    containers: ['jobs-1', 'jobs-2'],
    min: 0,
    max: 2,
  };
  const login = { usernameFile: 'username', passwordFile: 'password' };
  const config = {
    broker: { endpoint: broker.endpoint, ...login },
    docker: { host },
    intervalMs: 100,
    fleets: [jobs],
  };
  fs.writeFileSync(file, JSON.stringify(config));
}

function scale(...options: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [COMMAND, 'scale', '--config', file, ...options], { timeoutMs: 60_000 });
}

it('does one round, shows it, and ends with 0', async () => {
  const { exitCode, stdout } = await scale();
  expect(stdout).toMatch(/fleet +│ ready │ unacked │ running │ wanted │ consuming │ done /);
  expect(stdout).toMatch(/jobs +│ 11 +│ 1 +│ 0 +│ 2 +│ 0 of 0 +│ start jobs-1, start jobs-2 │/);
  expect([exitCode, docker.running]).toEqual([0, ['jobs-1', 'jobs-2']]);
});

it('with --dry-run starts nothing, and with --json is for programs', async () => {
  const { exitCode, stdout } = await scale('--dry-run', '--json');
  const why = '2 wanted for 11 ready and 1 unacknowledged';
  expect(JSON.parse(stdout)).toEqual({
    fleets: [
      {
        fleet: 'jobs',
        ...{ ready: 11, unacknowledged: 1, running: 0, wanted: 2, consuming: 0 },
        actions: ['jobs-1', 'jobs-2'].map((container) => ({ job: 'start', container, why })),
      },
    ],
    problems: [],
  });
  expect([exitCode, docker.requests]).toEqual([0, []]);
});

it('ends with 1 where something is wrong, and says what', async () => {
  broker.status = 401;
  docker.containers.delete('jobs-2');
  const { exitCode, stdout } = await scale();
  expect(exitCode).toBe(1);
  expect(stdout).toContain('does not accept user "username"');
  expect(stdout).toContain('jobs: there is no container jobs-2');
  expect(stdout).toMatch(/jobs +│ \? +│ \? +│/);
});

it('ends with 2 where it can’t run', async () => {
  const both = await scale('--watch', '--json');
  expect(both.output).toContain('leave out --watch');
  expect(both.exitCode).toBe(2);
  writeConfig('unix:///no/such.sock');
  const { exitCode, output } = await scale();
  expect(output).toMatch(/^warren: .*there is no such socket/m);
  expect(exitCode).toBe(2);
  writeConfig('ssh://elsewhere');
  expect((await scale()).exitCode).toBe(2);
  fs.rmSync(file);
  expect((await scale()).exitCode).toBe(2);
});

it.each(['SIGTERM', 'SIGINT'] as const)('with --watch goes on until %s, and ends with 0', async (signal) => {
  const child = spawn(process.execPath, [COMMAND, 'scale', '--config', file, '--watch'], { stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const ended = new Promise((resolve) => child.once('close', resolve));
  await waitFor(
    () => (docker.running.length === 2 && output.includes('started jobs-2') ? true : undefined),
    60_000,
  );
  child.kill(signal);
  expect(await ended).toBe(0);
  const lines = output.trimEnd().split('\n');
  expect(lines[0]).toBe('scaling jobs (0 to 2); a round every 100 ms');
  expect([...lines.slice(1, 3)].sort()).toEqual([
    'jobs: started jobs-1: 2 wanted for 11 ready and 1 unacknowledged',
    'jobs: started jobs-2: 2 wanted for 11 ready and 1 unacknowledged',
  ]);
  expect(lines.slice(3)).toEqual([`${signal}: ending`]);
});
