/** What the nodes are set to, beyond what the operator or the StatefulSet says by itself. */
import type { Topology } from '../../topology/model';
import { renderRabbitmqConf, TLS_FOLDER } from '../../topology/render/rabbitmqConf';
import { CLUSTER, MANAGEMENT_PORT, MANAGEMENT_TLS_PORT, METRICS_TLS_PORT, nodeName } from './names';

type Line = readonly [string, string | number | boolean];

const OWN_PLUGINS = ['rabbitmq_management', 'rabbitmq_prometheus'];
const QUORUM = 3;

export function nodeCount({ broker }: Topology): number {
  return broker?.nodes ?? 1;
}

/** The topology's own lines; where the operator puts the certificates is its own affair. */
export function additionalConfig(topology: Topology): string {
  const { broker } = topology;
  if (broker?.tls === undefined) return renderRabbitmqConf(topology);
  const { tls, ...others } = broker;
  const lines: Line[] = [
    ['ssl_options.versions.1', 'tlsv1.3'],
    ['ssl_options.versions.2', 'tlsv1.2'],
    ['management.ssl.versions.1', 'tlsv1.3'],
    ['management.ssl.versions.2', 'tlsv1.2'],
    ...(tls.verifyPeer ? ([['ssl_options.fail_if_no_peer_cert', true]] as const) : []),
    // A client certificate on the management API would shut the operator out.
    ...(tls.verifyPeer ? ([['management.ssl.verify', 'verify_none']] as const) : []),
    ...(tls.verifyPeer ? ([['management.ssl.fail_if_no_peer_cert', false]] as const) : []),
  ];
  return `${inLines(notSetIn(others.conf, lines))}${renderRabbitmqConf({ ...topology, broker: others })}`;
}

/** Without an operator: all that a node has to know. */
export function nodeConf(topology: Topology, namespace: string, memoryBytes: number): string {
  const { broker } = topology;
  const nodes = nodeCount(topology);
  const lines: Line[] = [
    ['cluster_name', CLUSTER],
    ['cluster_formation.peer_discovery_backend', 'classic_config'],
    ...Array.from({ length: nodes }, (_, index): Line => [
      `cluster_formation.classic_config.nodes.${index + 1}`,
      nodeName(index, namespace),
    ]),
    ...(nodes >= QUORUM ? ([['cluster_partition_handling', 'pause_minority']] as const) : []),
    ...(nodes >= QUORUM ? ([['queue_leader_locator', 'balanced']] as const) : []),
    // Otherwise a share of the memory may be one of the machine's, not of the container's.
    ['total_memory_available_override_value', memoryBytes],
    ['log.console', true],
    ...tlsLines(topology),
  ];
  return `${inLines(notSetIn(broker?.conf ?? {}, lines))}${renderRabbitmqConf(topology)}`;
}

function tlsLines({ broker }: Topology): Line[] {
  if (broker?.tls === undefined) return [];
  const files = (listener: string): Line[] => [
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

/** The topology's lines win. */
function notSetIn(conf: Readonly<Record<string, unknown>>, lines: readonly Line[]): readonly Line[] {
  return lines.filter(([key]) => !Object.hasOwn(conf, key));
}

function inLines(lines: readonly Line[]): string {
  return lines.map(([key, value]) => `${key} = ${String(value)}\n`).join('');
}

/** Beside those that the operator enables by itself. */
export function additionalPlugins({ broker }: Topology): readonly string[] {
  return (broker?.plugins ?? []).filter((plugin) => !OWN_PLUGINS.includes(plugin));
}

export function enabledPlugins(topology: Topology): string {
  return `[${[...OWN_PLUGINS, ...additionalPlugins(topology)].join(',')}].\n`;
}
