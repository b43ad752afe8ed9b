/** Folders of the cache that one test run has at a time, each with a number. */
import * as path from 'node:path';
import { acquireLock } from '../../tools/fileLock';
import { cacheFolder } from '../../tools/folders';

export interface Slot {
  readonly name: string;
  readonly folder: string;
  readonly release: () => void;
}

interface Slots {
  /** Folder in the cache folder. */
  readonly kind: string;
  readonly prefix: string;
  /** So many test runs can have one at once on this machine. */
  readonly count: number;
  /** The longest path of a socket below the folder. */
  readonly longestSocket: string;
  /** What runs in it, for messages. */
  readonly what: string;
}

const LOCK_WAIT_MS = 300;
/** What the kernel allows for the path of a socket. */
const SOCKET_PATH_MAX = 107;

/** @throws Error with a one-line reason */
export async function takeSlot({ kind, prefix, count, longestSocket, what }: Slots): Promise<Slot> {
  for (let number = 1; number <= count; number++) {
    const name = `${prefix}-${number}`;
    const folder = path.join(cacheFolder(), kind, name);
    if (path.join(folder, longestSocket).length > SOCKET_PATH_MAX) {
      throw new Error(`the path of the cache folder ${cacheFolder()} is too long for the sockets of ${what}`);
    }
    try {
      return { name, folder, release: await acquireLock(`${folder}.lock`, { timeoutMs: LOCK_WAIT_MS }) };
    } catch {
      // Another test run has it.
    }
  }
  throw new Error(`${count} other test runs have ${what} here: wait for one of them`);
}
