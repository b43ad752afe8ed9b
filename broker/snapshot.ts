/**
 * Everything that a broker, or one vhost, holds, in ten requests whatever its size. The lists are taken, not the
 * definitions: these leave out exclusive queues, the broker's own exchanges, the `properties_key` of bindings, tracing
 * and protection of vhosts, and on some versions auto-delete exchanges and the description of vhosts.
 */
import type { BrokerObject, BrokerObjectKind, ObjectOfKind } from '../topology/objects';
import type { StoredBinding } from './kinds/bindings';
import type { PasswordHash } from './kinds/passwords';
import type { Broker } from './api/transport';
import type { Vhost } from './kinds/vhosts';
import { HOLDING_PREFIX, compareNames } from '../topology/names';
import { identityKey } from '../topology/objects';
import * as bindings from './kinds/bindings';
import { isBrokerError } from './api/errors';
import * as exchanges from './kinds/exchanges';
import * as globalParameters from './kinds/globalParameters';
import { field, flag, records, text } from './api/json';
import { userLimitsOf, vhostLimitsOf } from './kinds/limits';
import { OTHER_KINDS, fromJson as parameterFromJson } from './kinds/parameters';
import * as permissions from './kinds/permissions';
import * as policies from './kinds/policies';
import * as queues from './kinds/queues';
import { LIST_TIMEOUT_MS, path } from './api/transport';
import * as users from './kinds/users';
import * as vhosts from './kinds/vhosts';

/** Vhosts come with `tracing`, bindings with their properties key; the rest as the topology has it. */
export type FoundObject<K extends BrokerObjectKind> = K extends 'vhost'
  ? Vhost
  : K extends 'binding'
    ? StoredBinding
    : ObjectOfKind<K>;

export interface Snapshot {
  /**
   * As the broker has it, equal to what the single read gives; undefined where there is none. The identity decides
   * (`identityKey`), so the other fields of `object` don't matter. A vhost or user without limits has empty ones.
   */
  find<K extends BrokerObjectKind>(
    object: ObjectOfKind<K> & { readonly kind: K },
  ): FoundObject<K> | undefined;
  /** Without the default exchange and its bindings, and without empty limits. */
  objects(): readonly BrokerObject[];
  /** Whether the queue belongs to one connection, and goes with it. */
  isExclusive(queue: Pick<ObjectOfKind<'queue'>, 'vhost' | 'name'>): boolean;
  passwordHash(user: string): PasswordHash | undefined;
}

