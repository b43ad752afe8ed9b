/** The cluster as RabbitMQ's cluster operator wants it: its custom resource. */
import { additionalPlugins } from '../../platform/nodeConf';
import type { Topology } from '../../topology/model';
import { labelsOf, type KubernetesObject, type Place } from '../objects';
import type { ClusterSettings } from '../settings';
import { additionalConfig, nodeCount } from './conf';
import { ADMIN_SECRET, CLUSTER } from './names';
import { graceSeconds, readinessProbe, resourcesOf, spreadConstraints } from './pods';
import { tlsSecretOf } from './secrets';

export function rabbitmqCluster(
  topology: Topology,
  settings: ClusterSettings,
  image: string,
  place: Place,
): KubernetesObject {
  const { broker } = topology;
  const plugins = additionalPlugins(topology);
  return {
    apiVersion: 'rabbitmq.com/v1beta1',
    kind: 'RabbitmqCluster',
    metadata: {
      name: CLUSTER,
      namespace: place.namespace,
      // Handed on to all that the operator makes of it.
      labels: { ...labelsOf(place, CLUSTER, 'broker') },
    },
    spec: {
      replicas: nodeCount(topology),
      image,
      ...(settings.imagePullSecrets.length === 0
        ? {}
        : { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) }),
      delayStartSeconds: Math.ceil(settings.startDelayMs / 1000),
      terminationGracePeriodSeconds: graceSeconds(settings),
      service: { type: settings.service },
      persistence: {
        storage: settings.storage,
        ...(settings.storageClass === undefined ? {} : { storageClassName: settings.storageClass }),
      },
      resources: resourcesOf(settings),
      secretBackend: { externalSecret: { name: ADMIN_SECRET } },
      ...(broker?.tls === undefined
        ? {}
        : {
            tls: {
              secretName: tlsSecretOf(settings),
              // The operator leaves out what is false, which then would look like a change of somebody's.
              ...(broker.tls.only ? { disableNonTLSListeners: true } : {}),
              ...(broker.tls.verifyPeer ? { caSecretName: tlsSecretOf(settings) } : {}),
            },
          }),
      rabbitmq: {
        additionalConfig: additionalConfig(topology),
        ...(plugins.length === 0 ? {} : { additionalPlugins: [...plugins] }),
      },
      override: {
        statefulSet: {
          spec: {
            template: {
              spec: {
                topologySpreadConstraints: spreadConstraints(settings),
                securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
                containers: [{ name: 'rabbitmq', readinessProbe: readinessProbe(topology) }],
              },
            },
          },
        },
      },
    },
  };
}
