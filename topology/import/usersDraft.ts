/** The users with what they may do: roles where exactly the same follows from them, else permissions as they are. */
import { buildTopology } from '../build/index';
import { expandTopology } from '../expand/index';
import { compareNames } from '../names';
import type { BrokerObject, ObjectOfKind } from '../objects';
import { templateRegex } from '../patterns/template';
import type { Target } from '../target';
import { draftSource } from './compileDraft';
import type { ReportBuilder } from './report';
import { sourcesOf } from './retries';
import { roleCandidates } from './roles';
import type { RoleVocabulary } from './roles';
import { isTable } from './yamlText';
import type { Table, Value } from './yamlText';

export interface UsersContext {
  readonly vhosts: Readonly<Record<string, Table>>;
  readonly target: Target;
  readonly report: ReportBuilder;
  readonly isPlain: boolean;
}

type Permissions = ObjectOfKind<'permissions'>;

export function draftUsers(objects: readonly BrokerObject[], context: UsersContext): Record<string, Table> {
  const of = <K extends BrokerObject['kind']>(kind: K): ObjectOfKind<K>[] =>
    objects.filter((object): object is ObjectOfKind<K> => object.kind === kind);
  const users = new Map(of('user').map((user) => [user.name, user]));
  const named = [...of('permissions'), ...of('topicPermissions'), ...of('userLimits')];
  const names = [...new Set([...users.keys(), ...named.map(({ user }) => user)])].sort(compareNames);
  const permissions = groupBy(of('permissions'));
  const topics = groupBy(of('topicPermissions'));
  const limits = new Map(of('userLimits').map((each) => [each.user, each]));
  const roles = context.isPlain ? new Map<Permissions, Table>() : rolesOf(of('permissions'), users, context);
  return Object.fromEntries(
    names.map((name) => {
      const own = [...(permissions.get(name) ?? [])].sort((a, b) => compareNames(a.vhost, b.vhost));
      const table = userTable({ tags: users.get(name)?.tags ?? [], own, roles, limits: limits.get(name) });
      const rights = topicTable(topics.get(name) ?? []);
      tell(name, own, roles, context.report);
      return [
        name,
        {
          ...table,
          ...(rights === undefined ? {} : { topicPermissions: rights }),
          ...limitsTable(limits.get(name)),
        },
      ];
    }),
  );
}

function groupBy<T extends { readonly user: string }>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const list = found.get(item.user);
    if (list === undefined) found.set(item.user, [item]);
    else list.push(item);
  }
  return found;
}

interface UserParts {
  readonly tags: readonly string[];
  readonly own: readonly Permissions[];
  readonly roles: ReadonlyMap<Permissions, Table>;
  readonly limits: ObjectOfKind<'userLimits'> | undefined;
}

function userTable({ tags, own, roles }: UserParts): Table {
  const byRole = own.filter((each) => roles.has(each));
  const said = new Set(
    byRole.flatMap((each) => [
      ...(roles.get(each)?.monitor === true ? ['monitoring'] : []),
      ...(roles.get(each)?.administrator === true ? ['administrator'] : []),
    ]),
  );
  const rest = tags.filter((tag) => !said.has(tag));
  const verbatim = own.filter((each) => !roles.has(each));
  return {
    ...(rest.length === 0 ? {} : { tags: rest }),
    ...(byRole.length === 0
      ? {}
      : { roles: Object.fromEntries(byRole.map((each) => [each.vhost, roles.get(each) ?? {}])) }),
    ...(verbatim.length === 0
      ? {}
      : { permissions: Object.fromEntries(verbatim.map((each) => [each.vhost, permissionTable(each)])) }),
  };
}

/** What isn't said is nothing. */
const NOTHING = '^$';

function permissionTable({ configure, write, read }: Permissions): Table {
  return Object.fromEntries(
    Object.entries({ configure, write, read }).filter(([, pattern]) => pattern !== NOTHING),
  );
}

