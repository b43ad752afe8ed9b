/** Before the first test: real brokers, one per RabbitMQ version, and Pulumi's engine. After the last: their end. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { TestProject } from 'vitest/node' with { 'resolution-mode': 'import' };
import { isDockerRunning } from '../../tools/localBroker/docker';
import { onEndOfThisProcess } from '../../tools/processes';
import { BROKER_VERSIONS, type BrokerVersion, type MissingBroker, type TestBroker } from './brokers';
import { chrootObstacle, startChrootBroker, type StartedBroker } from './chrootBroker';
import { startDockerBroker } from './dockerBroker';
import { SUITE_WITH_VERSION } from './debianTree';
import { callManagement } from './management';
import { obtainPulumi } from './pulumiEngine';
import { CLIENT_SETS, ensureClients, type ClientSet } from './python';

interface Outcome {
  readonly broker?: TestBroker;
  readonly missing?: MissingBroker;
  readonly stop?: () => Promise<void>;
}

/** Called by vitest. Returns what vitest calls at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const rigFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-rig-'));
  const [outcomes, engine, clients] = await Promise.all([obtainBrokers(), obtainPulumi(), obtainClients()]);
  project.provide('rigFolder', rigFolder);
  project.provide('engineFolder', engine.folder);
  project.provide('missingEngineReason', engine.missingReason);
  project.provide('clients', clients.pythons);
  project.provide('missingClientReasons', clients.missingReasons);
  project.provide(
    'brokers',
    outcomes.flatMap(({ broker }) => broker ?? []),
  );
  project.provide(
    'missingBrokers',
    outcomes.flatMap(({ missing }) => missing ?? []),
  );
  const stopWatching = onEndOfThisProcess(() => {
    fs.rmSync(rigFolder, { recursive: true, force: true });
  });
  return async () => {
    stopWatching();
    await Promise.all(outcomes.map((outcome) => outcome.stop?.() ?? Promise.resolve()));
    fs.rmSync(rigFolder, { recursive: true, force: true });
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

async function obtainBrokers(): Promise<Outcome[]> {
  const given = process.env.WARREN_TEST_BROKERS;
  const hasDocker = await isDockerRunning();
  return Promise.all(
    BROKER_VERSIONS.map((version) =>
      given === undefined || given === ''
        ? obtainBroker(version, hasDocker)
        : Promise.resolve(givenBroker(version, given)),
    ),
  );
}

/** `WARREN_TEST_BROKERS`: a JSON array of brokers that somebody else started, for quick reruns. */
function givenBroker(version: BrokerVersion, json: string): Outcome {
  const broker = (JSON.parse(json) as TestBroker[]).find((candidate) => candidate.version === version);
  if (broker !== undefined) return { broker };
  return { missing: { version, reason: 'not in WARREN_TEST_BROKERS' } };
}

async function obtainBroker(version: BrokerVersion, hasDocker: boolean): Promise<Outcome> {
  const wanted = process.env.WARREN_TEST_VERSIONS;
  if (wanted !== undefined && wanted !== '' && !wanted.split(',').includes(version)) {
    return { missing: { version, reason: `WARREN_TEST_VERSIONS is ${wanted}` } };
  }
  const say = (text: string) => process.stderr.write(`RabbitMQ ${version}: ${text}\n`);
  try {
    const started = await startBroker(version, hasDocker, say);
    return { broker: await addRigUser(version, started), stop: started.stop };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`can't be had here, its tests are skipped: ${reason}`);
    return { missing: { version, reason: reason.split('\n')[0] ?? '' } };
  }
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
