/** What each container of a fleet is for the scaler: whether it runs, may be started, or has ended by itself. */
import {
  NO_FAILURES,
  type Backoff,
  type ContainerMemory,
  type ContainerState,
  type ObservedContainer,
} from './observation';

export type Life =
  | 'missing'
  /** Being stopped: neither running nor free. */
  | 'leaving'
  | 'running'
  /** It counts as one that runs, and nothing is to be done with it now. */
  | 'busy'
  /** It ended by itself, and is started again: now. */
  | 'due'
  /** The same, after a pause. */
  | 'resting'
  /** It may be started. */
  | 'free';

export interface Judged {
  readonly name: string;
  readonly life: Life;
  readonly state?: ContainerState;
  readonly memory?: ContainerMemory;
  /** What happened since the last round. */
  readonly event?: string;
}

/** The pauses of Kubernetes' CrashLoopBackOff, but for the first: who stops a container to delete it needs a moment. */
const FIRST_PAUSE_MS = 1_000;
const SECOND_PAUSE_MS = 10_000;
const PAUSE_MAX_MS = 300_000;
/** What ran for so long has recovered. */
export const RECOVERED_MS = 600_000;

export function afterCrash({ failures }: Backoff, ranMs: number, nowMs: number): Backoff {
  const count = ranMs >= RECOVERED_MS ? 1 : failures + 1;
  const pauseMs = count === 1 ? FIRST_PAUSE_MS : Math.min(PAUSE_MAX_MS, SECOND_PAUSE_MS * 2 ** (count - 2));
  return { failures: count, notBeforeMs: nowMs + pauseMs };
}

export function judge(
  { name, job, failure, state }: ObservedContainer,
  earlier: ContainerMemory | undefined,
  nowMs: number,
): Judged {
  if (state === undefined || state.status === 'gone') return { name, life: 'missing' };
  // A container of the same name that was made anew has no past.
  const known = earlier?.id === state.id ? earlier : firstMemory(state, nowMs);
  if (job !== undefined) return { name, life: job === 'stop' ? 'leaving' : 'busy', state, memory: known };
  switch (state.status) {
    case 'running':
    case 'paused':
    case 'restarting': {
      const event = eventOfRestart(name, known, state);
      const memory = { ...known, isToRun: true, restartCount: state.restartCount };
      const life = state.status === 'running' ? 'running' : 'busy';
      return { name, life, state, memory, ...(event === undefined ? {} : { event }) };
    }
    default:
      return known.isToRun
        ? judgeEnded({ name, state, failure }, known, nowMs)
        : { name, life: 'free', state, memory: known };
  }
}

function firstMemory(state: ContainerState, nowMs: number): ContainerMemory {
  return {
    id: state.id,
    firstSeenAtMs: nowMs,
    isToRun: false,
    restartCount: state.restartCount,
    countedEndMs: 0,
    crashes: NO_FAILURES,
    consumedAtMs: 0,
    silences: NO_FAILURES,
  };
}

function eventOfRestart(name: string, known: ContainerMemory, state: ContainerState): string | undefined {
  if (state.restartCount <= known.restartCount) return undefined;
  return `${name} ${ending(state)} and is started again by Docker (restart count ${state.restartCount})`;
}

interface Ended {
  readonly name: string;
  readonly state: ContainerState;
  /** Of the attempt to start it. */
  readonly failure: string | undefined;
}

function judgeEnded({ name, state, failure }: Ended, known: ContainerMemory, nowMs: number): Judged {
  if (failure === undefined && state.finishedAtMs === known.countedEndMs) {
    return { name, life: nowMs < known.crashes.notBeforeMs ? 'resting' : 'due', state, memory: known };
  }
  const crashes = afterCrash(known.crashes, state.finishedAtMs - state.startedAtMs, nowMs);
  const memory = { ...known, crashes, countedEndMs: state.finishedAtMs };
  const pause = `${Math.round((crashes.notBeforeMs - nowMs) / 1000)} s`;
  const times = crashes.failures === 1 ? '' : `, for the ${crashes.failures}. time`;
  const what = failure === undefined ? `${name} ${ending(state)}` : withoutStop(failure);
  const event = `${what}${times}; it is started again in ${pause}`;
  return { name, life: 'resting', state, memory, event };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** As a part of a sentence. */
function ending({ exitCode, isOutOfMemory }: ContainerState): string {
  if (isOutOfMemory) return `ran out of memory and was killed (exit code ${exitCode})`;
  return `ended by itself (exit code ${exitCode})`;
}
