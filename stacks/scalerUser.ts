/**
 * The scaler's user on the broker: it sees figures, and no message. Its objects go the way of the topology's own, so
 * that they have generations, come and go in the right order, and go with the cluster.
 */
import { settingsOfFleet, type DockerSettings } from '../docker/settings';
import type { Topology, Worker } from '../topology/model';
import type { BrokerObject } from '../topology/objects';

/** Without its generation. */
export const SCALER_USER = 'warren-scaler';
const NOTHING = '^$';

/** The workers on the stack's own Docker host, which the scaler has to do with; none where none of them is scaled. */
export function workersToScale(
  docker: DockerSettings | undefined,
  { workers }: Pick<Topology, 'workers'>,
): readonly Worker[] {
  if (docker === undefined || docker.scaler === false) return [];
  const here = workers.filter(({ name }) => settingsOfFleet(docker, name).hosts === undefined);
  return here.some(({ autoscale }) => autoscale !== undefined) ? here : [];
}

/** The user with the tag `monitoring`, and its way into the workers' vhosts, where it may do nothing. */
export function scalerObjects(workers: readonly Pick<Worker, 'vhost'>[]): readonly BrokerObject[] {
  if (workers.length === 0) return [];
  const vhosts = new Set(workers.flatMap(({ vhost }) => vhost ?? []));
  return [
    { kind: 'user', name: SCALER_USER, tags: ['monitoring'] },
    ...[...vhosts].map((vhost): BrokerObject => ({
      kind: 'permissions',
      vhost,
      user: SCALER_USER,
      configure: NOTHING,
      write: NOTHING,
      read: NOTHING,
    })),
  ];
}
