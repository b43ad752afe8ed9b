/** Plain `pulumi` on a stack of this checkout, with state, passphrase and settings of the test's own. */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { inject } from 'vitest';
import { parseDocument } from 'yaml';
import { onEndOfThisProcess, run, signalGroup } from '../../tools/processes';

const CHECKOUT = path.resolve(__dirname, '../..');
const RUN_TIMEOUT_MS = 240_000;

/** What `initWithSeed` gives every stack. */
export const TEST_SEED = 'a seed for the tests that is long enough';

export interface PulumiRun {
  /** null when pulumi did not end within its limit. */
  readonly exitCode: number | null;
  readonly stdout: string;
  /** stdout and stderr as they came. */
  readonly output: string;
  readonly durationMs: number;
}

/** `all`: pulumi, its language host and its providers; `engine`: pulumi alone; `children`: all but pulumi. */
export type Killed = 'all' | 'engine' | 'children';

export interface KillableRun {
  readonly ended: Promise<PulumiRun>;
  /** SIGKILL, at once and without a word. */
  kill(whom?: Killed): void;
  /** What Ctrl-C does: a signal to all that the terminal started. */
  interrupt(): void;
  /** A signal to the process that was started, and to no other. */
  signal(signal: NodeJS.Signals): void;
}

export interface PulumiWorkspaceOptions {
  /** Name of the stack; by default `quickstart`. */
  readonly stack?: string;
  /** Another project folder than the checkout. */
  readonly projectFolder?: string;
  /** Added to (undefined: taken from) the environment of every run. */
  readonly env?: NodeJS.ProcessEnv;
  /** A limit against hanging; 240 s unless given. */
  readonly timeoutMs?: number;
}

/** Why there is no engine on this machine, for `it.skipIf`; undefined when there is one. */
export function missingEngine(): string | undefined {
  return inject('engineFolder') === '' ? inject('missingEngineReason') : undefined;
}

/** Of `warren`: they hand nothing on to pulumi. */
const OWN_COMMANDS = new Set(['import', 'rotate', 'status', 'dlq', 'purge', 'doctor']);

/** New stacks with a seed, as pulumi made the first one: it takes two runs, and the same passphrase opens the copies. */
const seeded = new Map<string, ReadonlyMap<string, string>>();

/** Make one per test, and `dispose` of it afterwards. */
export class PulumiWorkspace {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-pulumi-'));
  readonly stack: string;
  /** The stack's config, given to every run by `--config-file`: nothing is written into the checkout. */
  readonly configFile: string;
  private readonly projectFolder: string;
  private readonly timeoutMs: number;
  private readonly env: NodeJS.ProcessEnv;

