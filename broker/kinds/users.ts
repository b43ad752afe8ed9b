/** Users, their tags and their passwords. */
import type { UserObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import type { PasswordHash } from './passwords';
import { deleteOrAbsent, field, getOrAbsent, records, text, textList } from '../api/json';
import { path } from '../api/transport';

export interface StoredUser extends UserObject {
  readonly passwordHash: PasswordHash;
}

const nameInWords = (name: string): string => `user "${name}"`;

export async function list(broker: Broker): Promise<readonly StoredUser[]> {
  const { json } = await broker.request({ method: 'GET', path: 'users', action: 'list the users' });
  return records(json).map(fromJson);
}

export async function read(broker: Broker, name: string): Promise<StoredUser | undefined> {
  const action = `read ${nameInWords(name)}`;
  const json = await getOrAbsent(broker, { path: `users/${path(name)}`, action });
  return json === undefined ? undefined : fromJson(json);
}

/** Creates the user, or sets its tags and password. */
export async function put(broker: Broker, user: UserObject, password: string): Promise<void> {
  await broker.request({
    method: 'PUT',
    path: `users/${path(user.name)}`,
    body: { password, tags: user.tags.join(',') },
    action: `create or change ${nameInWords(user.name)}`,
  });
}

/** Deletes the user and closes its connections. An absent user is fine. */
export async function remove(broker: Broker, name: string): Promise<void> {
  await deleteOrAbsent(broker, { path: `users/${path(name)}`, action: `delete ${nameInWords(name)}` });
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): StoredUser {
  return {
    kind: 'user',
    name: text(json, 'name'),
    tags: textList(field(json, 'tags')),
    passwordHash: { hash: text(json, 'password_hash'), algorithm: text(json, 'hashing_algorithm') },
  };
}
