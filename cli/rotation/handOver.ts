/**
 * What clients outside of the stack have to know, of other teams say: it is written to a file for them, and what they
 * have stays until a deadline. For a login that is over when they are seen to have changed.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseDurationMs } from '../../topology/units';
import { CHECKOUT } from '../checkout';
import type { StackConfig } from '../stackBroker';
import { UserError } from '../userError';

export interface HandOverFile {
  /** The setting, for messages: `handOver.partner`. */
  readonly at: string;
  /** Absolute. */
  readonly file: string;
  /** How long what they have stays. */
  readonly withinMs: number;
  /** Of the rotation that is under way. */
  readonly until?: Date;
}

export interface HandOver extends HandOverFile {
  readonly user: string;
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
    entries.map(([user, entry]) => [user, { user, ...handOverFile(`handOver.${user}`, entry) }]),
  );
}

export function handOverFile(at: string, entry: unknown): HandOverFile {
  const { file, within, until } = Object(entry ?? {}) as Readonly<Record<string, string | undefined>>;
  return {
    at,
    file: path.resolve(CHECKOUT, String(file)),
    withinMs: parseDurationMs(String(within)) ?? 0,
    ...(until === undefined ? {} : { until: new Date(until) }),
  };
}

/** @throws UserError where the file would be committed with the checkout */
export function refuseCommitted({ at, file }: HandOverFile): void {
  const git = (...args: readonly string[]): number | null =>
    spawnSync('git', ['-C', path.dirname(file), ...args], { stdio: 'ignore' }).status;
  if (git('rev-parse', '--is-inside-work-tree') !== 0 || git('check-ignore', '-q', file) === 0) return;
  throw new UserError(
    `${at}: ${file} would be committed with the other files of its git repository, with a password in it. Name a file outside, or add it to .gitignore`,
  );
}

/** Found out before anybody gets a new login. @throws UserError where it can't be written */
export function refuseUnwritable({ at, file }: HandOverFile): void {
  const reason = reasonAgainst(file);
  if (reason !== undefined) throw new UserError(`${at}: ${file} can't be written: ${reason}`);
}

function reasonAgainst(file: string): string | undefined {
  if (!fs.existsSync(path.dirname(file))) return `there is no folder ${path.dirname(file)}`;
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
  writeFile(file, text, { mode: 0o600, what: 'the new login' });
}

/** Whole or not at all. @throws UserError */
export function writeFile(
  file: string,
  text: string,
  { mode, what }: { readonly mode: number; readonly what: string },
): void {
  const half = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(half, text, { mode, flag: 'wx' });
    fs.renameSync(half, file);
  } catch (error) {
    fs.rmSync(half, { force: true });
    throw new UserError(`${what} can't be written to ${file}: ${(error as Error).message}`);
  }
}

function asJson(login: HandedLogin, until: Date | undefined): string {
  const { username, password, vhosts, amqp } = login;
  const oldLoginUntil = until?.toISOString() ?? null;
  const found = { username, password, vhosts, ...(amqp === undefined ? {} : { amqp }), oldLoginUntil };
  return `${JSON.stringify(found, undefined, 2)}\n`;
}

function asEnvironment({ username, password, vhosts, amqp }: HandedLogin, until: Date | undefined): string {
  const values = {
    ...(amqp === undefined ? {} : { RABBITMQ_ADDRESS: amqp }),
    ...(vhosts.length === 1 ? { RABBITMQ_VHOST: vhosts[0] ?? '' } : {}),
    RABBITMQ_USERNAME: username,
    RABBITMQ_PASSWORD: password,
  };
  return [
    until === undefined ? '# The old login is gone.' : `# The old login works until ${until.toISOString()}.`,
    ...Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}`),
    '',
  ].join('\n');
}

/**
 * What `sh`, dotenv, Docker Compose and `docker run --env-file` all read as it is has no quotes, which the last of them
 * would take for a part of it. All else has the quotes that the first three agree about.
 */
export function quoted(value: string): string {
  if (/^[\w./:@%+,=-]*$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  if (!/["$`\\!]/.test(value)) return `"${value}"`;
  // No form is left that dotenv would read the same way.
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
