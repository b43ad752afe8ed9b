/** `warren:index:inventory`: what is on the broker, for a program that adopts it. */
import type { Session } from '../resourceType';
import type { PropertyMap } from '../values';
import { identityKey } from '../../topology/objects';

/** By `identityKey`. A queue that belongs to a connection is nobody else's, whatever its name. */
export async function inventory(session: Session): Promise<PropertyMap> {
  const snapshot = await session.snapshot();
  const objects = snapshot
    .objects()
    .filter((object) => object.kind !== 'queue' || !snapshot.isExclusive(object));
  return { identities: objects.map(identityKey) };
}
