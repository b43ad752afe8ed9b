/**
 * Objects as a broker or a definitions.json has them, brought into the form in which a topology says the same: without
 * what RabbitMQ writes down by itself, with users under the topology's names, and without what isn't the topology's.
 */
import { frameworkOwner } from '../frameworkNames';
import { compareNames } from '../names';
import type { BrokerObject, JsonValue, ObjectOfKind, QueueType } from '../objects';
import { canonicalJson, identityKey, plainBinding } from '../objects';
import { defaultTypesOf, inFormOfQueue, withoutAddedType } from '../queueType';
import { splitLogin } from '../uriLogins';
import { unmanaged } from '../unmanaged';
import type { KnownFamilies } from '../unmanaged';
import type { SideFamily } from './model';

export interface Aligned {
  readonly objects: readonly BrokerObject[];
  /** What the other side doesn't know, and Warren never touches. */
  readonly others: readonly BrokerObject[];
}

export interface Counterpart {
  readonly objects: readonly BrokerObject[];
  readonly families: readonly SideFamily[];
  /** Queues that belong to one connection. */
  readonly isExclusive: (queue: ObjectOfKind<'queue'>) => boolean;
}

/** Of a broker: what the other side doesn't know isn't compared. */
export function alignLive(objects: readonly BrokerObject[], other: Counterpart): Aligned {
  const aligned = alignForeign(objects, other.objects);
  const known = new Set(other.objects.map(identityKey));
  const { byKind, setAside, owned } = unmanaged(other.objects, familiesByVhost(other), {
    objects: aligned,
    isExclusive: other.isExclusive,
  });
  return {
    objects: aligned.filter((object) => known.has(identityKey(object))),
    others: [...[...byKind.values(), ...setAside.values()].flat(), ...owned.map(({ object }) => object)],
  };
}

function familiesByVhost({ families }: Counterpart): KnownFamilies {
  const names = [...new Set(families.map(({ vhost }) => vhost))];
  return {
    vhosts: names.map((name) => ({ name, families: families.filter(({ vhost }) => vhost === name) })),
  };
}

/** All of it, but for what RabbitMQ and frameworks make for themselves. */
export function alignForeign(
  objects: readonly BrokerObject[],
  other: readonly BrokerObject[],
): readonly BrokerObject[] {
  const counterparts = new Map(other.map((object) => [identityKey(object), object]));
  const users = new Set(other.flatMap((object) => (object.kind === 'user' ? [object.name] : [])));
  const types = defaultTypesOf(objects);
  const isTheirs = (object: BrokerObject): boolean =>
    (object.kind === 'exchange' || object.kind === 'queue') &&
    frameworkOwner(object.name) !== undefined &&
    !counterparts.has(identityKey(object));
  const gone = new Set(objects.filter(isTheirs).map(identityKey));
  const found = new Map<string, BrokerObject>();
  for (const object of newestUsersFirst(objects)) {
    if (gone.has(identityKey(object)) || isBoundToOneOf(object, gone)) continue;
    const named = underItsName(object, users);
    const key = identityKey(named);
    // Of several generations of a user the newest counts.
    if (!found.has(key)) found.set(key, inFormOf(named, counterparts.get(key), types));
  }
  return [...found.values()];
}

const GENERATION = /^(.+)-g(\d+)$/s;

function newestUsersFirst(objects: readonly BrokerObject[]): BrokerObject[] {
  const generation = (object: BrokerObject): number => {
    const name = object.kind === 'user' ? object.name : 'user' in object ? object.user : '';
    return Number(GENERATION.exec(name)?.[2] ?? 0);
  };
  return [...objects].sort(
    (a, b) => generation(b) - generation(a) || compareNames(identityKey(a), identityKey(b)),
  );
}

/** A user `shop` of the topology is `shop-g1` on the broker. */
function underItsName(object: BrokerObject, users: ReadonlySet<string>): BrokerObject {
  const nameOf = (user: string): string => {
    const name = GENERATION.exec(user)?.[1];
    return name !== undefined && users.has(name) && !users.has(user) ? name : user;
  };
  if (object.kind === 'user') return { ...object, name: nameOf(object.name) };
  return 'user' in object ? { ...object, user: nameOf(object.user) } : object;
}

