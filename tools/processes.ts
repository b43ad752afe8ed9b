/** Starting programs, waiting for them with a limit, and asking whether a process is still the one we started. */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After that the program and its children are killed and `timedOut` is true. */
  readonly timeoutMs?: number;
  /** Everything printed also goes to the end of this file. */
  readonly logFile?: string;
  /** Called with each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** null when the program could not be started or ended by a signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  /** stdout and stderr in the order in which they came. */
  readonly output: string;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

/** Runs a program to its end, without stdin. Never throws: a program that can't be started says so in `output`. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const started = Date.now();
    let stdout = '';
    let output = '';
    let pendingLine = '';
    let timedOut = false;
    // Before it starts: a signal that comes right then must not leave it behind.
    const stopWatching = onEndOfThisProcess(() => {
      killGroup();
    });
    // A group of its own, so that the limit also ends what the program started.
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const killGroup = () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            killGroup();
          }, options.timeoutMs);
    const take = (text: string) => {
      output += text;
      if (options.logFile !== undefined) fs.appendFileSync(options.logFile, text);
      const lines = (pendingLine + text).split('\n');
      pendingLine = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    };
    const finish = (exitCode: number | null) => {
      clearTimeout(timer);
      stopWatching();
      resolve({ exitCode, stdout, output, timedOut, durationMs: Date.now() - started });
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => {
      output += error.message;
      finish(null);
    });
    child.once('close', finish);
  });
}

/** At the signal that ends this process, or only when it is over: whoever else listens may let it go on for a while. */
type When = 'signal' | 'over';

const endings = new Map<() => void, When>();

/**
 * Calls `action` when this process ends, be it by Ctrl-C. Returns a function that takes the request back.
 * Children with a group of their own don't get the terminal's Ctrl-C, so somebody must tell them.
 */
export function onEndOfThisProcess(action: () => void, when: When = 'signal'): () => void {
  if (endings.size === 0) {
    process.on('exit', runAll);
    for (const signal of SIGNALS) process.on(signal, endBySignal);
  }
  endings.set(action, when);
  return () => {
    endings.delete(action);
    if (endings.size > 0) return;
    process.off('exit', runAll);
    for (const signal of SIGNALS) process.off(signal, endBySignal);
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function runEndings(due: readonly When[]): void {
  for (const [action, when] of endings) {
    if (!due.includes(when)) continue;
    endings.delete(action);
    action();
  }
}

function runAll(): void {
  runEndings(['signal', 'over']);
}

function endBySignal(signal: NodeJS.Signals): void {
  runEndings(['signal']);
  process.off(signal, endBySignal);
  // Whoever else listens (a test runner) decides on the end; otherwise the signal does what it always does.
  if (process.listenerCount(signal) > 0) return;
  runAll();
  process.kill(process.pid, signal);
}

/** Sends a signal to a process group; a group that is gone already is no error. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch {
    // Gone already.
  }
}

/** Whether a process with this id exists (a zombie that waits for its parent doesn't count). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return processStateOnLinux(pid) !== 'Z';
}

function processStateOnLinux(pid: number): string | undefined {
  try {
    // The program's name is in parentheses and may hold anything: the state follows the last one.
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').pop()?.trim().charAt(0);
  } catch {
    return undefined;
  }
}

/** Command line and, where it can be read, environment of a process: enough to tell whether it is ours. */
export function describeProcess(pid: number): string {
  if (fs.existsSync('/proc/self/cmdline')) {
    return ['cmdline', 'environ'].map((file) => readOrEmpty(`/proc/${pid}/${file}`)).join('\0');
  }
  return spawnSync('ps', ['-o', 'command=', '-E', '-ww', '-p', String(pid)], { encoding: 'utf8' }).stdout;
}

function readOrEmpty(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The first executable file of that name in the folders of PATH, then in `moreFolders`. */
export function findProgram(
  name: string,
  moreFolders: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const folders = [...(env.PATH ?? '').split(path.delimiter), ...moreFolders];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Asks until the answer isn't undefined.
 * @returns undefined when `timeoutMs` has passed
 */
export async function waitFor<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
  intervalMs = 50,
): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

/** The last lines of a text, for error messages. */
export function tail(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
