/** What the nodes are set to, beyond what the operator or the StatefulSet says by itself. */
import { clusterLines, confWith, type ConfLine } from '../../platform/nodeConf';
import type { Topology } from '../../topology/model';
import { renderRabbitmqConf, TLS_FOLDER } from '../../topology/render/rabbitmqConf';
import { CLUSTER, MANAGEMENT_PORT, MANAGEMENT_TLS_PORT, METRICS_TLS_PORT, nodeName } from './names';

export function nodeCount({ broker }: Topology): number {
  return broker?.nodes ?? 1;
}

/** The topology's own lines; where the operator puts the certificates is its own affair. */
export function additionalConfig(topology: Topology): string {
  const { broker } = topology;
  if (broker?.tls === undefined) return renderRabbitmqConf(topology);
  const { tls, ...others } = broker;
  const lines: ConfLine[] = [
    ['ssl_options.versions.1', 'tlsv1.3'],
    ['ssl_options.versions.2', 'tlsv1.2'],
    ['management.ssl.versions.1', 'tlsv1.3'],
    ['management.ssl.versions.2', 'tlsv1.2'],
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

function tlsLines({ broker }: Topology): ConfLine[] {
  if (broker?.tls === undefined) return [];
  const files = (listener: string): ConfLine[] => [
    [`${listener}.cacertfile`, `${TLS_FOLDER}/ca.crt`],
    [`${listener}.certfile`, `${TLS_FOLDER}/tls.crt`],
    [`${listener}.keyfile`, `${TLS_FOLDER}/tls.key`],
  ];
  return [
    ['management.ssl.port', MANAGEMENT_TLS_PORT],
    ...files('management.ssl'),
    ['prometheus.ssl.port', METRICS_TLS_PORT],
    ...files('prometheus.ssl'),
    ...(broker.tls.only ? [] : ([['management.tcp.port', MANAGEMENT_PORT]] as const)),
  ];
}
