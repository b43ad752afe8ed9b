/** Starts `pulumi` as a process, in the checkout, with the environment that it needs on this machine. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import * as path from 'node:path';
import { offlinePluginFolder, type PluginName } from '../tools/offlinePlugins';
import { ensureEngine, type Engine } from '../tools/engine/index';
import { CHECKOUT } from './checkout';
import { ExitCode } from './exitCodes';
import { createProgress } from './progress';
import { requireProjectFiles } from './projectFiles';
import { pulumiFailure } from './pulumiFailure';
import { QUICKSTART_STACK, quickstartVariables } from './quickstart/stateFolder';
import { platformsOf } from './stackPlatforms';
import { clearStaleLocks } from './staleLock';
import { UserError } from './userError';

/** The name in Pulumi.yaml. */
const PROJECT = 'warren';

let engine: Promise<Engine> | undefined;

/** Looked for once: that starts it. */
function findOrGetEngine(): Promise<Engine> {
  engine ??= ensureEngine({ onProgress: createProgress() });
  return engine;
}

/** Of `pulumi`, without the `v`. */
export async function pulumiVersion(): Promise<string> {
  return (await findOrGetEngine()).version;
}

/** The variables that plain `pulumi` needs here too: exactly what the quickstart prints as exports. */
export async function pulumiVariables(stack: string): Promise<NodeJS.ProcessEnv> {
  // Of a variable that isn't set, say. Pulumi would take the stack that was selected last.
  if (stack === '') throw new UserError('--stack is empty: say which stack is meant, e.g. --stack dev');
  requireProjectFiles(stack);
  const { binFolder } = await findOrGetEngine();
  const isOnPath = (process.env.PATH ?? '').split(path.delimiter).includes(binFolder);
  return {
    ...(isOnPath ? {} : { PATH: `${binFolder}${path.delimiter}${process.env.PATH ?? ''}` }),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    ...(stack === QUICKSTART_STACK ? quickstartVariables() : {}),
  };
}

export interface Captured {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pulumi` on this terminal and returns its exit code. */
export async function runPulumi(
  stack: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<number> {
  return ended(await start(stack, args, variables, 'inherit'));
}

/** As runPulumi, but what it writes is handed back. */
export async function runPulumiQuietly(
  stack: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<Captured> {
  const started = await start(stack, args, variables, ['ignore', 'pipe', 'pipe']);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    started.child[name]?.setEncoding('utf8').on('data', (text: string) => (written[name] += text));
  }
  return { exitCode: await ended(started), ...written };
}

interface Started {
  readonly child: ChildProcess;
  readonly isAtTerminal: boolean;
}

async function start(
  stack: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  stdio: StdioOptions,
): Promise<Started> {
  const given = { ...process.env, ...(await pulumiVariables(stack)), ...variables };
  // Pulumi tells of each plugin that it finds on PATH: stacks without Docker don't have to hear of its plugin.
  const env = withPlugins(given, platformsOf(stack, args));
  for (const pid of clearStaleLocks(env.PULUMI_BACKEND_URL, PROJECT, stack)) {
    process.stderr.write(`  took away the lock of process ${pid}, which was killed\n`);
  }
  // At a terminal, Ctrl-C reaches pulumi without us, and a second one would end it in disorder. Elsewhere a CI runner
  // may send it to us alone or to our whole group: pulumi gets a group of its own, and each signal once, from us.
  const isAtTerminal = process.stdin.isTTY;
  const child = spawn('pulumi', args, { cwd: CHECKOUT, env, stdio, detached: !isAtTerminal });
  return { child, isAtTerminal };
}

/** For this process alone: a PATH that others see would hide the genuine plugin from them. */
function withPlugins(env: NodeJS.ProcessEnv, plugins: readonly PluginName[]): NodeJS.ProcessEnv {
  const folders = plugins.flatMap((plugin) => offlinePluginFolder(plugin, env) ?? []);
  return folders.length === 0 ? env : { ...env, PATH: [env.PATH ?? '', ...folders].join(path.delimiter) };
}

/** Its exit code. */
function ended({ child, isAtTerminal }: Started): Promise<number> {
  return new Promise((resolve, reject) => {
    let isInterrupted = false;
    const stop = (signal: NodeJS.Signals): void => {
      isInterrupted = true;
      // We stay until it has stopped in order.
      if (signal !== 'SIGINT' || !isAtTerminal) child.kill('SIGTERM');
    };
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
    child.once('error', (error) => {
      reject(new UserError(`can't start pulumi: ${error.message}`));
    });
    child.once('close', (exitCode, signal) => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      const wasStopped = (isInterrupted || signal === 'SIGINT') && exitCode !== 0;
      resolve(wasStopped ? ExitCode.interrupted : (exitCode ?? ExitCode.cannotRun));
    });
  });
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `pulumi` without a terminal. `input` goes to its stdin: secrets never stand in arguments. */
export async function capturePulumi(stack: string, args: readonly string[], input = ''): Promise<Captured> {
  const env = { ...process.env, ...(await pulumiVariables(stack)) };
  return new Promise((resolve, reject) => {
    const child = spawn('pulumi', [...args, '--non-interactive'], { cwd: CHECKOUT, env });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => {
      reject(new UserError(`can't start pulumi: ${error.message}`));
    });
    child.once('close', (exitCode) => {
      resolve({ exitCode: exitCode ?? ExitCode.cannotRun, stdout, stderr });
    });
    child.stdin.on('error', () => undefined); // pulumi ended before it read its input: its own message says why
    child.stdin.end(input);
  });
}

/** As capturePulumi, but a failure is a UserError with Pulumi's own words, or with the way out. */
export async function mustPulumi(stack: string, args: readonly string[], input = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await capturePulumi(stack, args, input);
  if (exitCode === 0) return stdout;
  throw pulumiFailure(stack, args, stderr.trim() || stdout);
}
