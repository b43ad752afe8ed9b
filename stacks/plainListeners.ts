/** What others on the network could read of what a production stack has on Docker: logins and messages without TLS. */
import { managementOf } from '../docker/cluster/management';
import type { MonitoringSettings } from '../docker/monitoring/settings';
import type { ClusterSettings, DockerSettings } from '../docker/settings';
import { isLoopback } from '../platform/address';
import type { Topology } from '../topology/model';
import { refusal } from './refusal';

export function refusePlainListeners(
  stack: string,
  { cluster, monitoring }: Pick<DockerSettings, 'cluster' | 'monitoring'>,
  topology: Pick<Topology, 'broker'>,
): void {
  const found = {
    cluster: cluster && plainListenersOf(cluster, topology),
    monitoring: monitoring && plainGrafanaOf(monitoring),
  };
  for (const [part, plain] of Object.entries(found)) {
    if (plain === undefined) continue;
    throw refusal(
      `Stack ${stack} is a production stack, and ${plain} Where that is meant, say so: pulumi config set --path docker.${part}.plainText true --stack ${stack}`,
    );
  }
}

/** In a sentence, with the way out; undefined where nothing leaves the machine in plain text, or that is meant. */
export function plainListenersOf(
  cluster: ClusterSettings,
  { broker }: Pick<Topology, 'broker'>,
): string | undefined {
  if (cluster.plainText) return undefined;
  const { address, managementAddress } = cluster;
  if (!isLoopback(address) && broker?.tls?.only !== true) {
    const listener = broker?.tls === undefined ? 'AMQP' : 'AMQP without TLS, beside that with TLS,';
    return `${listener} is published on ${address}: logins and messages cross the network in plain text. Say \`broker: {tls: {only: true}}\` in the topology (the stack makes the certificates), or leave docker.cluster.address at 127.0.0.1.`;
  }
  if (!isLoopback(managementAddress) && !managementOf(cluster, broker).isTls) {
    return `the management API is published on ${managementAddress} without TLS: the administrator's login crosses the network in plain text. Say \`broker: {tls: {only: true}}\` in the topology, and nothing of docker.cluster.managementTls; or leave docker.cluster.managementAddress at 127.0.0.1, and reach it by \`ssh -L\`.`;
  }
  return undefined;
}

/** Grafana comes without TLS; Prometheus has no login that anybody could read. */
export function plainGrafanaOf({ address, grafana, plainText }: MonitoringSettings): string | undefined {
  if (plainText || grafana === false || isLoopback(address)) return undefined;
  return `Grafana is published on ${address} without TLS: its administrator's login crosses the network in plain text. Leave docker.monitoring.address at 127.0.0.1, and reach it by \`ssh -L\` or by a proxy with TLS on that machine.`;
}
