/** What keeps a cluster whole: nobody evicts two nodes at once, and nobody reaches it who has no business there. */
import type { Topology } from '../../topology/model';
import { labelsOf, type KubernetesObject, type Place } from '../objects';
import type { ClusterSettings, NetworkPolicySettings } from '../settings';
import {
  CLUSTER,
  MANAGEMENT_PORT,
  MANAGEMENT_TLS_PORT,
  METRICS_PORT,
  METRICS_TLS_PORT,
  NODE_PORTS,
  POD_SELECTOR,
} from './names';
import { clientPorts } from './pods';

const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

export function disruptionBudget(place: Place): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: CLUSTER, namespace: place.namespace, labels: labelsOf(place, CLUSTER, 'broker') },
    spec: { maxUnavailable: 1, selector: { matchLabels: POD_SELECTOR } },
  };
}

/** In force where the cluster's network does policies at all. */
export function networkPolicies(
  topology: Topology,
  { networkPolicy, service }: ClusterSettings,
  place: Place,
): readonly KubernetesObject[] {
  if (networkPolicy === false) return [];
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: CLUSTER, namespace: place.namespace, labels: labelsOf(place, CLUSTER, 'broker') },
      spec: {
        podSelector: { matchLabels: POD_SELECTOR },
        policyTypes: ['Ingress'],
        ingress: ingressOf(topology, networkPolicy, service !== 'ClusterIP'),
      },
    },
  ];
}

/** @param isPublished whether the clients' Service leads in from outside of the cluster */
function ingressOf(
  topology: Topology,
  policy: NetworkPolicySettings,
  isPublished: boolean,
): readonly object[] {
  const ownPods = { podSelector: {} };
  const inNamespaces = (names: readonly string[]): object[] =>
    names.map((name) => ({ namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: name } } }));
  const tcp = (...ports: readonly number[]): object[] => ports.map((port) => ({ protocol: 'TCP', port }));
  const outside = policy.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
  return [
    {
      // Without `from`, everybody: a Service that is published for clients is of no use otherwise.
      ...(isPublished && outside.length === 0
        ? {}
        : { from: [ownPods, ...inNamespaces(policy.clients), ...outside] }),
      ports: tcp(...clientPorts(topology).map(({ port }) => port)),
    },
    {
      // That Service has these ports, too; who may administrate from outside has to be said.
      from: [ownPods, ...inNamespaces(policy.management), ...outside],
      ports: tcp(MANAGEMENT_PORT, MANAGEMENT_TLS_PORT),
    },
    ...(policy.metrics.length === 0
      ? []
      : [{ from: inNamespaces(policy.metrics), ports: tcp(METRICS_PORT, METRICS_TLS_PORT) }]),
    {
      from: [{ podSelector: { matchLabels: POD_SELECTOR } }],
      ports: NODE_PORTS.map(({ port, endPort }) => ({
        protocol: 'TCP',
        port,
        ...(endPort === port ? {} : { endPort }),
      })),
    },
  ];
}
