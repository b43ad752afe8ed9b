/**
 * A program in a mount and a process namespace of its own. The namespace ends with this process, however that ends: its
 * first process watches a pipe that we hold open.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { findProgram, isAlive, onEndOfThisProcess, waitFor } from '../../tools/processes';

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
  /** It has a network of its own, which is empty at first. */
  readonly hasOwnNetwork?: true;
}

export interface NamespacedProcess {
  /** The namespace's process 1, by its id outside, for `nsenter`; undefined while there is none. */
  firstProcess(): number | undefined;
  /** Whether it has ended by itself. */
  hasEnded(): boolean;
  /** Ends the program, and with it everything in the namespace. */
  kill(): Promise<void>;
}

const END_TIMEOUT_MS = 30_000;

/** Why a tree's programs can't stand in the place of this machine's /usr; undefined when they can. */
export function ownUsrObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  if (findProgram('unshare') === undefined) return 'there is no `unshare`';
  // Elsewhere there may be none of the programs that a script calls.
  const isMerged = ['/bin', '/sbin', '/lib'].every((folder) => fs.realpathSync(folder).startsWith('/usr/'));
  return isMerged ? undefined : '/bin, /sbin and /lib of this system are not those of /usr';
}

/** @param clean is called when this process ends before `kill` was */
export function startInNamespace(program: NamespacedProgram, clean: () => void): NamespacedProcess {
  const child = launch(program);
  const stopWatching = onEndOfThisProcess(() => {
    child.kill('SIGKILL');
    clean();
  });
  return {
    firstProcess: () => childOf(child.pid),
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

/** `unshare` has one: the namespace's first. */
function childOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const [first] = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

function launch({ start, end, args, output, procFolder, hasOwnNetwork }: NamespacedProgram): ChildProcess {
  const script = `exec 3<&0\n${start}\n( read -r _ <&3; ${end} ) &\nwait $program`;
  const log = fs.openSync(output, 'a');
  try {
    return spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child'],
        ...(hasOwnNetwork === true ? ['--net'] : []),
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
