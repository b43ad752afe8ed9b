import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  isDockerRunning,
  newestUsableTag,
  obtainImage,
  PREFERRED_IMAGE,
  stopContainer,
} from '../../tools/localBroker/docker';
import { findFreePorts } from '../../tools/freePort';
import { localBrokerStatus, startLocalBroker, stopLocalBroker } from '../../tools/localBroker/index';
import { findServerFolder, startNode } from '../../tools/localBroker/installedServer';
import { brokerName, readRecord, writeRecord } from '../../tools/localBroker/record';
import { describeProcess, isAlive, onEndOfThisProcess, run, waitFor } from '../../tools/processes';
import { callManagement, canLogIn } from '../rigs/management';
import { temporaryFolder } from './helpers';

const missingServer = findServerFolder() === undefined ? ' [skipped: no rabbitmq-server is installed]' : '';

describe.skipIf(missingServer !== '')(`the local broker as a node${missingServer}`, () => {
  // An engine on another machine is none for us: so these tests use the installed server, with Docker or without.
  beforeEach(() => {
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
    return () => vi.unstubAllEnvs();
  });

  it('starts, is found again, keeps its data and ports over a stop, and goes without a trace', async () => {
    const stateFolder = newStateFolder();
    const broker = await startLocalBroker({ stateFolder });
    const guest = { managementPort: broker.managementPort, username: 'guest', password: 'guest' };
    await callManagement(guest, 'PUT', 'vhosts/kept', {});
    expect(await startLocalBroker({ stateFolder })).toEqual(broker);
    expect(await localBrokerStatus(stateFolder)).toEqual(broker);
    const pids = processesOf(stateFolder);
    expect(pids.length).toBeGreaterThanOrEqual(2);

    await stopLocalBroker(stateFolder, { removeData: false });
    expect(await localBrokerStatus(stateFolder)).toBeUndefined();
    expect(pids.filter(isAlive)).toEqual([]);

    expect(await startLocalBroker({ stateFolder })).toEqual(broker);
    await callManagement(guest, 'GET', 'vhosts/kept');
    const laterPids = processesOf(stateFolder);
    await stopLocalBroker(stateFolder, { removeData: true });
    expect(fs.existsSync(stateFolder)).toBe(false);
    expect(await waitFor(() => (laterPids.some(isAlive) ? undefined : true), 10_000)).toBe(true);
  });

  it('refuses a port that is taken, and leaves the running broker alone', async () => {
    const stateFolder = newStateFolder();
    const port = await takenPort();
    const wanted = startLocalBroker({ stateFolder, managementPort: port });
    await expect(wanted).rejects.toThrow(new RegExp(`Port ${port} .* is taken by another program`));
    const broker = await startLocalBroker({ stateFolder });
    await expect(startLocalBroker({ stateFolder, managementPort: port })).rejects.toThrow(/is taken/);
    expect(await localBrokerStatus(stateFolder)).toEqual(broker);
  });

  it('never takes another process for its own: not by an id that was used again', async () => {
    const stateFolder = newStateFolder();
    const broker = await startLocalBroker({ stateFolder });
    await stopLocalBroker(stateFolder, { removeData: false });
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    onTestFinished(() => {
      stranger.kill('SIGKILL');
    });
    const record = readRecord(stateFolder);
    if (record?.kind !== 'node' || stranger.pid === undefined) throw new Error('a node was expected');
    writeRecord(stateFolder, { ...record, serverPid: stranger.pid, epmdPid: stranger.pid });
    fs.writeFileSync(path.join(stateFolder, 'node', 'node.pid'), String(stranger.pid));
    expect(await localBrokerStatus(stateFolder)).toBeUndefined();
    await stopLocalBroker(stateFolder, { removeData: false });
    expect(isAlive(stranger.pid)).toBe(true);
    expect(await startLocalBroker({ stateFolder })).toEqual(broker);
  });

  it('is started anew after it was killed', async () => {
    const stateFolder = newStateFolder();
    const broker = await startLocalBroker({ stateFolder });
    for (const pid of processesOf(stateFolder)) killAtOnce(pid);
    expect(
      await waitFor(async () => ((await localBrokerStatus(stateFolder)) ? undefined : true), 10_000),
    ).toBe(true);
    expect(await startLocalBroker({ stateFolder })).toEqual(broker);
    const guest = { managementPort: broker.managementPort, username: 'guest', password: 'guest' };
    expect(await canLogIn(guest)).toBe(true);
  });

  it('says what the node said when it does not boot', async () => {
    const stateFolder = newStateFolder();
    const programFolder = findServerFolder() ?? '';
    const amqp = await takenPort();
    const [management, distribution, epmd] = (await findFreePorts(3)) as [number, number, number];
    const ports = { amqp, management, distribution, epmd };
    const failure = startNode(stateFolder, { kind: 'node', nodeName: 'warren-test', ports, programFolder });
    await expect(failure).rejects.toThrow(
      new RegExp(`ended while it booted.*BOOT FAILED.*${amqp}.*whole log`, 's'),
    );
    expect(processesOf(stateFolder)).toEqual([]);
  });
});

describe('the local broker in a container', () => {
  it('keeps its data when its ports change, and touches no container that is not its own', async (context) => {
    if (!(await isDockerRunning())) context.skip('no Docker engine runs here');
    const image = await obtainImage(PREFERRED_IMAGE, true, () => undefined);
    if (image === undefined)
      context.skip(`Docker has no image of RabbitMQ and can't pull ${PREFERRED_IMAGE}`);
    const stateFolder = newStateFolder();
    const first = await startLocalBroker({ stateFolder });
    const login = (managementPort: number) => ({ managementPort, username: 'guest', password: 'guest' });
    await callManagement(login(first.managementPort), 'PUT', 'vhosts/kept', {});
    const [managementPort = 0] = await findFreePorts(1);
    const second = await startLocalBroker({ stateFolder, managementPort });
    expect(second).toEqual({ ...first, managementPort });
    await callManagement(login(managementPort), 'GET', 'vhosts/kept');
    const containerName = brokerName(stateFolder);
    await expect(stopContainer('/another/folder', containerName)).rejects.toThrow(/Warren did not make/);
    await stopLocalBroker(stateFolder, { removeData: true });
    expect((await run('docker', ['volume', 'inspect', containerName])).exitCode).not.toBe(0);
    expect((await run('docker', ['inspect', containerName])).exitCode).not.toBe(0);
  });
});

describe('newestUsableTag', () => {
  it('is the newest known version from 3.10 on that has the management plugin', () => {
    expect(newestUsableTag(['3.9-management', '3.13-management', '4.1.2-management-alpine', '4.0', ''])).toBe(
      '4.1.2-management-alpine',
    );
    expect(newestUsableTag(['3.9-management', 'latest', 'management'])).toBeUndefined();
  });
});

/** A child of a process that was just killed may have ended with it. */
function killAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function newStateFolder(): string {
  const stateFolder = path.join(temporaryFolder(), 'broker');
  // The broker is made to outlive its starter: after Ctrl-C too, unless somebody ends it.
  const stopWatching = onEndOfThisProcess(() => {
    for (const pid of processesOf(stateFolder)) killAtOnce(pid);
  });
  onTestFinished(async () => {
    await stopLocalBroker(stateFolder, { removeData: true });
    stopWatching();
  });
  return stateFolder;
}

/** Everything that runs with the folder in its command line or environment. */
function processesOf(stateFolder: string): number[] {
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => describeProcess(pid).includes(`${stateFolder}/node`));
}

async function takenPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
