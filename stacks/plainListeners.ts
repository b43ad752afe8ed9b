/** What others on the network could read of a production stack's own cluster: logins and messages without TLS. */
import { managementOf } from '../docker/cluster/management';
import type { ClusterSettings } from '../docker/settings';
import { isLoopback } from '../platform/address';
import type { Topology } from '../topology/model';

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
