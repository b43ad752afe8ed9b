/** `rabbitmq.User`. */
import type { UserObject } from '../../topology/objects';
import type { ResourceType } from '../resourceType';
import { matchesPassword } from '../../broker/kinds/passwords';
import * as users from '../../broker/kinds/users';
import { canonicalJson } from '../../topology/objects';

export interface UserWithPassword extends UserObject {
  /** Empty where the broker has another one than the state says: then the next update sets it. */
  readonly password: string;
}

export const userType: ResourceType<UserWithPassword> = {
  token: 'rabbitmq:index/user:User',
  kind: 'user',
  isAutonamed: true,
  secrets: ['password'],
  properties: { name: 'name', tags: 'tags', password: 'password' },
  parse: (inputs) => {
    const password = inputs.text('password');
    if (password === '' && inputs.has('password'))
      inputs.fail('password', 'is empty: nobody could log in with it');
    return {
      kind: 'user',
      name: inputs.text('name'),
      password,
      // The broker keeps them as a set.
      tags: ([...(inputs.list('tags') ?? [])] as string[]).sort(),
    };
  },
  identity: (user) => ['user', user.name],
  id: ({ name }) => name,
  toProperties: (user, given) => ({
    name: user.name,
    password: user.password,
    ...(user.tags.length === 0 && given.tags === undefined ? {} : { tags: inOrderOf(given.tags, user.tags) }),
  }),
  create: async ({ session }, user) => {
    const broker = await session.broker();
    // One that is right already stays as it is: setting its password anew would only change the salt.
    if (!isSame(await users.read(broker, user.name), user)) await users.put(broker, user, user.password);
    return user;
  },
  locate: async ({ session }, id) => {
    const stored = await users.read(await session.broker(), id);
    return stored && { kind: 'user', name: id, password: '', tags: [...stored.tags].sort() };
  },
  find: async (lookup, known) => {
    const found = await lookup.find(known);
    if (found === undefined) return undefined;
    const hash = await lookup.passwordHash(known.name);
    const isKnownPassword = hash !== undefined && matchesPassword(hash, known.password);
    const { kind, name, tags } = found;
    return { kind, name, password: isKnownPassword ? known.password : '', tags: [...tags].sort() };
  },
  update: async ({ session }, user) => {
    await users.put(await session.broker(), user, user.password);
    return user;
  },
  remove: async ({ session, warn }, user) => {
    const broker = await session.broker();
    if (user.name === broker.username) {
      await warn(
        `User "${user.name}" stays on ${session.endpoint}: it is the one that this stack logs in with. Remove it by hand when another administrator works.`,
      );
      return;
    }
    await users.remove(broker, user.name);
  },
};

/** As the program wrote them: the bridged provider compares lists. */
function inOrderOf(given: unknown, tags: readonly string[]): readonly string[] {
  const isOfTexts = Array.isArray(given) && given.every((tag) => typeof tag === 'string');
  return isOfTexts && canonicalJson([...given].sort()) === canonicalJson(tags) ? given : tags;
}

function isSame(stored: users.StoredUser | undefined, user: UserWithPassword): boolean {
  if (stored === undefined || !matchesPassword(stored.passwordHash, user.password)) return false;
  return canonicalJson([...stored.tags].sort()) === canonicalJson(user.tags);
}
