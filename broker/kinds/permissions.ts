/** What a user may configure, write and read in a vhost. */
import type { PermissionsObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { deleteOrAbsent, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

const inWords = (vhost: string, user: string): string =>
  `the permissions of user "${user}" in vhost "${vhost}"`;

export async function list(broker: Broker): Promise<readonly PermissionsObject[]> {
  const { json } = await broker.request({
    method: 'GET',
    path: 'permissions',
    action: 'list the permissions',
  });
  return records(json).map(fromJson);
}

export async function read(
  broker: Broker,
  vhost: string,
  user: string,
): Promise<PermissionsObject | undefined> {
  const action = `read ${inWords(vhost, user)}`;
  const json = await getOrAbsent(broker, { path: `permissions/${path(vhost, user)}`, action });
  return json === undefined ? undefined : fromJson(json);
}

export async function put(broker: Broker, permissions: PermissionsObject): Promise<void> {
  const { vhost, user, configure, write, read: readPattern } = permissions;
  await broker.request({
    method: 'PUT',
    path: `permissions/${path(vhost, user)}`,
    body: { configure, write, read: readPattern },
    action: `set ${inWords(vhost, user)}`,
  });
}

export async function remove(broker: Broker, vhost: string, user: string): Promise<void> {
  const action = `clear ${inWords(vhost, user)}`;
  await deleteOrAbsent(broker, { path: `permissions/${path(vhost, user)}`, action });
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): PermissionsObject {
  return {
    kind: 'permissions',
    user: text(json, 'user'),
    vhost: text(json, 'vhost'),
    configure: text(json, 'configure'),
    write: text(json, 'write'),
    read: text(json, 'read'),
  };
}