function topicTable(topics: readonly ObjectOfKind<'topicPermissions'>[]): Table | undefined {
  if (topics.length === 0) return undefined;
  const sorted = [...topics].sort((a, b) => compareNames(a.vhost, b.vhost));
  return Object.fromEntries(
    sorted.map(({ vhost, exchanges }) => [
      vhost,
      Object.fromEntries(
        exchanges.map(({ exchange, write, read }) => [
          exchange,
          Object.fromEntries(Object.entries({ write, read }).filter(([, pattern]) => pattern !== NOTHING)),
        ]),
      ),
    ]),
  );
}

function limitsTable(limits: ObjectOfKind<'userLimits'> | undefined): Table {
  if (limits === undefined) return {};
  const { maxConnections, maxChannels } = limits;
  return {
    limits: {
      ...(maxConnections === undefined ? {} : { maxConnections }),
      ...(maxChannels === undefined ? {} : { maxChannels }),
    },
  };
}

function tell(
  name: string,
  own: readonly Permissions[],
  roles: ReadonlyMap<Permissions, Table>,
  report: ReportBuilder,
): void {
  for (const each of own) {
    const role = roles.get(each);
    if (role === undefined)
      report.verbatim.push({ vhost: each.vhost, text: `permissions of user "${name}"` });
    else
      report.recognised.push({
        vhost: each.vhost,
        text: `roles of user "${name}": ${Object.keys(role).join(', ')}`,
      });
  }
}

/** For each permission the first role from which exactly it follows, as the language itself works it out. */
function rolesOf(
  permissions: readonly Permissions[],
  users: ReadonlyMap<string, ObjectOfKind<'user'>>,
  { vhosts, target }: UsersContext,
): Map<Permissions, Table> {
  const vocabularies = new Map(Object.entries(vhosts).map(([name, table]) => [name, vocabularyOf(table)]));
  const open = permissions.flatMap((each) => {
    const vocabulary = vocabularies.get(each.vhost);
    const candidates = vocabulary && roleCandidates(each, users.get(each.user)?.tags ?? [], vocabulary);
    return candidates === undefined || candidates.length === 0 ? [] : [{ each, candidates }];
  });
  const found = new Map<Permissions, Table>();
  const roundsMax = Math.max(0, ...open.map(({ candidates }) => candidates.length));
  for (let round = 0; round < roundsMax; round += 1) {
    const tried = open.flatMap(({ each, candidates }) => {
      const role = found.has(each) ? undefined : candidates[round];
      return role === undefined ? [] : [{ each, role }];
    });
    for (const { each, role, derived } of derive(tried, vhosts, target)) {
      const isSame =
        derived?.configure === each.configure && derived.write === each.write && derived.read === each.read;
      if (isSame) found.set(each, role);
    }
  }
  return found;
}

interface Tried {
  readonly each: Permissions;
  readonly role: Table;
}

function derive(
  tried: readonly Tried[],
  vhosts: Readonly<Record<string, Table>>,
  target: Target,
): readonly (Tried & { readonly derived?: { configure: string; write: string; read: string } })[] {
  const users = Object.fromEntries(
    tried.map(({ each, role }, index) => [String(index), { roles: { [each.vhost]: role } }]),
  );
  const topology = expandTopology(buildTopology(draftSource({ warren: 1, vhosts, users }), target));
  const byName = new Map(topology.users.map((user) => [user.name, user.permissions[0]]));
  return tried.map((each, index) => {
    const derived = byName.get(String(index));
    return derived === undefined ? each : { ...each, derived };
  });
}

function vocabularyOf(vhost: Table): RoleVocabulary {
  const names = (section: Value | undefined): string[] =>
    section !== undefined && isTable(section) ? Object.keys(section) : [];
  const tables = (section: Value | undefined): [string, Value][] =>
    section !== undefined && isTable(section) ? Object.entries(section) : [];
  const superStreams = names(vhost.superStreams);
  return {
    queues: new Set([...names(vhost.queues), ...superStreams]),
    families: new Map(
      names(vhost.families).map((template) => [templateRegex(template).slice(1, -1), template]),
    ),
    exchanges: new Set([...names(vhost.exchanges), ...superStreams]),
    sources: new Map(
      tables(vhost.queues).map(([name, table]) => [name, isTable(table) ? sourcesOf(table) : []]),
    ),
  };
}
