/**
 * `warren.NodesRolled`: on Kubernetes, all nodes of a cluster are what the last change asked for. RabbitMQ's cluster
 * operator hands a change on to a StatefulSet, and that replaces one pod after the other, each when RabbitMQ lets it go.
 */
import type { StepType } from '../../stepType';
import { isClusterError } from '../../../kubernetesApi/errors';
import { clusterAddress } from '../../../kubernetesApi/kubeconfig';
import { openCluster, path, type Cluster } from '../../../kubernetesApi/transport';
import * as globalParameters from '../../../broker/kinds/globalParameters';
import { isBrokerError } from '../../../broker/api/errors';
import { UserError } from '../../userError';
import { statefulSetPlace, type StatefulSetPlace } from './statefulSetPlace';

interface NodesRolled extends StatefulSetPlace {
  /** The operator's custom resource, where there is one. */
  readonly rabbitmqCluster?: string;
  /** A digest of what the nodes are made of. */
  readonly trigger: string;
  readonly timeoutSeconds: number;
}

interface StatefulSet {
  readonly metadata: { readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

interface RabbitmqCluster {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

const POLL_MS = 1000;
/** What a node that stops asks for, in k8s/cluster/nodePod.ts: true where the whole cluster goes. */
const LEAVING = { kind: 'globalParameter', name: 'warren_leaving' } as const;

export const nodesRolledStep: StepType<NodesRolled> = {
  token: 'warren:index:NodesRolled',
  parse: (inputs) => {
    const rabbitmqCluster = inputs.optionalText('rabbitmqCluster');
    return {
      ...statefulSetPlace(inputs),
      ...(rabbitmqCluster === undefined ? {} : { rabbitmqCluster }),
      trigger: inputs.text('trigger'),
      timeoutSeconds: inputs.integer('timeoutSeconds'),
    };
  },
  /** On the way back all nodes go: without the operator, which knows it by itself, they would wait for one another. */
  passBack: async ({ session }, { rabbitmqCluster }) => {
    if (rabbitmqCluster !== undefined) return;
    try {
      await globalParameters.put(await session.logIn(), { ...LEAVING, value: true });
    } catch (error) {
      // Nodes that don't answer have nothing to wait for.
      if (!isBrokerError(error)) throw error;
    }
  },
  pass: async ({ session, status }, step) => {
    // A destroy that was broken off may have left it.
    if (step.rabbitmqCluster === undefined)
      await globalParameters.remove(await session.logIn(), LEAVING.name);
    const cluster = openCluster(() => clusterAddress(step, process.env));
    const startMs = performance.now();
    let told = '';
    for (;;) {
      const missing = await missingIn(cluster, step);
      if (missing === undefined) return;
      if (performance.now() - startMs > step.timeoutSeconds * 1000) {
        const { namespace, statefulSet } = step;
        throw new UserError(
          `Waited ${step.timeoutSeconds} s for the nodes of ${statefulSet}: ${missing}. kubectl describe statefulset,pods --namespace ${namespace} says why. Then run this again: it goes on where it stopped.`,
        );
      }
      if (missing !== told) status(`waiting for the nodes: ${missing}`);
      told = missing;
      await cluster.pause(POLL_MS, 'wait for the nodes');
    }
  },
};

/** What is still missing, as a sentence without its full stop. */
async function missingIn(cluster: Cluster, step: NodesRolled): Promise<string | undefined> {
  const { namespace, statefulSet, rabbitmqCluster } = step;
  if (rabbitmqCluster !== undefined) {
    const api = `/apis/rabbitmq.com/v1beta1${path('namespaces', namespace, 'rabbitmqclusters', rabbitmqCluster)}`;
    const found = await lookUp<RabbitmqCluster>(
      cluster,
      api,
      `look at the RabbitmqCluster "${rabbitmqCluster}"`,
    );
    const missing = missingByOperator(found);
    if (missing !== undefined) return missing;
  }
  const api = `/apis/apps/v1${path('namespaces', namespace, 'statefulsets', statefulSet)}`;
  return missingByStatefulSet(
    await lookUp<StatefulSet>(cluster, api, `look at the StatefulSet "${statefulSet}"`),
  );
}

function missingByOperator(found: RabbitmqCluster | undefined): string | undefined {
  if (found === undefined) return 'the RabbitmqCluster is gone';
  const { metadata, status } = found;
  const failed = status?.conditions?.find(
    ({ type, status: is }) => type === 'ReconcileSuccess' && is === 'False',
  );
  if (failed !== undefined)
    return `the cluster operator can't make it: ${failed.message ?? failed.reason ?? ''}`;
  if (status?.observedGeneration === metadata.generation) return undefined;
  return "the cluster operator hasn't looked at the change yet (does it run?)";
}

export function missingByStatefulSet(found: StatefulSet | undefined): string | undefined {
  if (found === undefined) return "the StatefulSet isn't there yet";
  const { metadata, spec, status = {} } = found;
  const { replicas = 1 } = spec;
  const { readyReplicas = 0, updatedReplicas = 0 } = status;
  if (status.observedGeneration !== metadata.generation) return "Kubernetes hasn't looked at the change yet";
  if (status.updateRevision !== status.currentRevision && updatedReplicas < replicas)
    return `${updatedReplicas} of ${replicas} nodes are replaced`;
  return readyReplicas < replicas ? `${readyReplicas} of ${replicas} nodes are ready` : undefined;
}

async function lookUp<T>(cluster: Cluster, api: string, action: string): Promise<T | undefined> {
  try {
    return await cluster.ask<T>({ method: 'GET', path: api, action });
  } catch (error) {
    if (isClusterError(error, 'notFound')) return undefined;
    throw error;
  }
}
