/** A stack of the checkout on the bench's broker, brought up by `warren` or by plain `pulumi`. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { run, tail } from '../../tools/processes';
import { runTimed, type Timed } from './stopwatch';
import { topologyText, type Shape } from './upTopology';

export const CHECKOUT = path.resolve(__dirname, '../..');
const STACK = 'bench';

export interface PulumiEnvironment {
  /** Holds state, settings and whatever else pulumi writes. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

export function pulumiEnvironment(engineFolder: string): PulumiEnvironment {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-bench-'));
  fs.mkdirSync(path.join(folder, 'state'));
  const env = {
    ...process.env,
    PATH: `${engineFolder}${path.delimiter}${process.env.PATH ?? ''}`,
    PULUMI_HOME: path.join(folder, 'home'),
    PULUMI_BACKEND_URL: `file://${folder}/state?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: 'bench',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    NO_COLOR: '1',
  };
  return { folder, env };
}

export interface StackOptions {
  readonly endpoint: string;
  readonly granularity: 'object' | 'vhost';
  /** `warren`: without checkpoints. */
  readonly command: 'warren' | 'pulumi';
  /** What `--yes` does unless told otherwise: the program runs twice. */
  readonly hasPreview?: boolean;
}

export class StackRunner {
  readonly #settingsFile: string;
  readonly #topologyFile: string;

  constructor(
    private readonly pulumi: PulumiEnvironment,
    private readonly options: StackOptions,
  ) {
    this.#settingsFile = path.join(pulumi.folder, `Pulumi.${STACK}.yaml`);
    this.#topologyFile = path.join(pulumi.folder, 'topology.yaml');
  }

  async init(): Promise<void> {
    const { folder } = this.pulumi;
    fs.writeFileSync(path.join(folder, 'Pulumi.yaml'), 'name: warren\nruntime: nodejs\n');
    const settings = {
      'warren:topology': this.#topologyFile,
      'warren:target': '4.3',
      'warren:endpoint': this.options.endpoint,
      'warren:absentUsers': [],
      'warren:granularity': this.options.granularity,
    };
    fs.writeFileSync(this.#settingsFile, stringify({ config: settings }));
    await this.#must(['stack', 'init', STACK]);
    await this.#must([
      'config',
      'set',
      '--secret',
      'seed',
      'the seed of a benchmark, long enough',
      '--stack',
      STACK,
    ]);
  }

  up(shape: Shape): Promise<Timed> {
    fs.writeFileSync(this.#topologyFile, topologyText(shape));
    return this.#timed('up');
  }

  destroy(): Promise<Timed> {
    return this.#timed('destroy');
  }

  status(): Promise<Timed> {
    return this.#run(['status']);
  }

  #timed(command: 'up' | 'destroy'): Promise<Timed> {
    const preview = this.options.hasPreview === true ? [] : ['--skip-preview'];
    return this.#run([command, '--yes', '--non-interactive', ...preview]);
  }

  #run(command: readonly string[]): Promise<Timed> {
    const args = [...command, '--stack', STACK, '--config-file', this.#settingsFile];
    const warren = path.join(CHECKOUT, 'cli', 'warren.cjs');
    const isWarren = this.options.command === 'warren';
    return runTimed({
      program: isWarren ? process.execPath : 'pulumi',
      args: isWarren ? [warren, ...args] : args,
      cwd: CHECKOUT,
      env: this.pulumi.env,
    });
  }

  /** In a project of the same name: nothing is written into the checkout. */
  async #must(args: readonly string[]): Promise<void> {
    const { folder, env } = this.pulumi;
    const result = await run('pulumi', [...args, '--non-interactive'], { cwd: folder, env });
    if (result.exitCode !== 0) throw new Error(`pulumi ${args.join(' ')} failed: ${tail(result.output, 10)}`);
  }
}
