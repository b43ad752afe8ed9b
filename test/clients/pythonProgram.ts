/** Python programs in a folder of their own, with what was rendered for them: to their end, or in the background. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { onEndOfThisProcess, run, signalGroup, tail, waitFor } from '../../tools/processes';

const APPS = path.join(__dirname, 'apps');
const WAIT_MS = 60_000;

export class PythonFolder {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-clients-'));

  constructor(
    private readonly python: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  /** A module that programs in this folder can import. */
  write(name: string, text: string): void {
    this.writeFile(`${name}.py`, text);
  }

  writeFile(name: string, text: string): void {
    fs.writeFileSync(path.join(this.folder, name), text);
  }

  /** Runs `python ARGS` and returns what it printed, as JSON. */
  async json<T>(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
    return JSON.parse(await this.output(args, env)) as T;
  }

  /** @throws Error with the end of all that it printed when its exit code isn't 0 */
  async output(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const result = await run(this.python, args, {
      cwd: this.folder,
      env: { ...this.environment(), ...env },
      timeoutMs: 4 * WAIT_MS,
    });
    if (result.exitCode !== 0) throw new Error(`${args.join(' ')}: ${tail(result.output, 30)}`);
    return result.stdout;
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): BackgroundProgram {
    const log = path.join(this.folder, `${fs.readdirSync(this.folder).length}.log`);
    const output = fs.openSync(log, 'w');
    const child = spawn(this.python, args, {
      cwd: this.folder,
      env: { ...this.environment(), ...env },
      stdio: ['ignore', output, output],
      detached: true,
    });
    fs.closeSync(output);
    return new BackgroundProgram(child, log);
  }

  /** The lines of a file in the folder, each a JSON value; none while it isn't there. */
  notes<T>(name: string): T[] {
    const file = path.join(this.folder, name);
    if (!fs.existsSync(file)) return [];
    const lines = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as T);
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private environment(): NodeJS.ProcessEnv {
    const { PATH, HOME, TMPDIR } = process.env;
    const searched = [this.folder, APPS].join(path.delimiter);
    return {
      ...{ PATH, HOME, TMPDIR },
      ...{ PYTHONPATH: searched, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
      ...this.env,
    };
  }
}

export class BackgroundProgram {
  readonly #stopWatching: () => void;

  constructor(
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {
    this.#stopWatching = onEndOfThisProcess(() => {
      this.signal('SIGKILL');
    });
  }

  output(): string {
    return fs.readFileSync(this.log, 'utf8');
  }

  /** @throws Error with the end of its output when it ends, or 60 s pass, before it says so */
  async says(text: string): Promise<void> {
    const said = await waitFor(() => {
      if (this.output().includes(text)) return true;
      return this.hasEnded() ? false : undefined;
    }, WAIT_MS);
    if (said !== true) throw new Error(`the program never said "${text}":\n${tail(this.output(), 30)}`);
  }

  /** Asks it to end, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.signal(signal);
    const ended = await waitFor(() => (this.hasEnded() ? true : undefined), WAIT_MS);
    if (ended === undefined) this.signal('SIGKILL');
    this.#stopWatching();
  }

  private hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  private signal(signal: NodeJS.Signals): void {
    // The id of a program that has ended may be another one's by now.
    if (this.child.pid !== undefined && !this.hasEnded()) signalGroup(this.child.pid, signal);
  }
}
