/** What each node of a cluster reads at its start. */
import type { Topology } from '../../topology/model';
import { METRICS_PORT } from '../../topology/render/monitoring/scrape';
import { renderRabbitmqConf } from '../../topology/render/rabbitmqConf';

/** What the management UI, the health checks and the metrics need. */
const OWN_PLUGINS = ['rabbitmq_management', 'rabbitmq_prometheus'];
/** A quorum needs three nodes to lose one. */
const QUORUM = 3;

export interface NodeConfOptions {
  readonly clusterName: string;
  /** Number of the node, from 1, among `nodes`. */
  readonly number: number;
  readonly nodes: number;
  readonly memoryBytes?: number;
  /** Whether clients come through a proxy that says who they are. */
  readonly isBehindProxy: boolean;
}

export function hostOf(number: number): string {
  return `rabbitmq-${number}`;
}

export function nodeName(number: number): string {
  return `rabbit@${hostOf(number)}`;
}

/** `HOST:PORT` of each node's metrics, in the private network. */
export function metricsOf({ broker }: Topology): readonly string[] {
  const port = broker?.conf['prometheus.tcp.port'] ?? METRICS_PORT;
  return Array.from({ length: broker?.nodes ?? 1 }, (_, index) => `${hostOf(index + 1)}:${String(port)}`);
}

/** rabbitmq.conf without secrets: the topology's lines come last, and win. */
export function nodeConf(topology: Topology, options: NodeConfOptions): string {
  const lines: (readonly [string, string | number | boolean])[] = [
    ['cluster_name', options.clusterName],
    ['cluster_formation.peer_discovery_backend', 'classic_config'],
    ...peersOf(options).map(
      (peer) => [`cluster_formation.classic_config.nodes.${peer}`, nodeName(peer)] as const,
    ),
    // A minority stops serving, rather than going on with a history of its own.
    ...(options.nodes >= QUORUM ? [['cluster_partition_handling', 'pause_minority'] as const] : []),
    ...(options.nodes >= QUORUM ? [['queue_leader_locator', 'balanced'] as const] : []),
    ...(options.isBehindProxy ? [['proxy_protocol', true] as const] : []),
    // Otherwise a share of the memory is one of the machine's, not of the container's.
    ...(options.memoryBytes === undefined
      ? []
      : [['total_memory_available_override_value', options.memoryBytes] as const]),
  ];
  const own = topology.broker?.conf ?? {};
  const kept = lines.filter(([key]) => !Object.hasOwn(own, key));
  return `${kept.map(([key, value]) => `${key} = ${String(value)}`).join('\n')}\n${renderRabbitmqConf(topology)}`;
}

/**
 * Whom a node without data asks for a cluster to join. Only nodes that are there: 4.0 asks an absent one for 22 s. The
 * first three name one another, and each further one all before it, so that one more node changes nothing for the others.
 */
function peersOf({ number, nodes }: NodeConfOptions): readonly number[] {
  const known = Math.max(number, Math.min(nodes, QUORUM));
  return Array.from({ length: known }, (_, index) => index + 1);
}

/** The user that a node without data begins with, in place of guest: it lives until the stack's own administrator does. */
export function loginConf(login: { readonly username: string; readonly password: string }): string {
  return `default_user = ${login.username}\ndefault_pass = ${login.password}\n`;
}

export function enabledPlugins({ broker }: Topology): string {
  const plugins = [...new Set([...OWN_PLUGINS, ...(broker?.plugins ?? [])])];
  return `[${plugins.join(',')}].\n`;
}
