/** Telling the user of what takes long, and again every time that it has. */
import type { FailedAction } from './errors';
import { sleep } from './failover';

export interface Notices {
  readonly intervalMs: number;
  readonly onWait: (notice: string) => void;
}

/** A request, for as long as it takes. */
export async function withNotices<T>(work: Promise<T>, where: FailedAction, notices: Notices): Promise<T> {
  const startMs = performance.now();
  const timer = setInterval(() => {
    notices.onWait(noticeOf(where, startMs));
  }, notices.intervalMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** Pauses for one thing belong together while no longer lies between them than this, for the requests in between. */
const APART_MS = 5_000;

interface Wait {
  readonly startMs: number;
  /** When the latest pause ended; undefined while one runs. */
  endMs: number | undefined;
  toldMs: number;
}

export type Pause = (ms: number, where: FailedAction, progress?: string) => Promise<void>;

/** Pauses between looks at the same thing: it is told how long all of them have taken. */
export function openPauses(cancelled: AbortSignal, notices: Notices | undefined): Pause {
  const waits = new Map<string, Wait>();
  return async (ms, where, progress) => {
    if (notices === undefined) return sleep(ms, cancelled);
    const nowMs = performance.now();
    const known = waits.get(where.action);
    const isSame = known !== undefined && nowMs - (known.endMs ?? nowMs) < APART_MS;
    const wait = isSame ? known : { startMs: nowMs, endMs: undefined, toldMs: nowMs };
    waits.set(where.action, wait);
    wait.endMs = undefined;
    const tell = (): void => {
      wait.toldMs = performance.now();
      notices.onWait(noticeOf(where, wait.startMs, progress));
    };
    // A long pause tells while it lasts.
    const timer = setTimeout(tell, wait.toldMs + notices.intervalMs - nowMs);
    await sleep(ms, cancelled);
    clearTimeout(timer);
    wait.endMs = performance.now();
  };
}

function noticeOf({ endpoint, action }: FailedAction, startMs: number, progress?: string): string {
  const seconds = Math.round((performance.now() - startMs) / 1000);
  return `Still waiting for ${endpoint} to ${action} (${seconds} s${progress === undefined ? '' : `, ${progress}`})`;
}
