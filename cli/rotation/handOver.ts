/**
 * Logins that live outside of the stack, of other teams' publishers say: the new one is written to a file for them,
 * and the old one stays until a deadline, or until they are seen to have changed.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseDurationMs } from '../../topology/units';
import { CHECKOUT } from '../checkout';
import type { StackConfig } from '../stackBroker';
import { UserError } from '../userError';

export interface HandOver {
  readonly user: string;
  /** Absolute. */
  readonly file: string;
  /** How long the old login stays. */
  readonly withinMs: number;
  /** Of the rotation that is under way. */
  readonly until?: Date;
}

export interface HandedLogin {
  readonly username: string;
  readonly password: string;
  readonly vhosts: readonly string[];
  /** Where clients find the broker, without a user. */
  readonly amqp?: string;
}

/** By user, from the setting `handOver`. What is wrong with it the stack's program says, before anything is changed. */
export function handOversOf({ handOver }: StackConfig): ReadonlyMap<string, HandOver> {
  const entries = Object.entries(Object(handOver ?? {}) as Readonly<Record<string, unknown>>);
  return new Map(
    entries.map(([user, entry]) => {
      const { file, within, until } = Object(entry ?? {}) as Readonly<Record<string, string | undefined>>;
      return [
        user,
        {
          user,
          file: path.resolve(CHECKOUT, String(file)),
          withinMs: parseDurationMs(String(within)) ?? 0,
          ...(until === undefined ? {} : { until: new Date(until) }),
        },
      ];
    }),
  );
}

/** @throws UserError where the file would be committed with the checkout */
export function refuseCommitted({ user, file }: HandOver): void {
  const git = (...args: readonly string[]): number | null =>
    spawnSync('git', ['-C', path.dirname(file), ...args], { stdio: 'ignore' }).status;
  if (!fs.existsSync(path.dirname(file))) {
    throw new UserError(`handOver.${user}: there is no folder ${path.dirname(file)}`);
  }
  if (git('rev-parse', '--is-inside-work-tree') !== 0 || git('check-ignore', '-q', file) === 0) return;
  throw new UserError(
    `handOver.${user}: ${file} would be committed with the other files of its git repository, with a password in it. Name a file outside, or add it to .gitignore`,
  );
}

/** Found out before anybody gets a new login. @throws UserError where it can't be written */
export function refuseUnwritable({ user, file }: HandOver): void {
  const reason = reasonAgainst(file);
  if (reason !== undefined) throw new UserError(`handOver.${user}: ${file} can't be written: ${reason}`);
}

function reasonAgainst(file: string): string | undefined {
  if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) return 'it is a folder';
  try {
    fs.accessSync(path.dirname(file), fs.constants.W_OK);
    return undefined;
  } catch (error) {
    return `nothing can be made in its folder (${(error as NodeJS.ErrnoException).code ?? 'unwritable'})`;
  }
}

/** JSON, or `NAME=VALUE` lines where the file ends in `.env`; nobody else may read it. */
export function writeLogin({ file }: HandOver, login: HandedLogin, until: Date | undefined): void {
  const text = file.endsWith('.env') ? asEnvironment(login, until) : asJson(login, until);
  const half = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(half, text, { mode: 0o600, flag: 'wx' });
    fs.renameSync(half, file);
  } catch (error) {
    fs.rmSync(half, { force: true });
    throw new UserError(`the new login can't be written to ${file}: ${(error as Error).message}`);
  }
}

function asJson(login: HandedLogin, until: Date | undefined): string {
  const { username, password, vhosts, amqp } = login;
  const oldLoginUntil = until?.toISOString() ?? null;
  const found = { username, password, vhosts, ...(amqp === undefined ? {} : { amqp }), oldLoginUntil };
  return `${JSON.stringify(found, undefined, 2)}\n`;
}

function asEnvironment({ username, password, vhosts, amqp }: HandedLogin, until: Date | undefined): string {
  return [
    until === undefined ? '# The old login is gone.' : `# The old login works until ${until.toISOString()}.`,
    ...(amqp === undefined ? [] : [`RABBITMQ_ADDRESS=${amqp}`]),
    ...(vhosts.length === 1 ? [`RABBITMQ_VHOST=${vhosts[0] ?? ''}`] : []),
    `RABBITMQ_USERNAME=${username}`,
    `RABBITMQ_PASSWORD=${password}`,
    '',
  ].join('\n');
}
