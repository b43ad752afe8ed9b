/**
 * Before the first test: real brokers, one per RabbitMQ version for each process that runs tests, and Pulumi's engine.
 * After the last: their end.
 */
import * as crypto from 'node:crypto';
import type { TestProject } from 'vitest/node' with { 'resolution-mode': 'import' };
import { isDockerRunning } from '../../tools/localBroker/docker';
import { BROKER_VERSIONS, type BrokerVersion, type MissingBroker, type TestBroker } from './brokers';
import { chrootObstacle, startChrootBroker, type StartedBroker } from './chrootBroker';
import { startDockerBroker } from './dockerBroker';
import { SUITE_WITH_VERSION } from './debianTree';
import { callManagement } from './management';
import { obtainPulumi } from './pulumiEngine';
import { CLIENT_SETS, ensureClients, type ClientSet } from './python';

interface Outcome {
  /** One for each process. */
  readonly brokers?: readonly TestBroker[];
  readonly missing?: MissingBroker;
  readonly stop?: () => Promise<void>;
}

/** Called by vitest. Returns what vitest calls at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { state, config } = project.vitest;
  const processes = Math.min(config.maxWorkers, state.getPaths().length);
  const [outcomes, engine, clients] = await Promise.all([
    obtainBrokers(processes),
    obtainPulumi(),
    obtainClients(),
  ]);
  project.provide('engineFolder', engine.folder);
  project.provide('missingEngineReason', engine.missingReason);
  project.provide('clients', clients.pythons);
  project.provide('missingClientReasons', clients.missingReasons);
  project.provide(
    'brokers',
    Array.from({ length: processes }, (_, index) =>
      outcomes.flatMap(({ brokers }) => brokers?.[index] ?? []),
    ),
  );
  project.provide(
    'missingBrokers',
    outcomes.flatMap(({ missing }) => missing ?? []),
  );
  return async () => {
    await Promise.all(outcomes.map(async ({ stop }) => stop?.()));
  };
}

async function obtainClients(): Promise<{
  pythons: Partial<Record<ClientSet, string>>;
  missingReasons: Partial<Record<ClientSet, string>>;
}> {
  const pythons: Partial<Record<ClientSet, string>> = {};
  const missingReasons: Partial<Record<ClientSet, string>> = {};
  const obtain = async (set: ClientSet): Promise<void> => {
    const say = (text: string) => process.stderr.write(`Python clients: ${text}\n`);
    try {
      pythons[set] = await ensureClients(set, say);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      say(`${set} can't be had here, its tests are skipped: ${reason}`);
      missingReasons[set] = reason;
    }
  };
  await Promise.all(CLIENT_SETS.map(obtain));
  return { pythons, missingReasons };
}

async function obtainBrokers(processes: number): Promise<Outcome[]> {
  const hasDocker = await isDockerRunning();
  return Promise.all(BROKER_VERSIONS.map((version) => obtainVersion(version, processes, hasDocker)));
}

async function obtainVersion(
  version: BrokerVersion,
  processes: number,
  hasDocker: boolean,
): Promise<Outcome> {
  const wanted = process.env.WARREN_TEST_VERSIONS;
  if (wanted !== undefined && wanted !== '' && !wanted.split(',').includes(version)) {
    return { missing: { version, reason: `WARREN_TEST_VERSIONS is ${wanted}` } };
  }
  const say = (text: string) => process.stderr.write(`RabbitMQ ${version}: ${text}\n`);
  const starts = await Promise.allSettled(
    Array.from({ length: processes }, () => startBroker(version, hasDocker, say)),
  );
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? start.value : []));
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(({ stop }) => stop()));
  };
  const failure = starts.find((start) => start.status === 'rejected');
  if (failure === undefined) {
    return { brokers: await Promise.all(started.map((broker) => addRigUser(version, broker))), stop };
  }
  await stop();
  const reason = failure.reason instanceof Error ? failure.reason.message : String(failure.reason);
  say(`can't be had here, its tests are skipped: ${reason}`);
  return { missing: { version, reason: reason.split('\n')[0] ?? '' } };
}

async function startBroker(
  version: BrokerVersion,
  hasDocker: boolean,
  say: (text: string) => void,
): Promise<StartedBroker> {
  const inContainer = hasDocker ? await startDockerBroker(version, say) : undefined;
  if (inContainer !== undefined) return inContainer;
  const obstacle = chrootObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  return startChrootBroker(SUITE_WITH_VERSION[version], say);
}

/** Tests delete guest, as Warren does: the rig needs an administrator of its own to put it back. */
async function addRigUser(version: BrokerVersion, started: StartedBroker): Promise<TestBroker> {
  const username = 'warren-test-rig';
  // Without a hyphen in front, which a command would take for an option.
  const password = crypto.randomBytes(18).toString('hex');
  const guest = { managementPort: started.managementPort, username: 'guest', password: 'guest' };
  await callManagement(guest, 'PUT', `users/${username}`, { password, tags: 'administrator' });
  const { amqpPort, managementPort } = started;
  return { version, amqpPort, managementPort, username, password };
}
