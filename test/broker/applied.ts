/** Compiled objects on a real broker: made, read back and deleted through the functions that the providers use. */
import { createHash, randomBytes } from 'node:crypto';
import { EVERYTHING_APPROVED } from '../../broker/guards/approvals';
import * as bindings from '../../broker/kinds/bindings';
import * as exchanges from '../../broker/kinds/exchanges';
import * as parameters from '../../broker/kinds/parameters';
import { put, read, remove } from '../../broker/objects';
import { matchesPassword } from '../../broker/kinds/passwords';
import * as policies from '../../broker/kinds/policies';
import * as queues from '../../broker/kinds/queues';
import * as topicPermissions from '../../broker/kinds/topicPermissions';
import type { Broker } from '../../broker/api/transport';
import { withLogin } from '../../topology/uriLogins';
import * as users from '../../broker/kinds/users';
import type { BrokerObject, ObjectOfKind, ParameterObject } from '../../topology/objects';
import type { PasswordHash } from '../../topology/render/definitions';

/** Users have the names that the topology gives them, and passwords made from those. */
export function passwordOf(user: string): string {
  return `password/of @${user}`;
}

export function passwordHashOf(user: string): PasswordHash {
  const salt = randomBytes(4);
  const hash = createHash('sha256').update(salt).update(passwordOf(user)).digest();
  return {
    hash: Buffer.concat([salt, hash]).toString('base64'),
    algorithm: 'rabbit_password_hashing_sha256',
  };
}

/** The parameter as the stack sends it: with its users' logins in the URIs. */
export function withLogins({ logins = {}, ...parameter }: ParameterObject): parameters.StoredParameter {
  if (Object.keys(logins).length === 0) return parameter;
  const value = { ...(parameter.value as Readonly<Record<string, string | readonly string[]>>) };
  for (const [key, username] of Object.entries(logins)) {
    const login = { username, password: passwordOf(username) };
    const uris = value[key] ?? '';
    value[key] = typeof uris === 'string' ? withLogin(uris, login) : uris.map((uri) => withLogin(uri, login));
  }
  return { ...parameter, value };
}

export async function apply(broker: Broker, object: BrokerObject): Promise<void> {
  if (object.kind === 'user') await users.put(broker, object, passwordOf(object.name));
  else await put(broker, object.kind === 'parameter' ? withLogins(object) : object);
}

/** What the broker has under the object's identity. */
export async function readBack(broker: Broker, object: BrokerObject): Promise<unknown> {
  switch (object.kind) {
    case 'user':
      return readUser(broker, object.name);
    case 'topicPermissions':
      return readTopicPermissions(broker, object);
    case 'binding':
      return withoutKey(await bindings.read(broker, object));
    default:
      return read(broker, object);
  }
}

async function readUser(broker: Broker, name: string): Promise<unknown> {
  const stored = await users.read(broker, name);
  if (stored === undefined) return undefined;
  const { passwordHash, ...user } = stored;
  return { ...user, hasItsPassword: matchesPassword(passwordHash, passwordOf(name)) };
}

async function readTopicPermissions(
  broker: Broker,
  { vhost, user }: ObjectOfKind<'topicPermissions'>,
): Promise<unknown> {
  const stored = await topicPermissions.read(broker, vhost, user);
  if (stored === undefined) return undefined;
  return { ...stored, exchanges: [...stored.exchanges].sort((a, b) => (a.exchange < b.exchange ? -1 : 1)) };
}

function withoutKey(binding: bindings.StoredBinding | undefined): unknown {
  if (binding === undefined) return undefined;
  const { propertiesKey, ...rest } = binding;
  return propertiesKey === '' ? undefined : rest;
}

/** Everything in a vhost that somebody made: not the broker's own exchanges, nor a shovel's own queue and its binding. */
export async function listVhost(broker: Broker, vhost: string): Promise<readonly BrokerObject[]> {
  const isOurs = ({ name }: { readonly name: string }): boolean => name !== '' && !name.startsWith('amq.');
  const [all, ours, bound] = await Promise.all([
    queues.list(broker, vhost),
    exchanges.list(broker, vhost),
    bindings.list(broker, vhost),
  ]);
  return [
    ...(await policies.list(broker, 'policy', vhost)),
    ...(await policies.list(broker, 'operatorPolicy', vhost)),
    ...ours.filter(isOurs),
    ...all.filter(isOurs),
    ...bound.filter(({ source, destination }) => source !== '' && isOurs({ name: destination })),
    ...(await parameters.list(broker, vhost)),
  ];
}

/** Deletes what `apply` and an import made; what is in a vhost goes with it. */
export async function removeAll(broker: Broker, objects: readonly BrokerObject[]): Promise<void> {
  for (const object of objects) {
    if (['vhost', 'user', 'globalParameter'].includes(object.kind))
      await remove(broker, object, EVERYTHING_APPROVED);
  }
}
