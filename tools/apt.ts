/** Installing Debian's or Ubuntu's packages without letting them start a service. */
import * as fs from 'node:fs';
import { findProgram, onEndOfThisProcess, run, tail } from './processes';

export interface AptOptions {
  readonly onProgress?: (text: string) => void;
  /** Only tests say another one. */
  readonly policyFile?: string;
}

// The contract of Debian's invoke-rc.d: 101 means "don't".
const ACTION_FORBIDDEN = 101;
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const OUR_MARK =
  '# Put here by Warren while it installs a package, so that no service is started. Safe to delete.';
const OUR_POLICY = `#!/bin/sh\n${OUR_MARK}\nexit ${ACTION_FORBIDDEN}\n`;
const LOCK_WAIT_SECONDS = 120;
const APT_TIMEOUT_MS = 900_000;

/** Whether this process may install packages on this machine. */
export function canAptInstall(): boolean {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/**
 * Installs packages, without those that are only recommended. Reads the package lists anew only when needed.
 * @throws Error with apt's own words
 */
export async function aptInstall(packages: readonly string[], options: AptOptions = {}): Promise<void> {
  const removePolicy = await forbidServiceStarts(options.policyFile ?? POLICY_FILE);
  try {
    options.onProgress?.(`installing the package ${packages.join(', ')} (no service of it is started)`);
    const first = await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
    if (first.exitCode === 0) return;
    options.onProgress?.('reading the package lists anew (apt-get update)');
    const update = await aptGet(['update']);
    const second = await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
    if (second.exitCode === 0) return;
    const network =
      update.exitCode === 0 ? '' : `\napt-get update failed as well:\n${tail(update.output, 3)}`;
    throw new Error(
      `apt-get can't install ${packages.join(', ')}:\n${tail(second.output, 5)}${network}\n` +
        'Way out: repair apt (`apt-get update` shows what is wrong), or install the package yourself.',
    );
  } finally {
    removePolicy();
  }
}

function aptGet(args: readonly string[]) {
  return run('apt-get', ['-q', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    timeoutMs: APT_TIMEOUT_MS,
  });
}

/**
 * Puts Debian's switch against starting services in place, unless the machine has one.
 * @returns what takes it away again; it is also taken away when this process ends
 * @throws Error when the machine's own switch would let services start
 */
export async function forbidServiceStarts(file: string): Promise<() => void> {
  if (fs.existsSync(file) && !isOurs(file)) {
    const { exitCode } = await run(file, ['rabbitmq-server', 'start'], { timeoutMs: 10_000 });
    if (exitCode === ACTION_FORBIDDEN) return () => undefined;
    throw new Error(
      `${file} of this machine lets packages start their services, and Warren doesn't change it. ` +
        'Way out: install the package yourself.',
    );
  }
  fs.writeFileSync(file, OUR_POLICY, { mode: 0o755 });
  const remove = () => {
    if (isOurs(file)) fs.rmSync(file, { force: true });
  };
  const stopWatching = onEndOfThisProcess(remove);
  return () => {
    stopWatching();
    remove();
  };
}

/** Ours, perhaps left by a process that was killed. */
function isOurs(file: string): boolean {
  try {
    return fs.readFileSync(file, 'utf8').includes(OUR_MARK);
  } catch {
    return false;
  }
}
