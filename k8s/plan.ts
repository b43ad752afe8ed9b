/** The workers that a stack has on Kubernetes: decided before anything is made, so that what can't be refuses the whole. */
import { AMQP_PORT, AMQPS_PORT, MANAGEMENT_PORT, MANAGEMENT_TLS_PORT, serviceHost } from './cluster/names';
import { nameFor, type Place } from './objects';
import { settingsOfFleet, type KubernetesSettings, type WorkerSettings } from './settings';
import { isProbed, isSingleton } from './workers/deployment';
import { parseAmqp, type BrokerAddress } from '../platform/address';
import { checkReach, managementUrls, type OwnWay } from '../platform/management';
import { PlatformSettingsError } from '../platform/reads';
import { isAuthorityKnown, NODES_WORD, planFleet, type FleetPlan } from '../platform/fleetPlan';
import { noAddress, nodesNames, noImage, unknownFleet } from '../platform/fleetWords';
import type { Topology, Worker } from '../topology/model';

export interface PlannedFleet {
  readonly worker: Worker;
  readonly settings: WorkerSettings;
  readonly image: string;
  readonly address: BrokerAddress;
  readonly plan: FleetPlan;
}

/** What a stack says of itself, as far as the objects depend on it. */
export interface StackFacts extends OwnWay {
  readonly project: string;
  readonly stack: string;
  readonly kubernetes: KubernetesSettings;
  readonly topology: Topology;
  /** Of a broker that is there already: base URL of its management API, and the address for AMQP. */
  readonly endpoint: string;
  /** In its place those of all nodes, of which the first is asked. */
  readonly endpoints?: readonly string[];
  readonly amqp?: string;
}

/** The stack's own, unless it says another one. */
export function placeOf({ project, stack, kubernetes }: Omit<StackFacts, 'topology' | 'endpoint'>): Place {
  const instance = nameFor(project, stack);
  return { instance, namespace: kubernetes.namespace ?? instance };
}

/**
 * @param warn of what may not work
 * @throws PlatformSettingsError, or Error in one sentence
 */
export function planFleets(stack: StackFacts, warn: (text: string) => void): readonly PlannedFleet[] {
  const { topology, kubernetes } = stack;
  const unknown = unknownFleet('kubernetes.workers', Object.keys(kubernetes.workers), topology);
  if (unknown !== undefined) throw new PlatformSettingsError(unknown);
  const fleets = topology.workers.map((worker): PlannedFleet => {
    const settings = settingsOfFleet(kubernetes, worker.name);
    const image = imageOf(worker, settings);
    const address = addressFor(stack, worker);
    const plan = planFleet(worker, topology, settings, {
      address,
      isAuthorityKnown: isAuthorityKnown({
        topology,
        cluster: kubernetes.cluster,
        cacertFile: stack.cacertFile,
      }),
    });
    const fleet = { worker, settings, image, address, plan };
    refuseUnscalable(fleet, kubernetes);
    refuseSeveral(fleet);
    return fleet;
  });
  refuseSameNames(stack, fleets);
  checkFigures(stack, fleets, warn);
  return fleets;
}

/** Fleets that KEDA scales. */
export function scaledFleets(
  fleets: readonly PlannedFleet[],
  { keda }: KubernetesSettings,
): readonly PlannedFleet[] {
  return keda === false
    ? []
    : fleets.filter(({ plan, settings }) => plan.isScaled && settings.hpa === undefined);
}

/** Whether somebody has to see the figures of the workers' vhosts: KEDA, or the workers' own probes. */
export function needFigures(fleets: readonly PlannedFleet[], kubernetes: KubernetesSettings): boolean {
  return scaledFleets(fleets, kubernetes).length > 0 || fleets.some(isProbed);
}

/** Whether who asks for figures shows a certificate: a cluster of the stack's own wants none. */
export function showsClient({ kubernetes, scalerClientcertFile }: StackFacts): boolean {
  return kubernetes.cluster === undefined && scalerClientcertFile !== undefined;
}

/** What the topology asks for, and no cluster here can have. @throws PlatformSettingsError */
export function refuseWrongCluster({ kubernetes: { cluster }, topology: { broker } }: StackFacts): void {
  if (cluster === undefined) return;
  const port = broker?.tls?.port;
  if (cluster.by === 'operator' && port !== undefined && port !== AMQPS_PORT) {
    throw new PlatformSettingsError(
      `broker.tls.port is ${port}, and the cluster operator knows AMQPS at ${AMQPS_PORT} only: take the port out of the topology, or have kubernetes.cluster.by be statefulSet.`,
    );
  }
  const nodes = broker?.nodes ?? 1;
  if (![1, 3, 5].includes(nodes)) {
    throw new PlatformSettingsError(`broker.nodes is ${nodes}: a cluster on Kubernetes has 1, 3 or 5 nodes.`);
  }
}

/** Base URL of the management API, as pods reach it. */
export function managementFor(stack: StackFacts): string {
  const { kubernetes, topology } = stack;
  if (kubernetes.cluster === undefined) return managementUrls(stack)[0];
  const { namespace } = placeOf(stack);
  return topology.broker?.tls === undefined
    ? `http://${serviceHost(namespace)}:${MANAGEMENT_PORT}`
    : `https://${serviceHost(namespace)}:${MANAGEMENT_TLS_PORT}`;
}

