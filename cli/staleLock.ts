/**
 * A killed `pulumi` leaves its lock in a file backend, and every later run is refused. The lock names the process:
 * once that is gone nobody can be working under it, so it is taken away here. Locks of living processes and of other
 * machines stay.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeProcess, isAlive } from '../tools/processes';

interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

/** Returns the ids of the dead processes whose locks were taken away. Does nothing for other kinds of backends. */
export function clearStaleLocks(backendUrl: string | undefined, project: string, stack: string): number[] {
  const folder = lockFolder(backendUrl, project, stack);
  if (folder === undefined || !fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => path.join(folder, name))
    .flatMap((file) => {
      const lock = readLock(file);
      if (lock === undefined || !isStale(lock)) return [];
      fs.rmSync(file, { force: true });
      return [lock.pid];
    });
}

function lockFolder(backendUrl: string | undefined, project: string, stack: string): string | undefined {
  if (backendUrl?.startsWith('file://') !== true) return undefined;
  const withoutQuery = backendUrl.split('?')[0] ?? '';
  const root = withoutQuery.startsWith('file://~')
    ? path.join(os.homedir(), withoutQuery.slice('file://~'.length))
    : fileURLToPath(withoutQuery);
  return path.join(root, '.pulumi', 'locks', 'organization', project, stack);
}

function readLock(file: string): Lock | undefined {
  try {
    const lock = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Lock>;
    const { pid, hostname } = lock;
    return typeof pid === 'number' && typeof hostname === 'string' ? { pid, hostname } : undefined;
  } catch {
    return undefined; // just being written or taken away by its owner
  }
}

/** A process with that id that is no pulumi got the id after the lock's owner had ended. */
function isStale(lock: Lock): boolean {
  if (lock.hostname !== os.hostname()) return false;
  return !isAlive(lock.pid) || !describeProcess(lock.pid).includes('pulumi');
}
