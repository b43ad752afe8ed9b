/** The Secrets of a cluster. What is in them is known to the stack alone. */
import type * as pulumi from '@pulumi/pulumi';
import type { Topology } from '../../topology/model';
import { labelsOf, type KubernetesObject, type Place, type SecretObject } from '../objects';
import type { CertManager, ClusterSettings } from '../settings';
import { ADMIN_SECRET, CLUSTER, COOKIE_SECRET, dnsNames, serviceHost, TLS_SECRET } from './names';
import { amqpPorts } from './pods';

export interface ClusterSecrets {
  readonly admin: { readonly username: string; readonly password: pulumi.Input<string> };
  readonly topology: Topology;
  /** Of nodes that no operator makes. */
  readonly cookie?: pulumi.Input<string>;
  /** PEM texts, where they are not in a Secret that somebody else makes. */
  readonly certificates?: Certificates;
}

export interface Certificates {
  readonly ca: pulumi.Input<string>;
  readonly certificate: pulumi.Input<string>;
  readonly key: pulumi.Input<string>;
}

/** @param defaultUserConf the administrator, as RabbitMQ's configuration has a first user */
export function clusterSecrets(
  { admin, topology, cookie, certificates }: ClusterSecrets,
  place: Place,
  defaultUserConf: pulumi.Input<string>,
): readonly SecretObject[] {
  const secret = (name: string, stringData: SecretObject['stringData'], type = 'Opaque'): SecretObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: place.namespace, labels: labelsOf(place, CLUSTER, 'broker') },
    type,
    stringData,
  });
  return [
    // The keys are those that the operator gives a Secret of its own, and that service bindings ask for.
    secret(ADMIN_SECRET, {
      username: admin.username,
      password: admin.password,
      'default_user.conf': defaultUserConf,
      provider: 'rabbitmq',
      type: 'rabbitmq',
      host: serviceHost(place.namespace),
      // With TLS alone, AMQPS: nobody listens at the other one.
      port: String(amqpPorts(topology)[0].port),
    }),
    ...(cookie === undefined ? [] : [secret(COOKIE_SECRET, { cookie })]),
    ...(certificates === undefined
      ? []
      : [
          secret(
            TLS_SECRET,
            {
              'ca.crt': certificates.ca,
              'tls.crt': certificates.certificate,
              'tls.key': certificates.key,
            },
            'kubernetes.io/tls',
          ),
        ]),
  ];
}

/** Where the nodes' certificate is, whoever makes it. */
export function tlsSecretOf({ tls }: ClusterSettings): string {
  return 'secret' in tls ? tls.secret : TLS_SECRET;
}

/** What has cert-manager make and renew the Secret. */
export function certificateRequest(
  { issuer, issuerKind, names }: CertManager,
  place: Place,
): KubernetesObject {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: {
      name: TLS_SECRET,
      namespace: place.namespace,
      labels: labelsOf(place, CLUSTER, 'broker'),
      annotations: { 'pulumi.com/waitFor': 'condition=Ready' },
    },
    spec: {
      secretName: TLS_SECRET,
      dnsNames: [...dnsNames(place.namespace), ...names],
      ipAddresses: ['127.0.0.1'],
      usages: ['server auth', 'client auth', 'digital signature', 'key encipherment'],
      issuerRef: { name: issuer, kind: issuerKind },
    },
  };
}
