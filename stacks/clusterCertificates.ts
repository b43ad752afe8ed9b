/** What the nodes of a cluster show their clients: certificates of the stack's own authority, or given ones. */
import * as pulumi from '@pulumi/pulumi';
import { BROKER_HOST } from '../docker/cluster/index';
import { hostOf } from '../docker/cluster/conf';
import { isEveryAddress, OWN_AUTHORITY, type ClusterSettings, type OwnAuthority } from '../docker/settings';
import { Authority, Certificate } from '../provider/warren/certificateResources';
import type { Topology } from '../topology/model';
import { readProjectFile } from './projectFile';

/** PEM texts. */
export interface ClusterCertificates {
  /** All that clients trust. */
  readonly ca: pulumi.Input<string>;
  readonly certificate: pulumi.Input<string>;
  /** Secret. */
  readonly key: pulumi.Input<string>;
}

const AUTHORITY_DAYS = 3650;
/** As long as public ones may live at most. */
const CERTIFICATE_DAYS = 397;

interface Where {
  /** Of the cluster's names. */
  readonly prefix: string;
  readonly provider: pulumi.ProviderResource;
}

/** Undefined where the topology wants no TLS. */
export function certificatesFor(
  { broker }: Topology,
  settings: ClusterSettings,
  where: Where,
): ClusterCertificates | undefined {
  if (broker?.tls === undefined) return undefined;
  const { tls = OWN_AUTHORITY } = settings;
  if (!('ca' in tls)) return ownCertificates(tls, settings, broker.nodes ?? 1, where);
  return {
    ca: readProjectFile(tls.ca, 'docker.cluster.tls.ca'),
    certificate: readProjectFile(tls.certificate, 'docker.cluster.tls.certificate'),
    key: pulumi.secret(readProjectFile(tls.key, 'docker.cluster.tls.key')),
  };
}

/** All authorities are trusted, and the first one signs: so another one can come before anybody needs it. */
function ownCertificates(
  { names, authorities, generation }: OwnAuthority,
  { address }: ClusterSettings,
  nodes: number,
  { prefix, provider }: Where,
): ClusterCertificates {
  const all = authorities.map(
    (number) =>
      new Authority(
        `authority-${number}`,
        { commonName: `${prefix} authority ${number}`, days: AUTHORITY_DAYS },
        { provider },
      ),
  );
  const [signer] = all;
  if (signer === undefined) throw new Error('there is an authority for each number');
  const hosts = Array.from({ length: nodes }, (_, index) => hostOf(index + 1));
  const certificate = new Certificate(
    'certificate',
    {
      authorityCertificate: signer.certificate,
      authorityKey: signer.key,
      names: [...new Set([BROKER_HOST, ...hosts, 'localhost', ...names])],
      addresses: [...new Set(['127.0.0.1', ...(isEveryAddress(address) ? [] : [address])])],
      days: CERTIFICATE_DAYS,
      // Left out where it says nothing: certificates that are there stay as they are.
      ...(generation === 1 ? {} : { generation }),
    },
    { provider },
  );
  const ca = pulumi.all(all.map((one) => one.certificate)).apply((texts) => texts.join(''));
  return { ca, certificate: certificate.certificate, key: certificate.key };
}
