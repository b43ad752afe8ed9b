/**
 * Real Python clients for tests, and a checker of CI files: a virtual environment per set of clients, with exactly the packages of its committed
 * list. Made once, from the machine's own python3 and pip, and kept in the cache folder.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, inject } from 'vitest';
import { acquireLock } from '../../tools/fileLock';
import { cacheFolder } from '../../tools/folders';
import { findProgram, run, tail, type RunResult } from '../../tools/processes';

export const CLIENT_SETS = ['celery-5.5', 'celery-5.6', 'amqp', 'ci-schemas'] as const;
export type ClientSet = (typeof CLIENT_SETS)[number];

declare module 'vitest' {
  interface ProvidedContext {
    /** The python of each set of clients that could be had. */
    clients: Partial<Record<ClientSet, string>>;
    missingClientReasons: Partial<Record<ClientSet, string>>;
  }
}

/** Describes `body` with a set of clients; its tests are skipped, with the reason, where they can't be had. */
export function withClients(set: ClientSet, body: (python: string) => void): void {
  const python = inject('clients')[set];
  if (python !== undefined) describe(`with ${set}`, () => body(python));
  else describe.skip(`with ${set} [skipped: ${inject('missingClientReasons')[set] ?? ''}]`, () => body(''));
}

/** Folder of the sets' lists of packages. */
export const CLIENT_REQUIREMENTS = path.resolve(__dirname, '../clients/requirements');
const INSTALL_TIMEOUT_MS = 300_000;
const MAKE_TIMEOUT_MS = 2 * INSTALL_TIMEOUT_MS;

/**
 * @returns the environment's python
 * @throws Error with a one-line reason when it can't be made on this machine
 */
export async function ensureClients(
  set: ClientSet,
  onProgress: (text: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const base = findProgram('python3', [], env);
  if (base === undefined) throw new Error('there is no python3 on this machine');
  const requirements = path.join(CLIENT_REQUIREMENTS, `${set}.txt`);
  const folder = path.join(cacheFolder(), 'rigs', await environmentName(set, requirements, base));
  const python = path.join(folder, 'bin', 'python');
  // An environment can't be moved into place when it is ready: its programs know their folder. So it is marked.
  const mark = path.join(folder, 'complete');
  if (fs.existsSync(mark)) return python;
  const unlock = await acquireLock(`${folder}.lock`, { timeoutMs: MAKE_TIMEOUT_MS });
  try {
    if (!fs.existsSync(mark)) await makeEnvironment({ folder, requirements, base, python }, onProgress);
    fs.writeFileSync(mark, '');
  } finally {
    unlock();
  }
  return python;
}

/** Another Python, or another list of packages, is another environment. */
async function environmentName(set: ClientSet, requirements: string, base: string): Promise<string> {
  const asked = await run(base, ['-c', ASK_VERSION], { timeoutMs: 60_000 });
  const [, version] = /^python (\S+)$/m.exec(asked.stdout) ?? [];
  if (version === undefined) throw new Error(`python3 can't make virtual environments: ${reasonOf(asked)}`);
  const hash = crypto.createHash('sha256').update(fs.readFileSync(requirements)).digest('hex').slice(0, 8);
  return `python-${set}-${version}-${process.arch}-${hash}`;
}

/** Debian has these two modules in a package of their own. */
const ASK_VERSION = 'import ensurepip, venv, platform; print("python", platform.python_version())';

interface Environment {
  readonly folder: string;
  readonly requirements: string;
  readonly base: string;
  readonly python: string;
}

async function makeEnvironment(
  { folder, requirements, base, python }: Environment,
  onProgress: (text: string) => void,
): Promise<void> {
  onProgress(`installing ${path.basename(requirements, '.txt')} into ${folder} (once, about 20 s)`);
  fs.rmSync(folder, { recursive: true, force: true });
  try {
    const made = await run(base, ['-m', 'venv', folder], { timeoutMs: INSTALL_TIMEOUT_MS });
    if (made.exitCode !== 0) throw new Error(`python3 can't make a virtual environment: ${reasonOf(made)}`);
    // The list names every package that is needed: pip has nothing to choose.
    const options = ['--no-deps', '--no-input', '--disable-pip-version-check', '--quiet'];
    const installed = await run(python, ['-m', 'pip', 'install', ...options, '-r', requirements], {
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (installed.exitCode !== 0) throw new Error(`pip can't install the clients: ${reasonOf(installed)}`);
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function reasonOf(result: RunResult): string {
  if (result.timedOut) return `not done after ${Math.round(result.durationMs / 1000)} s`;
  return tail(result.output, 2).replaceAll('\n', '; ');
}