function isBoundToOneOf(object: BrokerObject, gone: ReadonlySet<string>): boolean {
  if (object.kind !== 'binding') return false;
  const common = { vhost: object.vhost, durable: true, autoDelete: false, arguments: {} };
  const exchange = (name: string): BrokerObject => ({
    kind: 'exchange',
    name,
    type: '',
    internal: false,
    ...common,
  });
  const { source, destination, destinationType } = object;
  if (source === '') return true;
  const end: BrokerObject =
    destinationType === 'queue' ? { kind: 'queue', name: destination, ...common } : exchange(destination);
  // Bindings from the broker's own exchanges are anybody's.
  return (
    gone.has(identityKey(end)) || (!source.startsWith('amq.') && gone.has(identityKey(exchange(source))))
  );
}

function inFormOf(
  object: BrokerObject,
  other: BrokerObject | undefined,
  types: ReadonlyMap<string, QueueType>,
): BrokerObject {
  switch (object.kind) {
    case 'vhost':
      return vhostInFormOf(object, other?.kind === 'vhost' ? other : undefined);
    case 'queue':
      return other?.kind === 'queue'
        ? inFormOfQueue(object, other, types.get(object.vhost))
        : withoutAddedType(object, types.get(object.vhost));
    case 'binding':
      return plainBinding(object);
    case 'parameter':
      return other?.kind === 'parameter' ? parameterInFormOf(withEmptyTable(object, other), other) : object;
    case 'globalParameter':
      return other?.kind === 'globalParameter' ? withEmptyTable(object, other) : object;
    default:
      return object;
  }
}

/** What the other side leaves out, Warren leaves as it is; alone, what is as in any new vhost says nothing. */
function vhostInFormOf(vhost: ObjectOfKind<'vhost'>, other: ObjectOfKind<'vhost'> | undefined): BrokerObject {
  const usual: Readonly<Record<string, (value: unknown) => boolean>> = {
    description: (value) => value === '',
    tags: (value) => Array.isArray(value) && value.length === 0,
    defaultQueueType: (value) => value === 'classic',
    deletionProtection: (value) => value === false,
  };
  const stated = Object.entries(vhost).filter(([key, value]) => {
    const isUsual = usual[key];
    if (key === 'tracing') return false;
    return isUsual === undefined || (other === undefined ? !isUsual(value) : key in other);
  });
  return Object.fromEntries(stated) as unknown as BrokerObject;
}

/** RabbitMQ gives an empty table back as an empty list. */
function withEmptyTable<O extends ObjectOfKind<'parameter' | 'globalParameter'>>(object: O, { value }: O): O {
  const isEmpty = (given: JsonValue): boolean => canonicalJson(given) === '[]';
  return isEmpty(object.value) && canonicalJson(value) === '{}' ? { ...object, value } : object;
}

/** With the logins of the stack's users taken out of the URIs again. */
function parameterInFormOf(
  parameter: ObjectOfKind<'parameter'>,
  { logins }: ObjectOfKind<'parameter'>,
): BrokerObject {
  const { value } = parameter;
  if (logins === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return parameter;
  const found: Record<string, string> = {};
  const entries = Object.entries(value).map(([key, item]): [string, JsonValue] => {
    const user = logins[key];
    if (user === undefined) return [key, item];
    const strip = (uri: JsonValue): JsonValue => {
      const split = typeof uri === 'string' ? splitLogin(uri) : undefined;
      if (split === undefined) return uri;
      const { username } = split.login;
      found[key] = GENERATION.exec(username)?.[1] === user ? user : username;
      return split.uri;
    };
    return [key, Array.isArray(item) ? (item as JsonValue[]).map(strip) : strip(item)];
  });
  return {
    ...parameter,
    value: Object.fromEntries(entries),
    ...(Object.keys(found).length === 0 ? {} : { logins: found }),
  };
}
