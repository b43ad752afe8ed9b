/** Finding objects: in a snapshot, or each with a request of its own. */
import type { BrokerObjectKind, ObjectOfKind } from '../topology/objects';
import type { PasswordHash } from './kinds/passwords';
import type { FoundObject } from './snapshot';
import type { Broker } from './api/transport';
import { read } from './objects';
import * as users from './kinds/users';

type Sooner<T> = T | Promise<T>;

/** A `Snapshot` is one. */
export interface Lookup {
  /** As the broker has it; undefined where there is none. */
  find<K extends BrokerObjectKind>(
    object: ObjectOfKind<K> & { readonly kind: K },
  ): Sooner<FoundObject<K> | undefined>;
  passwordHash(user: string): Sooner<PasswordHash | undefined>;
}

/** Asks the broker each time. */
export function liveLookup(broker: Broker): Lookup {
  return {
    // What is read is of the kind that was asked for.
    find: <K extends BrokerObjectKind>(object: ObjectOfKind<K>) =>
      read(broker, object) as Promise<FoundObject<K> | undefined>,
    passwordHash: async (user) => (await users.read(broker, user))?.passwordHash,
  };
}
