/** How many workers of each fleet run, asked where they are: at Docker Engines, or at a Kubernetes cluster. */
import { engineAddress } from '../../dockerApi/address';
import { openEngine, type Engine } from '../../dockerApi/transport';
import { nameFor } from '../../k8s/objects';
import { clusterAddress, type KubeSettings } from '../../kubernetesApi/kubeconfig';
import { openCluster, path } from '../../kubernetesApi/transport';
import type { Topology } from '../../topology/model';
import { CHECKOUT } from '../checkout';
import type { StackConfig } from '../stackBroker';
import { workersIn, type ExportedStack, type StateWorkers } from '../stackState';

type Running = ReadonlyMap<string, number>;

export interface RunningFleet {
  /** Absent where none of its Docker hosts answers. */
  readonly replicas?: number;
  /** Docker hosts that have some of it, and don't answer. */
  readonly silentHosts: readonly string[];
}

/** Who doesn't answer must not keep anybody from seeing the rest. Fleets that are nowhere by the state are left out. */
export async function runningWorkers(
  { config, topology }: { readonly config: StackConfig; readonly topology: Topology },
  exported: ExportedStack,
): Promise<ReadonlyMap<string, RunningFleet>> {
  const workers = workersIn(exported);
  const silent = new Map<string, readonly string[]>();
  const missed = (host: string | undefined, containers: Containers): Running => {
    for (const fleet of new Set(containers.map((one) => one.fleet)))
      silent.set(fleet, [...(silent.get(fleet) ?? []), host ?? 'this machine']);
    return nobody();
  };
  const parts = await Promise.all([
    ...[...containersByHost(workers)].map(([host, containers]) =>
      onDocker(host, containers).catch(() => missed(host, containers)),
    ),
    ...(workers.deployments.length === 0
      ? []
      : [onKubernetes(config, topology, workers.deployments).catch(nobody)]),
  ]);
  const running = new Map<string, number>();
  for (const [fleet, count] of parts.flatMap((part) => [...part]))
    running.set(fleet, (running.get(fleet) ?? 0) + count);
  return new Map(
    [...new Set([...running.keys(), ...silent.keys()])].map((fleet) => {
      const replicas = running.get(fleet);
      return [
        fleet,
        { ...(replicas === undefined ? {} : { replicas }), silentHosts: silent.get(fleet) ?? [] },
      ];
    }),
  );
}

const nobody = (): Running => new Map();

type Containers = StateWorkers['containers'];

function containersByHost({ containers }: StateWorkers): ReadonlyMap<string | undefined, Containers> {
  const hosts = [...new Set(containers.map(({ host }) => host))];
  return new Map(hosts.map((host) => [host, containers.filter((one) => one.host === host)]));
}

async function onDocker(host: string | undefined, containers: Containers): Promise<Running> {
  const engine = openEngine(engineAddress(host === undefined ? {} : { host }, process.env));
  try {
    const up = new Set(await runningNames(engine));
    const counts = new Map<string, number>();
    for (const { fleet, name } of containers)
      counts.set(fleet, (counts.get(fleet) ?? 0) + (up.has(name) ? 1 : 0));
    return counts;
  } finally {
    engine.cancel();
  }
}

async function runningNames(engine: Engine): Promise<readonly string[]> {
  const found = await engine.ask<readonly { readonly Names: readonly string[]; readonly State: string }[]>({
    method: 'GET',
    path: '/containers/json',
    query: { filters: JSON.stringify({ label: ['warren.fleet'], status: ['running'] }) },
    action: 'list the workers that run',
    timeoutMs: TIMEOUT_MS,
  });
  return found.flatMap(({ Names }) => Names.map((name) => name.replace(/^\//, '')));
}

const TIMEOUT_MS = 5_000;

interface DeploymentList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly readyReplicas?: number };
  }[];
}

async function onKubernetes(
  config: StackConfig,
  { workers }: Topology,
  deployments: StateWorkers['deployments'],
): Promise<Running> {
  // Its `cluster` is the one of RabbitMQ, and no name in a kubeconfig.
  const { kubeconfig, context } = Object(config.kubernetes ?? {}) as Pick<
    KubeSettings,
    'kubeconfig' | 'context'
  >;
  const settings = {
    folder: CHECKOUT,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  const cluster = openCluster(() => clusterAddress(settings, process.env));
  const running = new Map<string, number>();
  try {
    for (const namespace of new Set(deployments.map((one) => one.namespace))) {
      const { items } = await cluster.ask<DeploymentList>({
        method: 'GET',
        path: `/apis/apps/v1/namespaces${path(namespace)}/deployments`,
        query: { labelSelector: 'app.kubernetes.io/part-of=warren,app.kubernetes.io/component=worker' },
        action: 'list the workers',
        timeoutMs: TIMEOUT_MS,
      });
      for (const { name } of workers) {
        const found = items.find(({ metadata }) => metadata.name === nameFor(name));
        if (found !== undefined) running.set(name, found.status?.readyReplicas ?? 0);
      }
    }
    return running;
  } finally {
    cluster.cancel();
  }
}
