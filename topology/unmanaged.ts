/**
 * What a broker holds and a topology doesn't know. It is listed for people to decide about, never deleted: it may be
 * somebody's. What clients and plugins make for themselves, and the families of the topology, are told apart.
 */
import type { BrokerObject, BrokerObjectKind, ObjectOfKind } from './objects';
import { WARREN, frameworkOwner } from './frameworkNames';
import { compareNames } from './names';
import { CREATION_ORDER, identityKey } from './objects';
import { templateMatches } from './patterns/template';

export interface Inventory {
  /** Of the broker, whole. */
  readonly objects: readonly BrokerObject[];
  /** Queues that belong to one connection, and go with it. */
  readonly isExclusive: (queue: ObjectOfKind<'queue'>) => boolean;
  /** Whether the stack has made it, and answers for it; without it, there is no stack. */
  readonly isInState?: (object: BrokerObject) => boolean;
}

/** All that must be known of a topology beside its objects. */
export interface KnownFamilies {
  readonly vhosts: readonly {
    readonly name: string;
    readonly families: readonly { readonly template: string }[];
  }[];
}

export interface OwnedObject {
  readonly object: ObjectOfKind<'queue' | 'exchange'>;
  /** In words: `Celery`, `the family "user:{id}"`. */
  readonly owner: string;
}

/** By kind, in the order in which kinds are created; sorted by name. Kinds with nothing are left out. */
export type ObjectsByKind = ReadonlyMap<BrokerObjectKind, readonly BrokerObject[]>;

export interface Unmanaged {
  /** Never touched by the stack. */
  readonly byKind: ObjectsByKind;
  /** Taken out of the topology and still in the stack's state: the next `up` deletes it. */
  readonly leaving: ObjectsByKind;
  /** What Warren keeps for a queue or an exchange that it recreates or deletes. */
  readonly setAside: ObjectsByKind;
  readonly owned: readonly OwnedObject[];
}

/**
 * `known` has users under the names that they have on the broker (with generations), the stack's own administrator
 * among them. Of a vhost that isn't known, and of a queue, exchange or user that isn't, only itself is listed, without
 * what is in it or belongs to it.
 */
export function unmanaged(
  known: readonly BrokerObject[],
  topology: KnownFamilies,
  inventory: Inventory,
): Unmanaged {
  const knownKeys = new Set(known.map(identityKey));
  const isKnown = (object: BrokerObject): boolean => knownKeys.has(identityKey(object));
  const owned: OwnedObject[] = [];
  const [strangers, leaving, setAside]: [BrokerObject[], BrokerObject[], BrokerObject[]] = [[], [], []];
  for (const object of inventory.objects) {
    if (isKnown(object) || !isIn(object, knownKeys)) continue;
    if (inventory.isInState?.(object) === true) {
      leaving.push(object);
      continue;
    }
    const owner = ownerOf(object, topology, inventory);
    if (owner === undefined) strangers.push(object);
    else if (owner === WARREN) setAside.push(object);
    else if (object.kind === 'queue' || object.kind === 'exchange') owned.push({ object, owner });
  }
  return {
    byKind: grouped(strangers),
    leaving: grouped(leaving),
    setAside: grouped(setAside),
    owned: owned.sort((a, b) => byName(a.object, b.object)),
  };
}

function grouped(all: readonly BrokerObject[]): ObjectsByKind {
  const byKind = CREATION_ORDER.flatMap((kind) => {
    const objects = all.filter((object) => object.kind === kind).sort(byName);
    return objects.length === 0 ? [] : [[kind, objects] as const];
  });
  return new Map(byKind);
}

/** Whether what the object is in, or belongs to, is known: else that one is listed. */
function isIn(object: BrokerObject, known: ReadonlySet<string>): boolean {
  const has = (other: BrokerObject): boolean => known.has(identityKey(other));
  if ('vhost' in object && !has({ kind: 'vhost', name: object.vhost })) return false;
  if ('user' in object && !has({ kind: 'user', name: object.user, tags: [] })) return false;
  if (object.kind !== 'binding') return true;
  const { vhost, source, destination, destinationType } = object;
  const isEnd = (kind: 'exchange' | 'queue', name: string): boolean => {
    if (kind === 'exchange' && name.startsWith('amq.')) return true;
    const common = { vhost, name, durable: true, autoDelete: false, arguments: {} };
    return has(kind === 'queue' ? { kind, ...common } : { kind, type: '', internal: false, ...common });
  };
  return isEnd('exchange', source) && isEnd(destinationType, destination);
}

function ownerOf(
  object: BrokerObject,
  topology: KnownFamilies,
  { isExclusive }: Inventory,
): string | undefined {
  if (object.kind === 'exchange') return frameworkOwner(object.name);
  if (object.kind !== 'queue') return undefined;
  const families = topology.vhosts.find(({ name }) => name === object.vhost)?.families ?? [];
  const family = families.find(({ template }) => templateMatches(template, object.name));
  if (family !== undefined) return `the family "${family.template}"`;
  return frameworkOwner(object.name) ?? (isExclusive(object) ? 'a connection (exclusive)' : undefined);
}

function byName(a: BrokerObject, b: BrokerObject): number {
  return compareNames(identityKey(a), identityKey(b));
}
