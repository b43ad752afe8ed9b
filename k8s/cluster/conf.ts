/** What the nodes are set to, beyond what the operator or the StatefulSet says by itself. */
import { clusterLines, confWith, tlsFiles, tlsVersions, type ConfLine } from '../../platform/nodeConf';
import type { Topology } from '../../topology/model';
import { renderRabbitmqConf } from '../../topology/render/rabbitmqConf';
import { CLUSTER, MANAGEMENT_PORT, MANAGEMENT_TLS_PORT, METRICS_TLS_PORT, nodeName } from './names';
import { pluginTlsLines } from './pluginListeners';

export function nodeCount({ broker }: Topology): number {
  return broker?.nodes ?? 1;
}

/** The topology's own lines; where the operator puts the certificates is its own affair. */
export function additionalConfig(topology: Topology): string {
  const { broker } = topology;
  if (broker?.tls === undefined) return renderRabbitmqConf(topology);
  const { tls, ...others } = broker;
  const lines: ConfLine[] = [
    ...tlsVersions('ssl_options'),
    ...tlsVersions('management.ssl'),
    ...(tls.verifyPeer ? ([['ssl_options.fail_if_no_peer_cert', true]] as const) : []),
    // A client certificate on the management API would shut the operator out.
    ...(tls.verifyPeer ? ([['management.ssl.verify', 'verify_none']] as const) : []),
    ...(tls.verifyPeer ? ([['management.ssl.fail_if_no_peer_cert', false]] as const) : []),
  ];
  return confWith(lines, { ...topology, broker: others });
}

/** Without an operator: all that a node has to know. */
export function nodeConf(topology: Topology, namespace: string, memoryBytes: number): string {
  const nodes = nodeCount(topology);
  const peers = Array.from({ length: nodes }, (_, index) => nodeName(index, namespace));
  const lines: ConfLine[] = [
    ...clusterLines(CLUSTER, peers, nodes),
    // Otherwise a share of the memory may be one of the machine's, not of the container's.
    ['total_memory_available_override_value', memoryBytes],
    ['log.console', true],
    ...tlsLines(topology),
  ];
  return confWith(lines, topology);
}

function tlsLines(topology: Topology): ConfLine[] {
  const { broker } = topology;
  if (broker?.tls === undefined) return [];
  return [
    ['management.ssl.port', MANAGEMENT_TLS_PORT],
    ...tlsFiles('management.ssl'),
    ['prometheus.ssl.port', METRICS_TLS_PORT],
    ...tlsFiles('prometheus.ssl'),
    ...(broker.tls.only ? [] : ([['management.tcp.port', MANAGEMENT_PORT]] as const)),
    ...pluginTlsLines(topology),
  ];
}
