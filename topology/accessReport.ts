/** Who can do what: by the topology, on a broker, and where the two differ. */
import type { BrokerObject, ObjectOfKind, UserObject } from './objects';
import { compareNames } from './names';
import { canonicalJson } from './objects';

type Permissions = Pick<ObjectOfKind<'permissions'>, 'configure' | 'write' | 'read'>;
type TopicPermissions = ObjectOfKind<'topicPermissions'>['exchanges'];

export type AccessState = 'same' | 'different' | 'only in the topology' | 'only on the broker';

/** One user in one vhost; without a vhost, the user itself. */
export interface AccessEntry {
  /** On the broker. */
  readonly user: string;
  readonly vhost?: string;
  readonly state: AccessState;
  readonly wanted?: Access;
  readonly found?: Access;
}

export interface Access {
  readonly tags?: readonly string[];
  readonly permissions?: Permissions;
  readonly topics?: TopicPermissions;
}

/** Entries in the order of users and vhosts. */
export function accessReport(
  wanted: readonly BrokerObject[],
  found: readonly BrokerObject[],
): readonly AccessEntry[] {
  const [left, right] = [accessOf(wanted), accessOf(found)];
  const keys = [...new Set([...left.keys(), ...right.keys()])].map((key) => ({
    key,
    parts: JSON.parse(key) as [string, string?],
  }));
  // A user before its vhosts.
  keys.sort(
    (a, b) => compareNames(a.parts[0], b.parts[0]) || compareNames(a.parts[1] ?? '', b.parts[1] ?? ''),
  );
  return keys.map(({ key, parts: [user, vhost] }) => {
    const [own, theirs] = [left.get(key), right.get(key)];
    return {
      user,
      ...(vhost === undefined ? {} : { vhost }),
      state: stateOf(own, theirs),
      ...(own === undefined ? {} : { wanted: own }),
      ...(theirs === undefined ? {} : { found: theirs }),
    };
  });
}

function stateOf(wanted: Access | undefined, found: Access | undefined): AccessState {
  if (found === undefined) return 'only in the topology';
  if (wanted === undefined) return 'only on the broker';
  return canonicalJson(plain(wanted)) === canonicalJson(plain(found)) ? 'same' : 'different';
}

/** The broker keeps tags and exchanges as sets. */
function plain({ tags = [], permissions, topics = [] }: Access): Parameters<typeof canonicalJson>[0] {
  const byExchange = topics.map(({ exchange, write, read }) => [exchange, write, read]);
  const allowed =
    permissions === undefined ? null : [permissions.configure, permissions.write, permissions.read];
  return [[...tags].sort(), allowed, byExchange.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))];
}

function accessOf(objects: readonly BrokerObject[]): ReadonlyMap<string, Access> {
  const entries = new Map<string, Access>();
  const add = (keys: readonly string[], access: Access): void => {
    const key = JSON.stringify(keys);
    entries.set(key, { ...entries.get(key), ...access });
  };
  for (const object of objects) {
    if (object.kind === 'user') add([object.name], { tags: tagsOf(object) });
    if (object.kind === 'permissions') {
      const { user, vhost, configure, write, read } = object;
      add([user, vhost], { permissions: { configure, write, read } });
    }
    if (object.kind === 'topicPermissions') add([object.user, object.vhost], { topics: object.exchanges });
  }
  return entries;
}

function tagsOf({ tags }: UserObject): readonly string[] {
  return [...tags].sort();
}
