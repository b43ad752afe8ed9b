/**
 * A private RabbitMQ on this machine: a container where a Docker engine runs, else a node of the installed server, else
 * of Debian's package, which is installed. Nothing that runs on the machine already is used or touched.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { aptInstall, canAptInstall } from '../apt';
import { acquireLock } from '../fileLock';
import { findFreePorts, isPortFree } from '../freePort';
import { run, waitFor } from '../processes';
import { BrokerError } from './brokerError';
import {
  isDockerRunning,
  isContainerRunning,
  obtainImage,
  PREFERRED_IMAGE,
  destroyContainer,
  removeContainer,
  startContainer,
  stopContainer,
} from './docker';
import { findServerFolder, isNodeRunning, startNode, stopNode } from './installedServer';
import type { NodePorts } from './node';
import { isManagementUp } from './readiness';
import { type BrokerRecord, brokerName, readRecord, writeRecord } from './record';

export { BrokerError } from './brokerError';

export interface LocalBroker {
  readonly amqpPort: number;
  readonly managementPort: number;
  /** What it is, for people, e.g. "container warren-1a2b3c4d (rabbitmq:4.3-management)". */
  readonly description: string;
}

export interface LocalBrokerOptions {
  /** Of this broker only: holds its data, its log and what is remembered of it. */
  readonly stateFolder: string;
  /** Ports on 127.0.0.1; free ones when not given, the same ones at every start. */
  readonly amqpPort?: number;
  readonly managementPort?: number;
  readonly onProgress?: (text: string) => void;
}

const LOCK_TIMEOUT_MS = 600_000;
const PORT_RELEASE_MS = 2_000;

/**
 * Starts the broker, or finds it running. A new one has the user guest with the password guest.
 * @throws BrokerError when no RabbitMQ can be had, a wanted port is taken, or it doesn't boot within 2 minutes
 */
export function startLocalBroker(options: LocalBrokerOptions): Promise<LocalBroker> {
  return exclusively(options.stateFolder, async () => {
    const onProgress = options.onProgress ?? (() => undefined);
    const known = readRecord(options.stateFolder);
    if (known !== undefined && (await isRunning(options.stateFolder, known))) {
      if (hasWantedPorts(known, options)) return localBroker(known);
      // Before anything is stopped: a wrong port must not cost the running broker.
      await refuseTakenPorts(options, known.ports);
      onProgress('restarting the local RabbitMQ on other ports');
      await stop(options.stateFolder, known, false);
    }
    const record = await planStart(options, known, onProgress);
    writeRecord(options.stateFolder, record);
    onProgress(`starting RabbitMQ: ${localBroker(record).description}`);
    if (record.kind === 'container') await startContainer(options.stateFolder, record);
    else await startNode(options.stateFolder, record);
    return localBroker(record);
  });
}

/** The broker when it runs and answers, undefined otherwise. */
export async function localBrokerStatus(stateFolder: string): Promise<LocalBroker | undefined> {
  const record = readRecord(stateFolder);
  return record !== undefined && (await isRunning(stateFolder, record)) ? localBroker(record) : undefined;
}

/**
 * Ends the broker; with `removeData` everything it had is removed too. Does nothing when there is none.
 * @throws BrokerError when it doesn't end
 */
export async function stopLocalBroker(stateFolder: string, options: { removeData: boolean }): Promise<void> {
  if (!fs.existsSync(stateFolder)) return;
  await exclusively(stateFolder, async () => {
    const record = readRecord(stateFolder);
    if (record !== undefined) await stop(stateFolder, record, options.removeData);
  });
  if (options.removeData) fs.rmSync(stateFolder, { recursive: true, force: true });
}

async function exclusively<T>(stateFolder: string, action: () => Promise<T>): Promise<T> {
  fs.mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const unlock = await acquireLock(path.join(stateFolder, 'lock'), { timeoutMs: LOCK_TIMEOUT_MS });
  try {
    return await action();
  } finally {
    unlock();
  }
}

async function isRunning(stateFolder: string, record: BrokerRecord): Promise<boolean> {
  const runs =
    record.kind === 'node'
      ? isNodeRunning(stateFolder, record)
      : await isContainerRunning(record.containerName);
  return runs && (await isManagementUp(record.ports.management));
}

async function stop(stateFolder: string, record: BrokerRecord, removeData: boolean): Promise<void> {
  if (record.kind === 'node') await stopNode(stateFolder, record, removeData ? 'SIGKILL' : 'SIGTERM');
  else if (removeData) await destroyContainer(stateFolder, record.containerName);
  else await stopContainer(stateFolder, record.containerName);
}

function hasWantedPorts(record: BrokerRecord, options: LocalBrokerOptions): boolean {
  const { amqp, management } = record.ports;
  return (options.amqpPort ?? amqp) === amqp && (options.managementPort ?? management) === management;
}

