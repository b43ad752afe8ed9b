/** What is being done with containers, each by itself: a stop that takes minutes holds up nothing else. */
import { isEngineError } from '../dockerApi/errors';
import type { Engine } from '../dockerApi/transport';
import { inspect, start, stop } from './containers';
import type { Action } from './decide';
import type { ContainerState, Job } from './observation';

export interface RunningJob {
  readonly container: string;
  readonly job: Job;
}

export interface Jobs {
  readonly running: readonly RunningJob[];
  /** Begins it; there must be none for this container. */
  begin(action: Action, stopTimeoutSeconds: number, say: (line: string) => void): void;
  /** Why a container's last job failed; told once. */
  takeFailure(container: string): string | undefined;
  /** Resolves when none is running, with the failures that nobody has taken. */
  settled(): Promise<readonly string[]>;
}

/** What Docker reports of a program that SIGKILL ended. */
const KILLED = 137;

export function openJobs(engine: Engine): Jobs {
  const running = new Map<string, { readonly job: Job; readonly done: Promise<void> }>();
  const failures = new Map<string, string>();
  const work = async (
    { job, container, id, why }: Action,
    timeoutSeconds: number,
    say: (line: string) => void,
  ): Promise<void> => {
    if (job === 'start') {
      await start(engine, id, container);
      say(`started ${container}: ${why}`);
      return;
    }
    say(`${job === 'stop' ? 'stopping' : 'restarting'} ${container}: ${why}`);
    const began = performance.now();
    await stop(engine, id, container, timeoutSeconds);
    const state = await inspect(engine, container);
    if (state?.id === id && state.exitCode === KILLED) {
      say(
        `${container} did not end within ${timeoutSeconds} s and was killed: others get what it was working on`,
      );
    }
    if (job === 'restart' && !(await startAgain(engine, { id, container }, state))) {
      say(`${container} is not started again: somebody else started or removed it meanwhile`);
      return;
    }
    const tookSeconds = Math.round((performance.now() - began) / 1000);
    say(`${job === 'stop' ? 'stopped' : 'restarted'} ${container} after ${tookSeconds} s`);
  };
  return {
    get running() {
      return [...running].map(([container, { job }]) => ({ container, job }));
    },
    begin: (action, stopTimeoutSeconds, say) => {
      const { container } = action;
      const done = work(action, stopTimeoutSeconds, say)
        .catch((error: unknown) => {
          failures.set(container, error instanceof Error ? error.message : String(error));
        })
        .finally(() => running.delete(container));
      running.set(container, { job: action.job, done });
    },
    takeFailure: (container) => {
      const failure = failures.get(container);
      failures.delete(container);
      return failure;
    },
    settled: async () => {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done));
      return [...failures.values()];
    },
  };
}

/** Not what is somebody else's by now: Pulumi may remove a container as soon as it has ended. @returns whether it did */
async function startAgain(
  engine: Engine,
  { id, container }: Pick<Action, 'id' | 'container'>,
  state: ContainerState | undefined,
): Promise<boolean> {
  if (state?.id !== id || state.status !== 'exited') return false;
  try {
    await start(engine, id, container);
    return true;
  } catch (error) {
    if (isEngineError(error, 'notFound', 'conflict')) return false;
    throw error;
  }
}
