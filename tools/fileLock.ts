/** A lock between processes: a file that holds the id of the process which has it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive, onEndOfThisProcess, waitFor } from './processes';

// A holder renews its file's time; one that stopped doing so crashed, and its id may have gone to another process.
const RENEWAL_MS = 5_000;
const ABANDONED_AFTER_MS = 120_000;

export interface LockOptions {
  readonly timeoutMs: number;
  /** Called once when somebody else has the lock, with that process' id. */
  readonly onWait?: (holder: number) => void;
}

/**
 * Waits for the lock and takes it.
 * @returns the function that gives it back; it is also given back when this process ends
 * @throws Error when another process still has it after `timeoutMs`
 */
export async function acquireLock(file: string, options: LockOptions): Promise<() => void> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  const taken = await waitFor(() => {
    if (tryLock(file)) return true;
    const holder = abandonedOrHolder(file);
    if (holder !== undefined && !told) {
      told = true;
      options.onWait?.(holder);
    }
    return undefined;
  }, options.timeoutMs);
  if (taken === undefined) {
    throw new Error(
      `Process ${readHolder(file) ?? '?'} has held the lock ${file} for longer than ${Math.round(options.timeoutMs / 1000)} s. ` +
        'Wait for it or end it; if no such process works on this any more, delete that file.',
    );
  }
  return holdLock(file);
}

function tryLock(file: string): boolean {
  // Written aside and linked into place: nobody ever reads a lock without its holder.
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, String(process.pid));
  try {
    fs.linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

function holdLock(file: string): () => void {
  const renewal = setInterval(() => {
    const now = new Date();
    fs.utimes(file, now, now, () => undefined);
  }, RENEWAL_MS);
  renewal.unref();
  const giveBack = () => {
    clearInterval(renewal);
    if (readHolder(file) === process.pid) fs.rmSync(file, { force: true });
  };
  // Not at the signal: what this process has started may need it until its own end.
  const stopWatching = onEndOfThisProcess(giveBack, 'over');
  return () => {
    stopWatching();
    giveBack();
  };
}

/** Removes a lock whose holder is gone; otherwise tells who has it. */
function abandonedOrHolder(file: string): number | undefined {
  const holder = readHolder(file);
  if (holder === undefined) return undefined;
  if (isAlive(holder) && ageMs(file) < ABANDONED_AFTER_MS) return holder;
  // Moved away first: of two processes that see the same dead holder only one may remove this file.
  const aside = `${file}.abandoned.${process.pid}`;
  try {
    fs.renameSync(file, aside);
    // NaN of an empty file, too, which a crash of the machine leaves.
    if (!Object.is(readHolder(aside), holder)) fs.linkSync(aside, file);
  } catch {
    // Somebody else was faster.
  }
  fs.rmSync(aside, { force: true });
  return undefined;
}

function readHolder(file: string): number | undefined {
  try {
    return Number.parseInt(fs.readFileSync(file, 'utf8'), 10);
  } catch {
    return undefined;
  }
}

function ageMs(file: string): number {
  try {
    return Date.now() - fs.statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
