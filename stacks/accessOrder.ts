/**
 * Who may enter a vhost goes only after its queues: a queue whose deletion is refused can then still be emptied by
 * those who did so before. Pulumi deletes first what depends on others, so queues depend on permissions.
 *
 * Between what it deletes, it follows direct dependencies only. So a queue depends on those who may read from it; the
 * others it reaches through one that waits for them all, which is enough where everything goes. Each queue with each
 * user would be too much.
 */
import type * as pulumi from '@pulumi/pulumi';
import type { ObjectOfKind } from '../topology/objects';
import { identityKey } from '../topology/objects';
import { matcherOf } from './matcher';

export type AccessObject = ObjectOfKind<'permissions' | 'topicPermissions'>;

interface VhostAccess {
  /** In the order in which they were added. */
  readonly all: pulumi.Resource[];
  readonly users: Map<string, UserAccess>;
}

interface UserAccess {
  mayRead: (queue: string) => boolean;
  readonly resources: pulumi.Resource[];
}

/** One of them is enough to empty a queue, and thousands of queues may be open to everybody. */
const READERS_MAX = 10;

export class AccessOrder {
  readonly #lastOfVhosts: ReadonlySet<string>;
  readonly #vhosts = new Map<string, VhostAccess>();

  /** All that will be added, in that order, with the names that users have on the broker. */
  constructor(objects: readonly AccessObject[]) {
    const last = new Map(objects.map((object) => [object.vhost, object]));
    this.#lastOfVhosts = new Set([...last.values()].map(identityKey));
  }

  /** What it waits for: the last one of a vhost waits for all others. */
  neededBy(object: AccessObject): pulumi.Resource[] {
    return this.#lastOfVhosts.has(identityKey(object)) ? [...this.#vhost(object.vhost).all] : [];
  }

  add(object: AccessObject, resource: pulumi.Resource): void {
    const { all, users } = this.#vhost(object.vhost);
    all.push(resource);
    const access = users.get(object.user) ?? { mayRead: () => false, resources: [] };
    users.set(object.user, access);
    access.resources.push(resource);
    // RabbitMQ takes an empty pattern for one that matches nothing.
    if (object.kind === 'permissions' && object.read !== '') access.mayRead = matcherOf(object.read);
  }

  neededByQueue(vhost: string, name: string): pulumi.Resource[] {
    const { all, users } = this.#vhost(vhost);
    const readers = [...users.values()].filter(({ mayRead }) => mayRead(name)).slice(0, READERS_MAX);
    return [...new Set([...readers.flatMap(({ resources }) => resources), ...all.slice(-1)])];
  }

  #vhost(name: string): VhostAccess {
    const access = this.#vhosts.get(name) ?? { all: [], users: new Map<string, UserAccess>() };
    this.#vhosts.set(name, access);
    return access;
  }
}
