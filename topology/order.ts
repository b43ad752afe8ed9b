import { compareNames } from './names';
import { CREATION_ORDER, identityKey } from './objects';
import type { BrokerObject } from './objects';

/** Sorted by kind as they are created, and within a kind by identity. */
export function inCreationOrder<T extends BrokerObject>(objects: readonly T[]): T[] {
  return objects
    .map((object) => ({ object, rank: CREATION_ORDER.indexOf(object.kind), key: identityKey(object) }))
    .sort((a, b) => a.rank - b.rank || compareNames(a.key, b.key))
    .map(({ object }) => object);
}
