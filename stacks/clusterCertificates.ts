/** What the nodes of a cluster show their clients: certificates of the stack's own authority, or given ones. */
import * as pulumi from '@pulumi/pulumi';
import { BROKER_HOST } from '../docker/cluster/index';
import { hostOf } from '../docker/cluster/conf';
import { isEveryAddress, OWN_AUTHORITY, type ClusterSettings } from '../docker/settings';
import type { Topology } from '../topology/model';
import { ownCertificates, type ClusterCertificates } from './ownCertificates';
import { readProjectFile } from './projectFile';

interface Where {
  /** Of the cluster's names. */
  readonly prefix: string;
  readonly provider: () => pulumi.ProviderResource;
}

/** Undefined where the topology wants no TLS. */
export function certificatesFor(
  { broker }: Topology,
  settings: ClusterSettings,
  where: Where,
): ClusterCertificates | undefined {
  if (broker?.tls === undefined) return undefined;
  const { tls = OWN_AUTHORITY } = settings;
  if (!('ca' in tls)) {
    const published = [settings.address, settings.managementAddress].filter((one) => !isEveryAddress(one));
    const hosts = Array.from({ length: broker.nodes ?? 1 }, (_, index) => hostOf(index + 1));
    return ownCertificates({
      ...tls,
      prefix: where.prefix,
      provider: where.provider(),
      names: [BROKER_HOST, ...hosts, 'localhost', ...tls.names],
      addresses: ['127.0.0.1', ...published],
    });
  }
  const ca = readProjectFile(tls.ca, 'docker.cluster.tls.ca');
  return {
    ca,
    caNow: ca,
    certificate: readProjectFile(tls.certificate, 'docker.cluster.tls.certificate'),
    key: pulumi.secret(readProjectFile(tls.key, 'docker.cluster.tls.key')),
  };
}