  constructor(options: PulumiWorkspaceOptions = {}) {
    const engineFolder = inject('engineFolder');
    if (engineFolder === '') throw new Error(`No Pulumi engine: ${inject('missingEngineReason')}`);
    this.stack = options.stack ?? 'quickstart';
    this.projectFolder = options.projectFolder ?? CHECKOUT;
    this.timeoutMs = options.timeoutMs ?? RUN_TIMEOUT_MS;
    fs.mkdirSync(path.join(this.folder, 'state'));
    fs.mkdirSync(this.twinFolder());
    const name = /^name: *\S+/m.exec(
      fs.readFileSync(path.join(this.projectFolder, 'Pulumi.yaml'), 'utf8'),
    )?.[0];
    fs.writeFileSync(path.join(this.twinFolder(), 'Pulumi.yaml'), `${name ?? ''}\nruntime: nodejs\n`);
    this.configFile = path.join(this.twinFolder(), `Pulumi.${this.stack}.yaml`);
    fs.writeFileSync(this.configFile, 'config: {}\n');
    this.env = {
      ...withoutPulumiVariables(process.env),
      PATH: `${engineFolder}${path.delimiter}${process.env.PATH ?? ''}`,
      PULUMI_HOME: path.join(this.folder, 'home'),
      PULUMI_BACKEND_URL: `file://${this.folder}/state?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the tests',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      NO_COLOR: '1',
      ...options.env,
    };
  }

  /**
   * Writes into the stack's config, beside what is there (secrets and their salt stay). Keys without a namespace are
   * the project's. Values other than strings, numbers and booleans become Pulumi's structured config.
   */
  setConfig(config: Readonly<Record<string, unknown>>, projectName = 'warren'): void {
    const document = parseDocument(fs.readFileSync(this.configFile, 'utf8'));
    for (const [key, value] of Object.entries(config)) {
      document.setIn(['config', key.includes(':') ? key : `${projectName}:${key}`], value);
    }
    fs.writeFileSync(this.configFile, document.toString());
  }

  /** `pulumi ARGS` on the stack, unattended. Commands that know `--config-file` get ours. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<PulumiRun> {
    const [command = ''] = args;
    const flags = ['--non-interactive', ...(STACK_COMMANDS.has(command) ? ['--stack', this.stack] : [])];
    const config = CONFIG_COMMANDS.has(command) ? ['--config-file', this.configFile] : [];
    const result = await run('pulumi', [...args, ...flags, ...config], {
      // `pulumi stack init` and `rm` write and delete the config file in the project: not in the checkout.
      cwd: command === 'stack' ? this.twinFolder() : this.projectFolder,
      env: { ...this.env, ...env },
      timeoutMs: this.timeoutMs,
    });
    const { exitCode, stdout, output, durationMs } = result;
    return { exitCode, stdout, output, durationMs };
  }

  /** Creates the stack in the state. */
  init(): Promise<PulumiRun> {
    return this.run(['stack', 'init', this.stack]);
  }

  private async mustRun(args: readonly string[]): Promise<void> {
    const result = await this.run(args);
    if (result.exitCode !== 0)
      throw new Error(`pulumi ${args.slice(0, 2).join(' ')} failed: ${result.output}`);
  }

  /** A new stack with this config and a seed, as `warren init` would leave it. */
  async initWithSeed(config: Readonly<Record<string, unknown>>): Promise<void> {
    const known = seeded.get(this.projectFolder + this.stack);
    if (known === undefined) {
      await this.mustRun(['stack', 'init', this.stack]);
      await this.mustRun(['config', 'set', '--secret', 'seed', TEST_SEED]);
      seeded.set(this.projectFolder + this.stack, this.filesOfStack());
    }
    for (const [name, content] of known ?? []) {
      fs.mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true });
      fs.writeFileSync(path.join(this.folder, name), content);
    }
    this.setConfig(config);
  }

  /** Its state and its config, by their names in the workspace. */
  private filesOfStack(): ReadonlyMap<string, string> {
    const state = fs
      .readdirSync(path.join(this.folder, 'state'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    return new Map(
      [...state, this.configFile].map((file) => [
        path.relative(this.folder, file),
        fs.readFileSync(file, 'utf8'),
      ]),
    );
  }

  /** `up`, `refresh` and `destroy` without questions, and without a preview unless told otherwise: it takes as long again. */
  up(...args: readonly string[]): Promise<PulumiRun> {
    return this.run(['up', ...UNATTENDED, ...args]);
  }

  /** `warren ARGS --stack … --config-file …` of the checkout, in the environment of the others. */
  async warren(...args: readonly string[]): Promise<PulumiRun> {
    const options = { cwd: this.projectFolder, env: this.env, timeoutMs: this.timeoutMs };
    const { exitCode, stdout, output, durationMs } = await run(
      process.execPath,
      this.warrenWords(args),
      options,
    );
    return { exitCode, stdout, output, durationMs };
  }

  private warrenWords(args: readonly string[]): readonly string[] {
    // What goes to pulumi does so with all that it doesn't know.
    const further = OWN_COMMANDS.has(args[0] ?? '') ? [] : ['--non-interactive'];
    const stack = ['--stack', this.stack, '--config-file', this.configFile];
    return [path.join(CHECKOUT, 'cli', 'warren.cjs'), ...args, ...stack, ...further];
  }

  startUp(): KillableRun {
    return this.start('up');
  }

  /** Without questions and preview; can be killed. */
  start(
    command: 'up' | 'destroy' | 'refresh',
    options: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): KillableRun {
    const stack = ['--stack', this.stack, '--config-file', this.configFile];
    return this.launch('pulumi', [command, ...UNATTENDED, '--non-interactive', ...stack, ...options], env);
  }

  /** `warren ARGS` of the checkout, as `start` does it. */
  startWarren(args: readonly string[], env: NodeJS.ProcessEnv = {}): KillableRun {
    return this.launch(process.execPath, this.warrenWords(args), env);
  }

  private launch(command: string, args: readonly string[], env: NodeJS.ProcessEnv): KillableRun {
    const started = Date.now();
    const child = spawn(command, args, {
      cwd: this.projectFolder,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, as a shell makes one for each command.
      detached: true,
    });
    const { pid } = child;
    const stopWatching = onEndOfThisProcess(() => {
      if (pid !== undefined) killTree(pid, 'all');
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const ended = new Promise<PulumiRun>((resolve) => {
      child.once('close', (exitCode) => {
        stopWatching();
        resolve({ exitCode, stdout: '', output, durationMs: Date.now() - started });
      });
    });
    return {
      ended,
      kill: (whom = 'all') => {
        if (pid !== undefined) killTree(pid, whom);
      },
      interrupt: () => {
        if (pid !== undefined) signalGroup(pid, 'SIGINT');
      },
      signal: (signal) => {
        child.kill(signal);
      },
    };
  }

  /** What a user does whose pulumi was killed: `pulumi cancel` takes its lock away. */
  clearLock(): Promise<PulumiRun> {
    return this.run(['cancel', '--yes']);
  }

  preview(...args: readonly string[]): Promise<PulumiRun> {
    return this.run(['preview', ...args]);
  }

  refresh(...args: readonly string[]): Promise<PulumiRun> {
    return this.run(['refresh', ...UNATTENDED, ...args]);
  }

  destroy(...args: readonly string[]): Promise<PulumiRun> {
    return this.run(['destroy', ...UNATTENDED, ...args]);
  }

  /** The stack's outputs, secrets in plain. @throws Error with pulumi's words when it has none to show */
  async outputs(): Promise<Record<string, unknown>> {
    const result = await this.run(['stack', 'output', '--json', '--show-secrets', '--stack', this.stack]);
    if (result.exitCode !== 0) throw new Error(`pulumi stack output failed: ${result.output}`);
    return JSON.parse(result.stdout) as Record<string, unknown>;
  }

  /** Everything that Pulumi has written for this workspace, to look for what must not be in it. */
  stateText(): string {
    const files = fs.readdirSync(path.join(this.folder, 'state'), { recursive: true, withFileTypes: true });
    return files
      .filter((entry) => entry.isFile())
      .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
  }

  dispose(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** A project of the same name, for what only concerns the state. */
  private twinFolder(): string {
    return path.join(this.folder, 'twin');
  }
}

const UNATTENDED = ['--yes', '--skip-preview'];

const CONFIG_COMMANDS = new Set(['up', 'preview', 'refresh', 'destroy', 'config']);
const STACK_COMMANDS = new Set(['up', 'preview', 'refresh', 'destroy', 'config', 'cancel', 'watch']);

/** Pulumi gives its plugins process groups of their own, so the tree is followed by parents. */
function killTree(root: number, whom: Killed): void {
  const parents = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [root];
  for (const pid of tree)
    tree.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0));
  for (const pid of tree) {
    if (whom !== 'all' && (pid === root) !== (whom === 'engine')) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

function withoutPulumiVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PULUMI_')));
}
