/** The fleets of a topology, with as many workers as a stack has of them: it may say so in its place. */
import type { QueueFigures } from '../../broker/figures/queueFigures';
import { readDockerSettings, settingsOfFleet as onDocker } from '../../docker/settings';
import { readKubernetesSettings, settingsOfFleet as onKubernetes } from '../../k8s/settings';
import { fleetSize, withFleetSizes } from '../../platform/fleetSize';
import { PlatformSettingsError } from '../../platform/reads';
import type { Topology } from '../../topology/model';
import type { StackConfig } from '../stackBroker';
import { UserError } from '../userError';
import type { FleetStatus } from './facts';
import type { RunningFleet } from './running';

/** @throws UserError where an `up` would refuse the settings */
export function asInStack(topology: Topology, { docker, kubernetes }: StackConfig): Topology {
  try {
    if (docker !== undefined) {
      const settings = readDockerSettings(docker);
      return withFleetSizes(topology, (fleet) => onDocker(settings, fleet));
    }
    if (kubernetes === undefined) return topology;
    const settings = readKubernetesSettings(kubernetes);
    return withFleetSizes(topology, (fleet) => onKubernetes(settings, fleet));
  } catch (error) {
    throw error instanceof PlatformSettingsError ? new UserError(error.message.replace(/\.$/, '')) : error;
  }
}

/** @param running by fleet */
export function fleetsOf(
  topology: Topology,
  figures: readonly QueueFigures[],
  running: ReadonlyMap<string, RunningFleet>,
): readonly FleetStatus[] {
  const only = topology.vhosts.length === 1 ? topology.vhosts[0]?.name : undefined;
  return topology.workers.map((worker): FleetStatus => {
    const vhost = worker.vhost ?? only ?? '';
    const own = figures.filter((queue) => queue.vhost === vhost && worker.queues.includes(queue.name));
    const consumers = own.map((queue) => queue.consumers).filter((count) => count !== undefined);
    const found = running.get(worker.name);
    return {
      ...{ name: worker.name, vhost, queues: worker.queues },
      ...fleetSize(worker, {}),
      ...(found?.replicas === undefined ? {} : { replicasRunning: found.replicas }),
      ...(found === undefined || found.silentHosts.length === 0 ? {} : { silentHosts: found.silentHosts }),
      ...(consumers.length === 0 ? {} : { consumers: Math.min(...consumers) }),
    };
  });
}