function localBroker(record: BrokerRecord): LocalBroker {
  const description =
    record.kind === 'container'
      ? `container ${record.containerName} (${record.image})`
      : `private node ${record.nodeName} (${record.programFolder}/rabbitmq-server)`;
  return { amqpPort: record.ports.amqp, managementPort: record.ports.management, description };
}

/** What to start: what there was before, as its data is there; else the first that this machine can have. */
async function planStart(
  options: LocalBrokerOptions,
  known: BrokerRecord | undefined,
  onProgress: (text: string) => void,
): Promise<BrokerRecord> {
  const { stateFolder } = options;
  if (known?.kind === 'container') {
    if (!(await isDockerRunning())) {
      throw new BrokerError(
        `The local RabbitMQ is the container ${known.containerName}, and Docker doesn't run: start Docker. ` +
          `To do without it, remove ${stateFolder}; the container stays until you remove it.`,
      );
    }
    if (hasWantedPorts(known, options)) return known;
    // A container's ports are fixed when it is made; its data is in a volume.
    await removeContainer(stateFolder, known.containerName);
    return { ...known, ports: await choosePorts(options, known.ports) };
  }
  // What was left of a node that hangs or lost its management API would keep its ports.
  if (known !== undefined) await stopNode(stateFolder, known, 'SIGTERM');
  const ports = await choosePorts(options, known?.ports);
  const name = brokerName(stateFolder);
  if (known === undefined && (await isDockerRunning())) {
    const image = await obtainImage(PREFERRED_IMAGE, true, onProgress);
    if (image !== undefined) return { kind: 'container', containerName: name, image, ports };
  }
  return { kind: 'node', nodeName: name, ports, programFolder: await obtainServer(onProgress) };
}

async function obtainServer(onProgress: (text: string) => void): Promise<string> {
  const present = findServerFolder();
  if (present !== undefined) return present;
  const waysOut =
    'Way out: start Docker; or install RabbitMQ 3.10 or newer (Debian, Ubuntu: apt-get install rabbitmq-server; ' +
    'macOS: brew install rabbitmq; others: https://www.rabbitmq.com/docs/download); or use a broker that you have: ' +
    '--broker URL.';
  if (!canAptInstall()) {
    throw new BrokerError(
      `No RabbitMQ can be had here: no Docker engine runs and no rabbitmq-server is installed. ${waysOut}`,
    );
  }
  try {
    await aptInstall(['rabbitmq-server'], { onProgress });
    // The package arranges that its service starts at the next boot: nobody asked for that.
    await run('update-rc.d', ['rabbitmq-server', 'disable'], { timeoutMs: 60_000 });
    onProgress('its service stays off: `update-rc.d rabbitmq-server enable` would switch it on');
  } catch (error) {
    throw new BrokerError(`${error instanceof Error ? error.message : String(error)}\n${waysOut}`);
  }
  const installed = findServerFolder();
  if (installed !== undefined) return installed;
  throw new BrokerError(
    `The package rabbitmq-server is installed but has no rabbitmq-server program. ${waysOut}`,
  );
}

/** The wanted ports, else those of before where they are still free, else free ones. */
async function choosePorts(
  options: LocalBrokerOptions,
  before: Partial<NodePorts> | undefined,
): Promise<NodePorts> {
  await refuseTakenPorts(options, undefined);
  const wanted = [options.amqpPort, options.managementPort];
  const free = (await findFreePorts(6)).filter((port) => !wanted.includes(port));
  const choose = async (chosen: number | undefined, last: number | undefined): Promise<number> => {
    if (chosen !== undefined) return chosen;
    if (last !== undefined && (await becomesFree(last))) return last;
    return free.pop() ?? 0;
  };
  return {
    amqp: await choose(options.amqpPort, before?.amqp),
    management: await choose(options.managementPort, before?.management),
    distribution: await choose(undefined, before?.distribution),
    epmd: await choose(undefined, before?.epmd),
  };
}

/** A process that was killed keeps its ports for a moment after it is gone. */
async function becomesFree(port: number): Promise<boolean> {
  return (await waitFor(async () => ((await isPortFree(port)) ? true : undefined), PORT_RELEASE_MS)) ?? false;
}

async function refuseTakenPorts(
  options: LocalBrokerOptions,
  own: Pick<NodePorts, 'amqp' | 'management'> | undefined,
): Promise<void> {
  const wanted = [
    { port: options.amqpPort, what: 'AMQP' },
    { port: options.managementPort, what: 'management UI' },
  ];
  for (const { port, what } of wanted) {
    if (port === undefined || port === own?.amqp || port === own?.management || (await isPortFree(port)))
      continue;
    throw new BrokerError(
      `Port ${port} of 127.0.0.1, wanted for RabbitMQ's ${what}, is taken by another program. Say another one, ` +
        'or none: a free one is found.',
    );
  }
}
