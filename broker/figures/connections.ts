/**
 * Who is connected to a vhost, now. The broker's list of connections is up to 5 s behind, the list of one user's is
 * not: so the users that the broker knows are asked for one by one, and the others are looked up in the list.
 * Connections inside the broker (shovels, federation) are no clients; what they do shows as consumers.
 */
import type { Broker } from '../api/transport';
import { readTogether } from '../api/coalesce';
import { isBrokerError } from '../api/errors';
import { getOrAbsent, records, text } from '../api/json';
import { LIST_TIMEOUT_MS, path } from '../api/transport';

export interface Connection {
  readonly user: string;
  /** E.g. `10.0.0.7:51022 -> 10.0.0.1:5672`. */
  readonly name: string;
}

/** More users than this are not asked one by one. */
const USERS_MAX = 200;

export async function connectionsIn(broker: Broker, vhost: string): Promise<readonly Connection[]> {
  const [tracked, listed] = await Promise.all([
    readTogether(broker, 'connections of users', () => connectionsOfUsers(broker)),
    readTogether(broker, `connections in ${vhost}`, () => list(broker, `vhosts/${path(vhost)}/connections`)),
  ]);
  const asked = tracked?.users;
  const live = tracked?.connections.filter((connection) => connection.vhost === vhost) ?? [];
  const others = listed.filter(({ user }) => user !== '' && asked?.has(user) !== true);
  return [...live, ...others];
}

/**
 * Whether nobody could have taken a message from a queue of the vhost. Shovels and federation show as consumers; where
 * the statistics don't tell of consumers, there must be none that could reach the vhost.
 */
export async function isQuiet(
  broker: Broker,
  vhost: string,
  { areShovelsSeen }: { readonly areShovelsSeen: boolean },
): Promise<boolean> {
  if ((await connectionsIn(broker, vhost)).length > 0) return false;
  if (areShovelsSeen) return true;
  const json = await getOrAbsent(broker, { path: 'parameters', action: 'list the shovels' });
  const movers = ['shovel', 'federation-upstream'];
  return !records(json).some((entry) => movers.includes(text(entry, 'component')));
}

/** Of one user, whatever its protocol. */
export interface UserConnection extends Connection {
  readonly vhost: string;
}

/**
 * Who is logged in as this user, now, on all nodes. The list is up to date, and there also where the statistics are
 * switched off. An absent user has none.
 */
export async function connectionsOfUser(
  broker: Broker,
  username: string,
): Promise<readonly UserConnection[]> {
  const action = `list the connections of user "${username}"`;
  const json = await getOrAbsent(broker, { path: `connections/username/${path(username)}`, action });
  return records(json).map((entry) => ({
    user: username,
    vhost: text(entry, 'vhost'),
    name: text(entry, 'name'),
  }));
}

/** What the client calls itself (`connection_name`): the statistics know it after some seconds, if at all. */
export async function clientNameOf(broker: Broker, connection: string): Promise<string | undefined> {
  const action = `read the connection ${connection}`;
  try {
    const json = await getOrAbsent(broker, { path: `connections/${path(connection)}`, action });
    const name = text(json, 'user_provided_name');
    return name === '' ? undefined : name;
  } catch (error) {
    if (isBrokerError(error, 'refused')) return undefined;
    throw error;
  }
}

/** Undefined where there are too many users to ask for. */
async function connectionsOfUsers(
  broker: Broker,
): Promise<{ users: ReadonlySet<string>; connections: readonly UserConnection[] } | undefined> {
  const { json } = await broker.request({
    method: 'GET',
    path: 'users?columns=name',
    action: 'list the users',
  });
  const users = records(json).map((user) => text(user, 'name'));
  if (users.length > USERS_MAX) return undefined;
  const lists = await Promise.all(users.map((user) => list(broker, `connections/username/${path(user)}`)));
  return { users: new Set(users), connections: lists.flat() };
}

async function list(broker: Broker, listPath: string): Promise<readonly UserConnection[]> {
  const json = await getOrAbsent(broker, { path: listPath, action: 'list the connections of clients' });
  return records(json)
    .filter((entry) => text(entry, 'type') !== 'direct')
    .map((entry) => ({
      user: text(entry, 'user'),
      name: text(entry, 'name'),
      vhost: text(entry, 'vhost'),
    }));
}

/** How many connections of clients each user has in each vhost, by the statistics: some seconds old. */
export interface UserConnections {
  readonly user: string;
  readonly vhost: string;
  readonly connections: number;
}

export async function connectionCounts(broker: Broker): Promise<readonly UserConnections[]> {
  const request = { path: 'connections?columns=user,vhost,type', action: 'count the connections' };
  const { json } = await broker.request({ method: 'GET', ...request, timeoutMs: LIST_TIMEOUT_MS });
  const counts = new Map<string, UserConnections>();
  for (const entry of records(json)) {
    // What shovels and federation do inside the broker shows as consumers.
    if (text(entry, 'type') === 'direct') continue;
    const [user, vhost] = [text(entry, 'user'), text(entry, 'vhost')];
    const key = JSON.stringify([user, vhost]);
    counts.set(key, { user, vhost, connections: (counts.get(key)?.connections ?? 0) + 1 });
  }
  return [...counts.values()];
}
