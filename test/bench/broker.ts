/** The one broker of a bench, and Pulumi's engine beside it. */
import { findEngine } from '../../tools/engine/index';
import { isDockerRunning } from '../../tools/localBroker/docker';
import { startChrootBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { startDockerBroker } from '../rigs/dockerBroker';
import { callManagement } from '../rigs/management';
import type { BenchBroker } from './runner';

const VERSION = '4.3';
const USER = { username: 'bench', password: 'bench-on-this-machine-only' };

export function say(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

/** @throws Error where there is no engine */
export async function withBenchBroker(
  work: (broker: BenchBroker, engineFolder: string) => Promise<void>,
): Promise<void> {
  const engine = await findEngine();
  if (engine === undefined)
    throw new Error('No Pulumi engine on this machine: run `npx warren setup` first.');
  const started =
    ((await isDockerRunning()) ? await startDockerBroker(VERSION, say) : undefined) ??
    (await startChrootBroker(SUITE_WITH_VERSION[VERSION], say));
  try {
    const { managementPort } = started;
    const guest = { managementPort, username: 'guest', password: 'guest' };
    // The stack's own administrator comes and goes; guest's password may not be what measures the peers.
    await callManagement(guest, 'PUT', `users/${USER.username}`, {
      password: USER.password,
      tags: 'administrator',
    });
    await work({ endpoint: `http://127.0.0.1:${managementPort}`, ...USER }, engine.binFolder);
  } finally {
    await started.stop();
  }
}
