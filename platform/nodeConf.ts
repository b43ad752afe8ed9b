/** What every node of a cluster reads at its start, whoever makes it. */
import type { Topology } from '../topology/model';
import { renderRabbitmqConf, TLS_FOLDER } from '../topology/render/rabbitmqConf';

export type ConfLine = readonly [string, string | number | boolean];

/** What the management UI, the health checks and the metrics need. */
const OWN_PLUGINS = ['rabbitmq_management', 'rabbitmq_prometheus'];
/** A quorum needs three nodes to lose one. */
export const QUORUM = 3;

/** rabbitmq.conf with these lines, but for those that the topology sets itself: its own come last, and win. */
export function confWith(lines: readonly ConfLine[], topology: Topology): string {
  const own = topology.broker?.conf ?? {};
  const kept = lines.filter(([key]) => !Object.hasOwn(own, key));
  return `${kept.map(([key, value]) => `${key} = ${String(value)}\n`).join('')}${renderRabbitmqConf(topology)}`;
}

/** Of nodes that are named; where there is a majority to be had, whoever isn't in it stops serving. */
export function clusterLines(name: string, peers: readonly string[], nodes: number): ConfLine[] {
  return [
    ['cluster_name', name],
    ['cluster_formation.peer_discovery_backend', 'classic_config'],
    ...peers.map((peer, index): ConfLine => [`cluster_formation.classic_config.nodes.${index + 1}`, peer]),
    // A minority stops serving, rather than going on with a history of its own.
    ...(nodes >= QUORUM ? [['cluster_partition_handling', 'pause_minority'] as const] : []),
    ...(nodes >= QUORUM ? [['queue_leader_locator', 'balanced'] as const] : []),
  ];
}

/** Where a listener with TLS has its certificate: `ssl_options`, `management.ssl` and so on. */
export function tlsFiles(listener: string): ConfLine[] {
  return [
    [`${listener}.cacertfile`, `${TLS_FOLDER}/ca.crt`],
    [`${listener}.certfile`, `${TLS_FOLDER}/tls.crt`],
    [`${listener}.keyfile`, `${TLS_FOLDER}/tls.key`],
  ];
}

export function tlsVersions(listener: string): ConfLine[] {
  return [
    [`${listener}.versions.1`, 'tlsv1.3'],
    [`${listener}.versions.2`, 'tlsv1.2'],
  ];
}

/** The user that a node without data begins with, in place of guest. */
export function loginConf(login: { readonly username: string; readonly password: string }): string {
  return `default_user = ${login.username}\ndefault_pass = ${login.password}\n`;
}

/** The topology's plugins beyond our own. */
export function additionalPlugins({ broker }: Topology): readonly string[] {
  return (broker?.plugins ?? []).filter((plugin) => !OWN_PLUGINS.includes(plugin));
}

export function enabledPlugins(topology: Topology): string {
  return `[${[...new Set([...OWN_PLUGINS, ...additionalPlugins(topology)])].join(',')}].\n`;
}