function imageOf(worker: Worker, settings: WorkerSettings): string {
  const image = settings.image ?? worker.image;
  if (image !== undefined) return image;
  throw new PlatformSettingsError(noImage(worker.name, 'kubernetes'));
}

/** How workers reach the broker: by its Service, or as everybody does. TLS wherever there is. */
function addressFor(stack: StackFacts, worker: Worker): BrokerAddress {
  const { kubernetes, topology, amqp } = stack;
  if (kubernetes.cluster !== undefined) {
    const host = serviceHost(placeOf(stack).namespace);
    const tls = topology.broker?.tls;
    return tls === undefined
      ? { scheme: 'amqp', host, port: AMQP_PORT }
      : { scheme: 'amqps', host, port: tls.port };
  }
  if (amqp === undefined) {
    throw new PlatformSettingsError(noAddress(worker.name, stack.stack));
  }
  return parseAmqp(
    amqp,
    "a pod finds nobody. Give an address that pods reach, e.g. that of the broker's Service, amqp://SERVICE.NAMESPACE.svc:5672.",
  );
}

/** Pods ask the management API, too. */
function checkFigures(
  facts: StackFacts,
  fleets: readonly PlannedFleet[],
  warn: (text: string) => void,
): void {
  const { kubernetes, stack } = facts;
  if (kubernetes.cluster !== undefined || !needFigures(fleets, kubernetes)) return;
  const askers = {
    stack,
    who: "KEDA and the workers' probes, in pods,",
    places: 'pods',
    loss: 'workers are never ready, and no fleet is scaled',
    without: 'do without both: kubernetes.keda false, and kubernetes.workers.FLEET.probe false.',
  } as const;
  checkReach([managementFor(facts)], facts, askers, warn);
}

/** A rollout that never runs two at once is of no use where there are to be two. */
function refuseSeveral(fleet: PlannedFleet): void {
  const { plan, settings } = fleet;
  if (plan.replicasMax < 2 || !isSingleton(fleet)) return;
  const key = `kubernetes.workers.${plan.name}`;
  const why = settings.singleton === true ? `have ${key}.singleton` : 'run Celery beat';
  const several = plan.isScaled ? `autoscale up to ${plan.replicasMax}` : `${plan.replicasMax} replicas`;
  throw new PlatformSettingsError(
    `The workers "${plan.name}" ${why}, so that there are never two at once, and ${several}: give them replicas: 1 and no autoscale, or say ${key}.singleton false, where several may run at once.`,
  );
}

/** Whom the topology, and the stack's settings, have nobody for. */
function refuseUnscalable(
  { plan, settings: { hpa } }: PlannedFleet,
  { keda, workers }: KubernetesSettings,
): void {
  const { name } = plan;
  if (!plan.isScaled) {
    if (workers[name]?.hpa === undefined) return;
    throw new PlatformSettingsError(
      `The workers "${name}" have kubernetes.workers.${name}.hpa, and the topology doesn't say between which numbers: give them autoscale: {min: 1, max: 4} there, or take hpa out.`,
    );
  }
  if (hpa !== undefined) {
    if (plan.replicasMin > 0) return;
    throw new PlatformSettingsError(
      `The workers "${name}" have autoscale.min 0, and an HPA never goes to none, for who doesn't run uses no processor: say min: 1 in the topology, or leave them to KEDA (take kubernetes.workers.${name}.hpa out).`,
    );
  }
  if (keda !== false) refuseUncountable(plan);
}

/** KEDA puts names into the paths of its requests in a way that makes a plus of a space. */
function refuseUncountable(plan: FleetPlan): void {
  if (plan.allQueues.length === 0) {
    throw new PlatformSettingsError(
      `The workers "${plan.name}" have autoscale, and no queues whose depth KEDA could follow: give them queues, or take autoscale out.`,
    );
  }
  if (!plan.vhost.includes(' ')) return;
  throw new PlatformSettingsError(
    `KEDA can't ask for queues of the vhost "${plan.vhost}", whose name has a space in it: give the workers "${plan.name}" replicas in place of autoscale, or the vhost another name.`,
  );
}

/** Kubernetes' names have fewer characters than the topology's. */
function refuseSameNames({ kubernetes }: StackFacts, fleets: readonly PlannedFleet[]): void {
  const own = kubernetes.cluster === undefined ? [] : fleets;
  const ofNodes = own.find(({ plan }) => nameFor(plan.name) === NODES_WORD);
  if (ofNodes !== undefined) throw new PlatformSettingsError(nodesNames(ofNodes.plan.name));
  const names = fleets.map(({ plan }) => nameFor(plan.name));
  const twice = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new PlatformSettingsError(
    twice === ''
      ? "A fleet's name has neither letters nor digits, of which Kubernetes makes names: rename it in the topology."
      : `Two fleets would have a Deployment of the name ${twice}: rename one of them in the topology.`,
  );
}
