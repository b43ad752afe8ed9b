import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../tools/fileLock';
import { findFreePorts, isPortFree } from '../../tools/freePort';
import { findProgram, isAlive, run, waitFor } from '../../tools/processes';
import { CHECKOUT, temporaryFolder, typescriptArguments, writeScript } from './helpers';

describe('run', () => {
  it('gives exit code, stdout and both streams', async () => {
    const result = await run('sh', ['-c', 'echo out; echo err >&2; exit 3']);
    expect(result).toMatchObject({ exitCode: 3, stdout: 'out\n', timedOut: false });
    expect(result.output).toContain('err');
  });

  it('says why a program can not be started', async () => {
    const result = await run('/no/such/program', []);
    expect(result.exitCode).toBeNull();
    expect(result.output).toContain('ENOENT');
  });

  it('ends what the program started too, when the time is over', async () => {
    const file = path.join(temporaryFolder(), 'pid');
    const result = await run('sh', ['-c', `sleep 600 & echo $! > ${file}; wait`], { timeoutMs: 3000 });
    expect(result.timedOut).toBe(true);
    const pid = Number(fs.readFileSync(file, 'utf8'));
    expect(await waitFor(() => (isAlive(pid) ? undefined : true), 10_000)).toBe(true);
  });

  it('ends what it started when this process is told to end', async () => {
    const file = path.join(temporaryFolder(), 'pid');
    const source = `require('${CHECKOUT}/tools/processes').run('sh', ['-c', 'echo $$ > ${file}; exec sleep 600'])`;
    const child = spawn(process.execPath, typescriptArguments(source), { stdio: 'inherit', cwd: CHECKOUT });
    const pid = await waitFor(() => Number(readOr(file, '')) || undefined, 60_000);
    child.kill('SIGTERM');
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGTERM');
    expect(await waitFor(() => (isAlive(pid ?? 0) ? undefined : true), 10_000)).toBe(true);
  });
});

describe('findProgram', () => {
  it('takes the first executable file in PATH, then in the other folders', () => {
    const folder = temporaryFolder();
    writeScript(path.join(folder, 'second', 'tool'), 'true');
    fs.mkdirSync(path.join(folder, 'first', 'tool'), { recursive: true });
    const PATH = [path.join(folder, 'first'), path.join(folder, 'second')].join(path.delimiter);
    expect(findProgram('tool', [], { PATH })).toBe(path.join(folder, 'second', 'tool'));
    expect(findProgram('tool', [path.join(folder, 'second')], {})).toBe(path.join(folder, 'second', 'tool'));
    expect(findProgram('tool', [], { PATH: folder })).toBeUndefined();
  });
});

describe('acquireLock', () => {
  it('lets one in at a time and tells the others who is in', async () => {
    const file = path.join(temporaryFolder(), 'lock');
    const holders: number[] = [];
    const release = await acquireLock(file, { timeoutMs: 1_000 });
    const second = acquireLock(file, { timeoutMs: 10_000, onWait: (holder) => holders.push(holder) });
    await expect(acquireLock(file, { timeoutMs: 200 })).rejects.toThrow(
      /has held the lock .*delete that file/,
    );
    release();
    (await second)();
    expect(holders).toEqual([process.pid]);
    expect(fs.existsSync(file)).toBe(false);
  });

  it('is kept through a signal until the end', async () => {
    const file = path.join(temporaryFolder(), 'lock');
    const source =
      `const { existsSync } = require('node:fs');` +
      `require('${CHECKOUT}/tools/fileLock').acquireLock('${file}', { timeoutMs: 1000 }).then(() => {` +
      // What waits for the signal keeps it alive.
      `const waiting = setInterval(() => undefined, 1000);` +
      `process.on('SIGINT', () => { clearInterval(waiting); setTimeout(() => console.log(existsSync('${file}'))); });` +
      `process.kill(process.pid, 'SIGINT'); });`;
    const { stdout } = await run(process.execPath, typescriptArguments(source), { cwd: CHECKOUT });
    expect(stdout).toBe('true\n');
    expect(fs.existsSync(file)).toBe(false);
  });

  it('takes over from a process that is gone', async () => {
    const file = path.join(temporaryFolder(), 'lock');
    const source =
      `require('${CHECKOUT}/tools/fileLock').acquireLock('${file}', { timeoutMs: 1000 })` +
      `.then(() => process.kill(process.pid, 'SIGKILL'))`;
    const { exitCode } = await run(process.execPath, typescriptArguments(source), { cwd: CHECKOUT });
    expect(exitCode).toBeNull();
    expect(fs.existsSync(file)).toBe(true);
    (await acquireLock(file, { timeoutMs: 5_000 }))();
  });
});

describe('findFreePorts', () => {
  it('gives different ports that one can listen on', async () => {
    const ports = await findFreePorts(5);
    expect(new Set(ports).size).toBe(5);
    expect(await Promise.all(ports.map(isPortFree))).toEqual(Array(5).fill(true));
  });
});

function readOr(file: string, otherwise: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : otherwise;
}
