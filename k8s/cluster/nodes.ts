/** What the nodes are made of: the operator's custom resource, or a StatefulSet with what it needs. */
import type { Topology } from '../../topology/model';
import type { KubernetesObject, Place } from '../objects';
import type { ClusterSettings } from '../settings';
import { rabbitmqCluster } from './rabbitmqCluster';
import { statefulCluster } from './statefulSet';

export function nodeObjects(
  topology: Topology,
  settings: ClusterSettings,
  place: Place,
): readonly KubernetesObject[] {
  const image = settings.image ?? `rabbitmq:${topology.target}-management`;
  return settings.by === 'operator'
    ? [rabbitmqCluster(topology, settings, image, place)]
    : statefulCluster(topology, settings, image, place);
}