export interface SnapshotScope {
  /** Only this vhost, and what is in it: no users, no global parameters. */
  readonly vhost: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Area {
  readonly path: string;
  readonly what: string;
  /** The objects that one entry of the list stands for. */
  readonly parse: (entry: Json) => readonly BrokerObject[];
}

const QUEUE_COLUMNS = 'columns=vhost,name,durable,auto_delete,exclusive,arguments';

/**
 * Reads everything, or everything in one vhost; nothing is found in a vhost that isn't there.
 *
 * @throws BrokerError; `forbidden` where the user may not list what belongs to others (no administrator)
 */
export async function readSnapshot(broker: Broker, scope?: SnapshotScope): Promise<Snapshot> {
  const vhost = scope?.vhost;
  const areas = vhost === undefined ? [...areasOfBroker(), ...areasInVhosts('')] : areasOfVhost(vhost);
  const where = vhost === undefined ? '' : ` of vhost "${vhost}"`;
  const lists = await Promise.all(areas.map((area) => list(broker, area, where)));
  return snapshotOf(lists.flatMap(({ area, entries }) => entries.map((entry) => ({ area, entry }))));
}

async function list(
  broker: Broker,
  area: Area,
  where: string,
): Promise<{ area: Area; entries: readonly Json[] }> {
  const request = { path: area.path, action: `list the ${area.what}${where}`, timeoutMs: LIST_TIMEOUT_MS };
  try {
    const { json } = await broker.request({ method: 'GET', ...request });
    // One vhost comes alone, not in a list.
    return { area, entries: records(Array.isArray(json) ? json : [json]) };
  } catch (error) {
    if (where !== '' && isBrokerError(error, 'notFound')) return { area, entries: [] };
    throw error;
  }
}

function areasOfBroker(): readonly Area[] {
  return [
    { path: 'vhosts', what: 'vhosts', parse: (entry) => [vhosts.fromJson(entry)] },
    { path: 'users', what: 'users', parse: userWithLimits },
    { path: 'permissions', what: 'permissions', parse: (entry) => [permissions.fromJson(entry)] },
    { path: 'topic-permissions', what: 'topic permissions', parse: topicPermissions },
    { path: 'global-parameters', what: 'global parameters', parse: globalParameter },
  ];
}

function areasOfVhost(vhost: string): readonly Area[] {
  const own = `vhosts/${path(vhost)}`;
  const isHere = (object: BrokerObject): boolean => 'vhost' in object && object.vhost === vhost;
  return [
    { path: own, what: 'settings', parse: (entry) => [vhosts.fromJson(entry)] },
    { path: `${own}/permissions`, what: 'permissions', parse: (entry) => [permissions.fromJson(entry)] },
    { path: `${own}/topic-permissions`, what: 'topic permissions', parse: topicPermissions },
    ...areasInVhosts(`/${path(vhost)}`).map((area) => ({
      ...area,
      // Parameters have no list of one vhost.
      parse: (entry: Json) => area.parse(entry).filter(isHere),
    })),
  ];
}

function areasInVhosts(vhostPath: string): readonly Area[] {
  return [
    {
      path: `policies${vhostPath}`,
      what: 'policies',
      parse: (entry) => [policies.fromJson('policy', entry)],
    },
    { path: 'parameters', what: 'parameters', parse: parameter },
    {
      path: `exchanges${vhostPath}`,
      what: 'exchanges',
      parse: (entry) => (text(entry, 'name') === '' ? [] : [exchanges.fromJson(entry)]),
    },
    {
      path: `queues${vhostPath}?disable_stats=true&${QUEUE_COLUMNS}`,
      what: 'queues',
      parse: (entry) => [queues.fromJson(entry)],
    },
    {
      path: `bindings${vhostPath}`,
      what: 'bindings',
      parse: (entry) => (text(entry, 'source') === '' ? [] : [bindings.fromJson(entry)]),
    },
  ];
}

function userWithLimits(entry: Json): readonly BrokerObject[] {
  const { kind, name, tags } = users.fromJson(entry);
  const user = { kind, name, tags };
  const limits = userLimitsOf(user.name, field(entry, 'limits'));
  return isEmpty(limits) ? [user] : [user, limits];
}

/** One entry for each exchange; `snapshotOf` puts those of one user in one vhost together. */
function topicPermissions(entry: Json): readonly BrokerObject[] {
  const { user, exchange, write, read } = {
    user: text(entry, 'user'),
    exchange: text(entry, 'exchange'),
    write: text(entry, 'write'),
    read: text(entry, 'read'),
  };
  const vhost = text(entry, 'vhost');
  // A copy for what stands in for an exchange says nothing of its own.
  if (exchange.startsWith(HOLDING_PREFIX)) return [];
  return [{ kind: 'topicPermissions', vhost, user, exchanges: [{ exchange, write, read }] }];
}

function globalParameter(entry: Json): readonly BrokerObject[] {
  const found = globalParameters.fromJson(entry);
  return globalParameters.isBrokersOwn(found.name) ? [] : [found];
}

/** Operator policies and the limits of vhosts are kept there too. */
function parameter(entry: Json): readonly BrokerObject[] {
  const vhost = text(entry, 'vhost');
  const value = field(entry, 'value');
  switch (text(entry, 'component')) {
    case 'operator_policy': {
      const policy = { ...(value as Json), vhost, name: text(entry, 'name') };
      return [policies.fromJson('operatorPolicy', policy)];
    }
    case 'vhost-limits': {
      const limits = vhostLimitsOf(vhost, value);
      return isEmpty(limits) ? [] : [limits];
    }
    default: {
      const found = parameterFromJson(entry);
      return found.component in OTHER_KINDS ? [] : [found];
    }
  }
}

/** Limits that limit nothing: only the kind and the name. */
function isEmpty(limits: ObjectOfKind<'vhostLimits' | 'userLimits'>): boolean {
  return Object.keys(limits).length === 2;
}

function snapshotOf(entries: readonly { readonly area: Area; readonly entry: Json }[]): Snapshot {
  const byKey = new Map<string, BrokerObject>();
  const hashes = new Map<string, PasswordHash>();
  const exclusive = new Set<string>();
  for (const { area, entry } of entries) {
    for (const object of area.parse(entry)) {
      const key = identityKey(object);
      byKey.set(key, united(byKey.get(key), object));
      if (object.kind === 'user') hashes.set(object.name, users.fromJson(entry).passwordHash);
      if (object.kind === 'queue' && flag(entry, 'exclusive')) exclusive.add(key);
    }
  }
  const empty = (object: BrokerObject): BrokerObject | undefined => {
    if (object.kind === 'vhostLimits' && byKey.has(identityKey({ kind: 'vhost', name: object.vhost })))
      return { kind: 'vhostLimits', vhost: object.vhost };
    if (object.kind === 'userLimits' && byKey.has(identityKey({ kind: 'user', name: object.user, tags: [] })))
      return { kind: 'userLimits', user: object.user };
    return undefined;
  };
  return {
    // What is kept under an identity is of that kind.
    find: <K extends BrokerObjectKind>(object: ObjectOfKind<K>) =>
      (byKey.get(identityKey(object)) ?? empty(object)) as FoundObject<K> | undefined,
    objects: () => [...byKey.values()],
    isExclusive: ({ vhost, name }) => exclusive.has(queueKey(vhost, name)),
    passwordHash: (user) => hashes.get(user),
  };
}

function queueKey(vhost: string, name: string): string {
  return identityKey({ kind: 'queue', vhost, name, durable: true, autoDelete: false, arguments: {} });
}

function united(earlier: BrokerObject | undefined, object: BrokerObject): BrokerObject {
  if (object.kind !== 'topicPermissions' || earlier?.kind !== 'topicPermissions') return object;
  const exchanges = [...earlier.exchanges, ...object.exchanges];
  return { ...object, exchanges: exchanges.sort((a, b) => compareNames(a.exchange, b.exchange)) };
}
