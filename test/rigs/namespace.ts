/**
 * A program in a mount and a process namespace of its own. The namespace ends with this process, however that ends: its
 * first process watches a pipe that we hold open.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { isAlive, onEndOfThisProcess, waitFor } from '../../tools/processes';

export interface NamespacedProgram {
  /**
   * Of the shell that is process 1 of the namespace; the kernel ends all others with it. Starts the program in the
   * background as `program`, with its own standard input, and ends with it.
   */
  readonly start: string;
  /** What the shell does with `$program` when this process ends or wants it to end. */
  readonly end: string;
  /** `$1`, `$2` … of the shell. */
  readonly args: readonly string[];
  /** The file that gets what the program prints, at its end. */
  readonly output: string;
  /** Where the namespace's own /proc is mounted. */
  readonly procFolder?: string;
}

export interface NamespacedProcess {
  /** Whether it has ended by itself. */
  hasEnded(): boolean;
  /** Ends the program, and with it everything in the namespace. */
  kill(): Promise<void>;
}

const END_TIMEOUT_MS = 30_000;

/** @param clean is called when this process ends before `kill` was */
export function startInNamespace(program: NamespacedProgram, clean: () => void): NamespacedProcess {
  const child = launch(program);
  const stopWatching = onEndOfThisProcess(() => {
    child.kill('SIGKILL');
    clean();
  });
  return {
    hasEnded: () => child.exitCode !== null,
    kill: async () => {
      stopWatching();
      // Closing the pipe is what ends the namespace.
      child.stdin?.end();
      await waitFor(
        () => (child.pid === undefined || !isAlive(child.pid) ? true : undefined),
        END_TIMEOUT_MS,
      );
    },
  };
}

function launch({ start, end, args, output, procFolder }: NamespacedProgram): ChildProcess {
  const script = `exec 3<&0\n${start}\n( read -r _ <&3; ${end} ) &\nwait $program`;
  const log = fs.openSync(output, 'a');
  try {
    return spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child'],
        procFolder === undefined ? '--mount-proc' : `--mount-proc=${procFolder}`,
        ...['sh', '-c', script, 'sh', ...args],
      ],
      // Its own group: the terminal's Ctrl-C is for the test runner, which then stops what it started.
      { stdio: ['pipe', log, log], detached: true },
    );
  } finally {
    fs.closeSync(log);
  }
}
