/** The cluster where no operator may be installed: a StatefulSet with the names that the operator would give. */
import { parseQuantityBytes } from '../../kubernetesApi/quantity';
import { additionalPlugins, enabledPlugins } from '../../platform/nodeConf';
import type { Topology } from '../../topology/model';
import { labelsOf, selectorOf, type KubernetesObject, type Place } from '../objects';
import type { ClusterSettings } from '../settings';
import { nodeConf, nodeCount } from './conf';
import {
  CLUSTER,
  CONF_MAP,
  DATA_VOLUME,
  MANAGEMENT_PORT,
  MANAGEMENT_TLS_PORT,
  METRICS_PORT,
  METRICS_TLS_PORT,
  NODES_SERVICE,
  STATEFUL_SET,
  type Port,
} from './names';
import { nodePod } from './nodePod';
import { clientPorts } from './pods';

export function statefulCluster(
  topology: Topology,
  settings: ClusterSettings,
  image: string,
  place: Place,
): readonly KubernetesObject[] {
  const metadata = (name: string): KubernetesObject['metadata'] => ({
    name,
    namespace: place.namespace,
    labels: labelsOf(place, CLUSTER, 'broker'),
  });
  const selector = selectorOf(place.instance, CLUSTER);
  const conf = nodeConf(topology, place.namespace, parseQuantityBytes(settings.memory));
  const ports = portsOf(topology);
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(CONF_MAP),
      data: { '50-warren.conf': conf, enabled_plugins: enabledPlugins(topology) },
    },
    service(metadata(CLUSTER), selector, ports, { type: settings.service }),
    service(metadata(NODES_SERVICE), selector, [{ name: 'epmd', port: 4369 }], {
      clusterIP: 'None',
      // Nodes look for one another before they are ready.
      publishNotReadyAddresses: true,
    }),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(STATEFUL_SET),
      spec: {
        replicas: nodeCount(topology),
        serviceName: NODES_SERVICE,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: labelsOf(place, CLUSTER, 'broker'), annotations: readAtStart(topology, conf) },
          spec: nodePod(topology, settings, image, ports),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: DATA_VOLUME },
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: settings.storage } },
              ...(settings.storageClass === undefined ? {} : { storageClassName: settings.storageClass }),
            },
          },
        ],
      },
    },
  ];
}

/** What a node reads when it starts, and never again: another one replaces the pods. */
function readAtStart(topology: Topology, conf: string): Readonly<Record<string, string>> {
  const plugins = additionalPlugins(topology);
  // Left out where it says nothing: pods that are there stay as they are.
  return { 'warren/conf': conf, ...(plugins.length === 0 ? {} : { 'warren/plugins': plugins.join(',') }) };
}

function portsOf(topology: Topology): readonly Port[] {
  const { tls } = topology.broker ?? {};
  return [
    ...clientPorts(topology),
    ...(tls?.only === true
      ? []
      : [
          { name: 'management', port: MANAGEMENT_PORT },
          { name: 'prometheus', port: METRICS_PORT },
        ]),
    ...(tls === undefined
      ? []
      : [
          { name: 'management-tls', port: MANAGEMENT_TLS_PORT },
          { name: 'prometheus-tls', port: METRICS_TLS_PORT },
        ]),
  ];
}

function service(
  metadata: KubernetesObject['metadata'],
  selector: Readonly<Record<string, string>>,
  ports: readonly Port[],
  spec: object,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      selector,
      ports: ports.map(({ name, port }) => ({ name, port, targetPort: port, protocol: 'TCP' })),
      ...spec,
    },
  };
}
