/** How many copies quorum queues are to have, from the topology. */
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';

/** RabbitMQ's own, unless `broker.conf` has another one. */
const SIZE_DEFAULT = 3;
const SIZE_KEY = 'quorum_queue.initial_cluster_size';
const POLICY_KEY = 'target-group-size';
const ARGUMENT = 'x-quorum-target-group-size';

export function groupSizeDefault({ broker }: Pick<Topology, 'broker'>): number {
  const size = Number(broker?.conf[SIZE_KEY] ?? SIZE_DEFAULT);
  return Number.isInteger(size) && size > 0 ? size : SIZE_DEFAULT;
}

/** What asks for another number, in words that change with it. */
export function groupSizes(objects: readonly BrokerObject[]): readonly string[] {
  return objects.flatMap((object): string[] => {
    if (object.kind !== 'policy' && object.kind !== 'operatorPolicy' && object.kind !== 'queue') return [];
    const size = object.kind === 'queue' ? object.arguments[ARGUMENT] : object.definition[POLICY_KEY];
    return size === undefined ? [] : [`${object.kind} ${object.name}@${object.vhost}: ${String(size)}`];
  });
}
