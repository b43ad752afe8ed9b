/** Which routing keys a user may write and read, per topic exchange of a vhost. */
import { HOLDING_PREFIX } from '../../topology/names';
import type { TopicPermissionsObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { deleteOrAbsent, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

const inWords = (vhost: string, user: string): string =>
  `the topic permissions of user "${user}" in vhost "${vhost}"`;

/** Undefined where the user has none in this vhost. */
export async function read(
  broker: Broker,
  vhost: string,
  user: string,
): Promise<TopicPermissionsObject | undefined> {
  const action = `read ${inWords(vhost, user)}`;
  const json = await getOrAbsent(broker, { path: `topic-permissions/${path(vhost, user)}`, action });
  const exchanges = records(json)
    .map((entry) => ({
      exchange: text(entry, 'exchange'),
      write: text(entry, 'write'),
      read: text(entry, 'read'),
    }))
    // Copies of an interrupted recreation are nobody's: `put` must not clear them.
    .filter(({ exchange }) => !exchange.startsWith(HOLDING_PREFIX));
  return exchanges.length === 0 ? undefined : { kind: 'topicPermissions', vhost, user, exchanges };
}

/** Sets the listed exchanges, and clears what the user has for others: at no moment is there less than wanted. */
export async function put(broker: Broker, permissions: TopicPermissionsObject): Promise<void> {
  const { vhost, user, exchanges } = permissions;
  const current = await read(broker, vhost, user);
  for (const entry of exchanges) {
    await grant(broker, { vhost, name: entry.exchange }, { user, ...entry });
  }
  const wanted = new Set(exchanges.map((entry) => entry.exchange));
  for (const { exchange } of current?.exchanges ?? []) {
    if (wanted.has(exchange)) continue;
    await revoke(broker, { vhost, name: exchange }, user);
  }
}

export async function remove(broker: Broker, vhost: string, user: string): Promise<void> {
  const action = `clear ${inWords(vhost, user)}`;
  await deleteOrAbsent(broker, { path: `topic-permissions/${path(vhost, user)}`, action });
}

/** What one user may write and read by one exchange. */
export interface TopicGrant {
  readonly user: string;
  readonly write: string;
  readonly read: string;
}

/** Of everybody who has topic permissions for this exchange. */
export async function grantsFor(
  broker: Broker,
  { vhost, name }: { readonly vhost: string; readonly name: string },
): Promise<readonly TopicGrant[]> {
  const { json } = await broker.request({
    method: 'GET',
    path: `vhosts/${path(vhost)}/topic-permissions`,
    action: `list the topic permissions in vhost "${vhost}"`,
  });
  return records(json)
    .filter((entry) => text(entry, 'exchange') === name)
    .map((entry) => ({
      user: text(entry, 'user'),
      write: text(entry, 'write'),
      read: text(entry, 'read'),
    }));
}

export async function grant(
  broker: Broker,
  { vhost, name }: { readonly vhost: string; readonly name: string },
  { user, write, read: readPattern }: TopicGrant,
): Promise<void> {
  await broker.request({
    method: 'PUT',
    path: `topic-permissions/${path(vhost, user)}`,
    body: { exchange: name, write, read: readPattern },
    action: `set ${inWords(vhost, user)} for exchange "${name}"`,
  });
}

export async function revoke(
  broker: Broker,
  { vhost, name }: { readonly vhost: string; readonly name: string },
  user: string,
): Promise<void> {
  await deleteOrAbsent(broker, {
    path: `topic-permissions/${path(vhost, user, name)}`,
    action: `clear ${inWords(vhost, user)} for exchange "${name}"`,
  });
}
