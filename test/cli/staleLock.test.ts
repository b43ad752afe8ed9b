import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearStaleLocks } from '../../cli/staleLock';

let root: string;
let folder: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-lock-'));
  folder = path.join(root, '.pulumi/locks/organization/warren/dev');
  fs.mkdirSync(folder, { recursive: true });
});
afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

const clear = (): number[] => clearStaleLocks(`file://${root}?metadata=skip`, 'warren', 'dev');

function writeLock(lock: Record<string, unknown>): string {
  const file = path.join(folder, `${String(lock.pid)}.json`);
  fs.writeFileSync(file, JSON.stringify({ hostname: os.hostname(), username: 'somebody', ...lock }));
  return file;
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the lock of a killed pulumi', () => {
  it('is taken away', async () => {
    const pid = await deadPid();
    const file = writeLock({ pid });
    expect(clear()).toEqual([pid]);
    expect(fs.existsSync(file)).toBe(false);
  });

  it('is taken away when its process id belongs to another program by now', () => {
    const other = spawn('sleep', ['60']);
    try {
      writeLock({ pid: other.pid });
      expect(clear()).toEqual([other.pid]);
    } finally {
      other.kill();
    }
  });

  it('stays while its pulumi lives', () => {
    const alive = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', 'pulumi']);
    try {
      const file = writeLock({ pid: alive.pid });
      expect(clear()).toEqual([]);
      expect(fs.existsSync(file)).toBe(true);
    } finally {
      alive.kill();
    }
  });

  it('stays when it was set on another machine', async () => {
    writeLock({ pid: await deadPid(), hostname: `not-${os.hostname()}` });
    expect(clear()).toEqual([]);
  });

  it('stays when it can’t be read', () => {
    fs.writeFileSync(path.join(folder, 'half.json'), '{"pid":');
    expect(clear()).toEqual([]);
  });

  it('of other backends is none of our business', () => {
    expect(clearStaleLocks('https://api.pulumi.com', 'warren', 'dev')).toEqual([]);
    expect(clearStaleLocks(undefined, 'warren', 'dev')).toEqual([]);
  });
});
