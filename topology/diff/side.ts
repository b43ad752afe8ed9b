/** A side of a diff from a topology that compiles. */
import type { Topology } from '../model';
import type { BrokerObject } from '../objects';
import type { Side } from './model';

export function sideOfTopology(name: string, topology: Topology, objects: readonly BrokerObject[]): Side {
  return {
    name,
    objects,
    target: topology.target,
    families: topology.vhosts.flatMap((vhost) =>
      vhost.families.map(({ template, declaredWith }) => ({
        vhost: vhost.name,
        template,
        ...(declaredWith === undefined ? {} : { declaredWith }),
      })),
    ),
    workers: topology.workers.map((worker) => {
      const { vhost, user, queues } = worker;
      return {
        name: worker.name,
        queues,
        ...(vhost === undefined ? {} : { vhost }),
        ...(user === undefined ? {} : { user }),
      };
    }),
  };
}
