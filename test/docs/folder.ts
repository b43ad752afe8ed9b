/** A folder in which a page's commands run, as its reader would run them: with bash, and `npx warren` on this checkout. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { run, type RunResult } from '../../tools/processes';
import { ROOT } from '../structure/sources';
import { stepsOf, type Block } from './pages';
import { differenceOf } from './shown';

/** Of what a page can't say, since it is another one on each machine. */
export interface Circumstances {
  /** In place of a text of the page, the one that holds here: addresses, mostly. */
  readonly here?: Readonly<Record<string, string>>;
  /** What its reader types where a command asks. */
  readonly typed?: string;
  /** That of its last command; 0 unless given. */
  readonly exitCode?: number;
}

/** A limit against hanging: one block may be many commands. */
const RUN_TIMEOUT_MS = 290_000;

export class PageFolder {
  readonly path: string;

  /** @param folder one that is there; a new one by default */
  constructor(
    private readonly env: NodeJS.ProcessEnv = {},
    folder?: string,
  ) {
    this.path = folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'warren-page-'));
    if (folder !== undefined) return;
    // What `npm install` of the package leaves there.
    const bin = path.join(this.path, 'node_modules/.bin');
    fs.mkdirSync(bin, { recursive: true });
    fs.symlinkSync(path.join(ROOT, 'cli/warren.cjs'), path.join(bin, 'warren'));
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(this.path, name)), { recursive: true });
      fs.writeFileSync(path.join(this.path, name), text);
    }
  }

  read(name: string): string {
    return fs.readFileSync(path.join(this.path, name), 'utf8');
  }

  /** Replaces texts in a file; each must be there. */
  edit(name: string, replacements: Readonly<Record<string, string>>): void {
    let text = this.read(name);
    for (const [from, to] of Object.entries(replacements)) {
      if (!text.includes(from)) throw new Error(`${name} has no ${JSON.stringify(from)}:\n${text}`);
      text = text.replace(from, to);
    }
    this.write({ [name]: text });
  }

  bash(script: string, typed = ''): Promise<RunResult> {
    const env = {
      ...process.env,
      // Nobody answers here, and what is said is to be the same everywhere.
      ...{ PULUMI_SKIP_CONFIRMATIONS: 'true', NO_COLOR: '1', npm_config_update_notifier: 'false' },
      ...this.env,
    };
    const input = `exec <<'TYPED'\n${typed}\nTYPED\n`;
    const full = `exec 2>&1\n${typed === '' ? '' : input}set -euo pipefail\n${script}`;
    return run('bash', ['-c', full], { cwd: this.path, env, timeoutMs: RUN_TIMEOUT_MS });
  }

  /**
   * Types what a block says, and compares what it shows.
   * @throws Error where a command ends otherwise or says something else
   */
  async follow(block: Block, { here = {}, typed, exitCode = 0 }: Circumstances = {}): Promise<void> {
    const localized = (text: string): string =>
      Object.entries(here).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    const steps = stepsOf(block);
    for (const [index, { command, shown }] of steps.entries()) {
      const ended = await this.bash(localized(command), typed);
      const wanted = index === steps.length - 1 ? exitCode : 0;
      const where = `${block.page}:${block.line}: ${command}`;
      if (ended.exitCode !== wanted) {
        throw new Error(`${where}\nended with ${ended.exitCode ?? 'no'} exit code:\n${ended.output}`);
      }
      const difference = shown === undefined ? undefined : differenceOf(localized(shown), ended.output);
      if (difference !== undefined) throw new Error(`${where}\n${difference}`);
    }
  }

  dispose(): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}
