/** Which routing keys a user may write and read, per topic exchange of a vhost. */
import type { TopicPermissionsObject } from '../topology/objects';
import type { Broker } from './transport';
import { deleteOrAbsent, getOrAbsent, records, text } from './json';
import { path } from './transport';

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
  const exchanges = records(json).map((entry) => ({
    exchange: text(entry, 'exchange'),
    write: text(entry, 'write'),
    read: text(entry, 'read'),
  }));
  return exchanges.length === 0 ? undefined : { kind: 'topicPermissions', vhost, user, exchanges };
}

/** Sets the listed exchanges, and clears what the user has for others: at no moment is there less than wanted. */
export async function put(broker: Broker, permissions: TopicPermissionsObject): Promise<void> {
  const { vhost, user, exchanges } = permissions;
  const current = await read(broker, vhost, user);
  for (const entry of exchanges) {
    await broker.request({
      method: 'PUT',
      path: `topic-permissions/${path(vhost, user)}`,
      body: { exchange: entry.exchange, write: entry.write, read: entry.read },
      action: `set ${inWords(vhost, user)} for exchange "${entry.exchange}"`,
    });
  }
  const wanted = new Set(exchanges.map((entry) => entry.exchange));
  for (const { exchange } of current?.exchanges ?? []) {
    if (wanted.has(exchange)) continue;
    await deleteOrAbsent(broker, {
      path: `topic-permissions/${path(vhost, user, exchange)}`,
      action: `clear ${inWords(vhost, user)} for exchange "${exchange}"`,
    });
  }
}

export async function remove(broker: Broker, vhost: string, user: string): Promise<void> {
  const action = `clear ${inWords(vhost, user)}`;
  await deleteOrAbsent(broker, { path: `topic-permissions/${path(vhost, user)}`, action });
}
