/** The objects of one vhost, sorted by what they are. */
import type { BrokerObject, BrokerObjectKind, ObjectOfKind, QueueObject, QueueType } from '../objects';

export interface VhostParts {
  readonly name: string;
  readonly of: <K extends BrokerObjectKind>(kind: K) => readonly ObjectOfKind<K>[];
}

/** Every vhost that is there or in which something is, by name. */
export function vhostParts(objects: readonly BrokerObject[]): ReadonlyMap<string, VhostParts> {
  const byVhost = new Map<string, Map<BrokerObjectKind, BrokerObject[]>>();
  for (const object of objects) {
    const name = object.kind === 'vhost' ? object.name : 'vhost' in object ? object.vhost : undefined;
    if (name === undefined) continue;
    const byKind = byVhost.get(name) ?? new Map<BrokerObjectKind, BrokerObject[]>();
    byVhost.set(name, byKind);
    const list = byKind.get(object.kind);
    if (list === undefined) byKind.set(object.kind, [object]);
    else list.push(object);
  }
  return new Map(
    [...byVhost].map(([name, byKind]) => [
      name,
      { name, of: <K extends BrokerObjectKind>(kind: K) => (byKind.get(kind) ?? []) as ObjectOfKind<K>[] },
    ]),
  );
}

/** Whoever names no type has a classic queue; the vhost's default was put in when the queue was declared. */
export function queueTypeOf({ arguments: given }: Pick<QueueObject, 'arguments'>): QueueType {
  const type = given['x-queue-type'];
  return type === 'quorum' || type === 'stream' ? type : 'classic';
}
