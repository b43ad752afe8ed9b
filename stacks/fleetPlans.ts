/** The workers that a stack has on Docker: decided before anything is made, so that what can't be refuses the whole. */
import { AMQP_PORT, BROKER_HOST } from '../docker/cluster/index';
import {
  settingsOfFleet,
  type BuildSettings,
  type DockerSettings,
  type WorkerSettings,
} from '../docker/settings';
import { nameAt } from '../docker/objects';
import { containerNames } from '../docker/workers/names';
import { isLoopback, parseAmqp, type BrokerAddress } from '../platform/address';
import { checkReach, managementUrls } from '../platform/management';
import { isAuthorityKnown, planFleet, type FleetPlan } from '../platform/fleetPlan';
import { noAddress, noImage, unknownFleet } from '../platform/fleetWords';
import type { Topology, Worker } from '../topology/model';
import { orRefuse, refusal } from './refusal';
import { workersToScale } from './scalerUser';
import type { Settings } from './settings';

export interface PlannedFleet {
  readonly worker: Worker;
  /** Of `docker.hosts`; undefined is the stack's own Docker host. */
  readonly hostName: string | undefined;
  readonly settings: WorkerSettings;
  readonly image: string | BuildSettings;
  readonly address: BrokerAddress;
  readonly plan: FleetPlan;
}

interface Stack {
  readonly settings: Settings;
  readonly docker: DockerSettings;
  readonly topology: Topology;
}

/**
 * The topology's fleets, each on the Docker hosts that the stack names for it.
 * @param warn of what may not work
 */
export function planFleets(stack: Stack, warn: (text: string) => void): readonly PlannedFleet[] {
  const { topology, docker } = stack;
  const { cacertFile } = stack.settings.connection;
  const unknown = unknownFleet('docker.workers', Object.keys(docker.workers), topology);
  if (unknown !== undefined) throw refusal(unknown);
  const fleets = topology.workers.flatMap((worker): PlannedFleet[] => {
    const settings = settingsOfFleet(docker, worker.name);
    const image = imageOf(worker, settings);
    return (settings.hosts ?? [undefined]).map((hostName) => {
      const address = addressFor(stack, worker, hostName);
      const broker = {
        address,
        isAuthorityKnown: isAuthorityKnown({ topology, cluster: docker.cluster, cacertFile }),
      };
      const plan = orRefuse(() => planFleet(worker, topology, settings, broker));
      return { worker, hostName, settings, image, address, plan };
    });
  });
  refuseSameNames(fleets);
  checkScaler(stack, warn);
  return fleets;
}

/** The scaler asks the management API from a container. */
function checkScaler({ settings, docker, topology }: Stack, warn: (text: string) => void): void {
  if (docker.cluster !== undefined || workersToScale(docker, topology).length === 0) return;
  const { stack, connection } = settings;
  const askers = {
    stack,
    who: 'the scaler, in a container,',
    places: 'containers',
    loss: 'no fleet is scaled',
    without: `leave the scaler out: pulumi config set --path docker.scaler false --stack ${stack}`,
  } as const;
  orRefuse(() => {
    checkReach(managementUrls(connection), connection, askers, warn);
  });
}

/** How many consumers the queues of a fleet have at least by all others, also by the same one on other hosts. */
export function otherConsumers(
  fleet: PlannedFleet,
  fleets: readonly PlannedFleet[],
): Readonly<Record<string, number>> {
  const { vhost, queues } = fleet.plan;
  const others = fleets.filter((other) => other !== fleet && other.plan.vhost === vhost);
  const counts = queues.map((queue): [string, number] => {
    const consuming = others.filter(({ plan }) => plan.queues.includes(queue));
    return [queue, consuming.reduce((sum, { plan }) => sum + plan.replicasMin, 0)];
  });
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function imageOf(worker: Worker, settings: WorkerSettings): string | BuildSettings {
  const image = settings.image ?? settings.build ?? worker.image;
  if (image !== undefined) return image;
  const otherWay = `, or docker.workers.${worker.name}.build FOLDER for one that is built here.`;
  throw refusal(noImage(worker.name, 'docker', otherWay));
}

/** How workers reach the broker: by its name in the network, or as everybody does. */
function addressFor(
  { settings, docker, topology }: Stack,
  worker: Worker,
  hostName: string | undefined,
): BrokerAddress {
  if (docker.cluster !== undefined && hostName === undefined) {
    const tls = topology.broker?.tls;
    return tls?.only === true
      ? { scheme: 'amqps', host: BROKER_HOST, port: tls.port }
      : { scheme: 'amqp', host: BROKER_HOST, port: AMQP_PORT };
  }
  const where = hostName === undefined ? '' : ` on the Docker host "${hostName}"`;
  const { amqp } = settings;
  if (amqp === undefined) {
    throw refusal(noAddress(worker.name, settings.stack, where));
  }
  if (docker.cluster !== undefined && isLoopback(/^\w+:\/\/(\[[^\]]*\]|[^:/]*)/.exec(amqp)?.[1] ?? '')) {
    throw refusal(
      `The workers "${worker.name}"${where} don't reach the cluster at ${amqp}, which is this machine's own loopback address. Publish AMQP on an address that they reach: pulumi config set --path docker.cluster.address IP_ADDRESS --stack ${settings.stack}; or say by which one they do: pulumi config set amqp amqp://HOST:5672 --stack ${settings.stack}`,
    );
  }
  return orRefuse(() =>
    parseAmqp(
      amqp,
      "a container finds nobody. Put the workers into the broker's network (docker.network), or give an address that containers reach, e.g. amqp://host.docker.internal:5672.",
    ),
  );
}

/** Docker's names have fewer characters than the topology's. */
function refuseSameNames(fleets: readonly PlannedFleet[]): void {
  // Those of different Docker hosts, too: Pulumi knows them by these names.
  const names = fleets.flatMap(({ plan, hostName }) =>
    containerNames([nameAt({ hostName }, plan.name)], plan),
  );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw refusal(
    `Two fleets would have a container of the name ${twice}: rename one of them in the topology.`,
  );
}
