/**
 * Where the quickstart keeps what is its own: Pulumi's state, the passphrase, the private broker. Outside the
 * checkout, one folder per checkout, so that two clones don't share a broker.
 */
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { acquireLock } from '../../tools/fileLock';
import { CHECKOUT } from '../checkout';
import { UserError } from '../userError';

export const QUICKSTART_STACK = 'quickstart';

const PASSPHRASE_BYTES = 24;

/** `$XDG_STATE_HOME/warren/…`, else `~/.local/state/warren/…`. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env.XDG_STATE_HOME;
  const base = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.local', 'state');
  const checkout = createHash('sha256').update(CHECKOUT).digest('hex').slice(0, 8);
  return path.join(base, 'warren', `quickstart-${checkout}`);
}

export function brokerFolder(): string {
  return path.join(stateFolder(), 'broker');
}

function passphraseFile(): string {
  return path.join(stateFolder(), 'passphrase');
}

function backendFolder(): string {
  return path.join(stateFolder(), 'pulumi');
}

/** A first run gets and builds Pulumi's engine, which may take its time. */
const LOCK_TIMEOUT_MS = 3_600_000;

/**
 * One quickstart of a checkout at a time: two would make the same stack, and log in with each other's seed. The second
 * waits, and finds what the first one has made.
 * @returns the function that lets the next one begin
 * @throws UserError when this user can't write there; Error when another one has worked for an hour
 */
export async function lockQuickstart(onWait: (holder: number) => void): Promise<() => void> {
  try {
    // Beside the folder, which goes with --destroy.
    fs.mkdirSync(path.dirname(stateFolder()), { recursive: true, mode: 0o700 });
    return await acquireLock(`${stateFolder()}.lock`, { timeoutMs: LOCK_TIMEOUT_MS, onWait });
  } catch (error) {
    // Who waited for too long is told so in other words.
    throw (error as NodeJS.ErrnoException).code === undefined ? error : cannotKeepState(error);
  }
}

/**
 * Makes the folders (0700) and the passphrase (0600) unless they are there.
 * @throws UserError when this user can't write there
 */
export function ensureStateFolder(): void {
  try {
    makeStateFolder();
  } catch (error) {
    throw cannotKeepState(error);
  }
}

function cannotKeepState(error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    `can't keep the quickstart's state in ${stateFolder()} (${reason}). Set XDG_STATE_HOME to a folder that you can write to`,
  );
}

function makeStateFolder(): void {
  fs.mkdirSync(stateFolder(), { recursive: true, mode: 0o700 });
  fs.mkdirSync(backendFolder(), { recursive: true, mode: 0o700 });
  if (!fs.existsSync(passphraseFile())) {
    const passphrase = randomBytes(PASSPHRASE_BYTES).toString('base64url');
    fs.writeFileSync(passphraseFile(), passphrase, { mode: 0o600, flag: 'wx' });
  }
}

/** Whether a quickstart has begun: then there is a passphrase. */
export function hasState(): boolean {
  return fs.existsSync(passphraseFile());
}

export function forgetEverything({ keepBroker }: { readonly keepBroker: boolean }): void {
  if (!fs.existsSync(stateFolder())) return;
  for (const name of fs.readdirSync(stateFolder())) {
    const file = path.join(stateFolder(), name);
    if (!keepBroker || file !== brokerFolder()) fs.rmSync(file, { recursive: true, force: true });
  }
  if (fs.readdirSync(stateFolder()).length === 0) fs.rmdirSync(stateFolder());
}

/** `metadata=skip`: a killed engine would otherwise leave an empty file beside the state that breaks every later run. */
export function quickstartVariables(): Record<string, string | undefined> {
  return {
    PULUMI_CONFIG_PASSPHRASE: undefined, // it would win over the file
    PULUMI_BACKEND_URL: `file://${backendFolder()}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
  };
}
