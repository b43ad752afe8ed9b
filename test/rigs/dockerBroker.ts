/** RabbitMQ's official images as test brokers, where a Docker engine runs. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findFreePorts } from '../../tools/freePort';
import { destroyContainer, obtainImage, startContainer } from '../../tools/localBroker/docker';
import { brokerName, type ContainerRecord } from '../../tools/localBroker/record';
import { onEndOfThisProcess } from '../../tools/processes';
import type { BrokerVersion } from './brokers';
import type { StartedBroker } from './chrootBroker';
import { RIG_PLUGINS } from './plugins';

/**
 * Boots the official image of `version`; undefined when it is neither here nor to be pulled.
 * @throws Error with Docker's words or the end of the container's log
 */
export async function startDockerBroker(
  version: BrokerVersion,
  onProgress: (text: string) => void,
): Promise<StartedBroker | undefined> {
  const image = await obtainImage(`rabbitmq:${version}-management`, false, onProgress);
  if (image === undefined) return undefined;
  const [amqp, management] = (await findFreePorts(2)) as [number, number];
  // Only its name counts: it marks the container as this run's.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-rig-broker-'));
  const containerName = brokerName(folder);
  const ports = { amqp, management };
  const record: ContainerRecord = { kind: 'container', containerName, image, ports, plugins: RIG_PLUGINS };
  const stopWatching = onEndOfThisProcess(() => {
    spawnSync('docker', ['rm', '--force', containerName], { stdio: 'ignore' });
    spawnSync('docker', ['volume', 'rm', '--force', containerName], { stdio: 'ignore' });
  });
  const stop = async () => {
    await destroyContainer(folder, containerName);
    stopWatching();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    await startContainer(folder, record);
  } catch (error) {
    await stop();
    throw error;
  }
  return { amqpPort: amqp, managementPort: management, stop };
}
