/** What each node of a cluster reads at its start. */
import {
  clusterLines,
  confWith,
  QUORUM,
  tlsFiles,
  tlsVersions,
  type ConfLine,
} from '../../platform/nodeConf';
import type { Topology } from '../../topology/model';
import { METRICS_PORT } from '../../topology/render/monitoring/scrape';
import { MANAGEMENT_PORT, MANAGEMENT_TLS_PORT } from './management';

export interface NodeConfOptions {
  readonly clusterName: string;
  /** Number of the node, from 1, among `nodes`. */
  readonly number: number;
  readonly nodes: number;
  readonly memoryBytes?: number;
  /** Whether clients come through a proxy that says who they are. */
  readonly isBehindProxy: boolean;
  /** The management API speaks TLS, beside the one in plain text inside of the network. */
  readonly hasManagementTls: boolean;
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

/** rabbitmq.conf without secrets. */
export function nodeConf(topology: Topology, options: NodeConfOptions): string {
  const { clusterName, nodes, isBehindProxy, hasManagementTls, memoryBytes } = options;
  const lines: ConfLine[] = [
    ...clusterLines(clusterName, peersOf(options).map(nodeName), nodes),
    ...(isBehindProxy ? [['proxy_protocol', true] as const] : []),
    // Otherwise a share of the memory is one of the machine's, not of the container's.
    ...(memoryBytes === undefined ? [] : [['total_memory_available_override_value', memoryBytes] as const]),
    ...(hasManagementTls ? managementTlsLines() : []),
  ];
  return confWith(lines, topology);
}

/** No client certificate is asked for there: people come by their browsers, with a password. */
function managementTlsLines(): ConfLine[] {
  return [
    ['management.tcp.port', MANAGEMENT_PORT],
    ['management.ssl.port', MANAGEMENT_TLS_PORT],
    ...tlsFiles('management.ssl'),
    ...tlsVersions('management.ssl'),
  ];
}

/**
 * Whom a node without data asks for a cluster to join. Only nodes that are there: 4.0 asks an absent one for 22 s. The
 * first three name one another, and each further one all before it, so that one more node changes nothing for the others.
 */
function peersOf({ number, nodes }: NodeConfOptions): readonly number[] {
  const known = Math.max(number, Math.min(nodes, QUORUM));
  return Array.from({ length: known }, (_, index) => index + 1);
}
