import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { CHECKOUT, stackFile } from '../checkout';
import { settingsIn } from '../configFile';
import { ExitCode } from '../exitCodes';
import { ensureProjectFiles } from '../projectFiles';
import { mustPulumi } from '../pulumi';
import { ensureSeed } from '../stackSeed';
import { UserError } from '../userError';

export interface InitOptions {
  readonly stack: string;
  readonly topology?: string;
  readonly endpoint?: string;
}

const PRODUCTION_STACK = /^prod(uction)?$/;

/** `warren init`: the stack in the user's own Pulumi backend, its config file, and a seed. Changes nothing that is set. */
export async function init(options: InitOptions): Promise<number> {
  const { stack } = options;
  const settings: string[] = [];
  if (options.topology !== undefined) {
    const relative = path.relative(CHECKOUT, path.resolve(options.topology));
    if (!existsSync(path.resolve(options.topology))) {
      throw new UserError(`--topology ${options.topology}: there is no such file`);
    }
    settings.push('--plaintext', `topology=${relative}`);
  }
  if (options.endpoint?.includes('@') === true) {
    throw new UserError(
      '--endpoint holds a user or a password, which would stand in plain text. Give it without; the administrator to begin with is bootstrapUsername and bootstrapPassword (a secret)',
    );
  }
  if (options.endpoint !== undefined && !/^https?:\/\//.test(options.endpoint)) {
    throw new UserError(
      `--endpoint ${options.endpoint} is no URL of a management API, e.g. http://127.0.0.1:15672`,
    );
  }
  if (options.endpoint !== undefined) settings.push('--plaintext', `endpoint=${options.endpoint}`);
  if (PRODUCTION_STACK.test(stack) && process.env.PULUMI_CONFIG_PASSPHRASE === '') {
    throw new UserError(
      `stack ${stack} is a production stack and PULUMI_CONFIG_PASSPHRASE is empty: set a passphrase that is kept safe, or use a backend with a key service`,
    );
  }
  const written = ensureProjectFiles();
  if (written.length > 0) process.stdout.write(`Wrote ${written.join(' and ')}: commit them.\n`);
  await mustPulumi(stack, ['stack', 'select', stack, '--create']);
  // First: where it is refused, nothing has been changed.
  const isNew = await ensureSeed(stack);
  const notice = amqpNotice(stack, settingsIn(stackFile(stack)), options.endpoint);
  if (settings.length > 0) await mustPulumi(stack, ['config', 'set-all', '--stack', stack, ...settings]);
  process.stdout.write(
    `Stack ${stack}: ${path.relative(process.cwd(), stackFile(stack))} ${isNew ? 'has a new seed' : 'keeps its seed'}.\n` +
      notice +
      `Next: npx warren preview --stack ${stack}\n`,
  );
  return ExitCode.ok;
}

/** An address for AMQP stays that was said beside another endpoint: of the example, or of the broker before. */
export function amqpNotice(
  stack: string,
  settings: Readonly<Record<string, unknown>>,
  endpoint: string | undefined,
): string {
  const { 'warren:amqp': amqp, 'warren:endpoint': before } = settings;
  if (typeof amqp !== 'string' || amqp === '' || endpoint === undefined || endpoint === before) return '';
  return (
    `Its setting amqp stays${amqp.includes('@') ? '' : ` ${amqp}`}. Where that isn't AMQP of ${endpoint}, ` +
    `take it out (the broker says its own): pulumi config rm amqp --stack ${stack}\n`
  );
}
