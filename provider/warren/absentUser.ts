/** `warren.AbsentUser`: a user that must not exist, such as guest. */
import type { UserObject } from '../../topology/objects';
import type { Lookup } from '../../broker/lookup';
import type { Call, ResourceType } from '../resourceType';
import { liveLookup } from '../../broker/lookup';
import { whoAmI } from '../../broker/figures/overview';
import * as users from '../../broker/kinds/users';
import { UserError } from '../userError';

type AbsentUser = Pick<UserObject, 'kind' | 'name'>;

export const absentUserType: ResourceType<AbsentUser> = {
  token: 'warren:index:AbsentUser',
  kind: 'user',
  properties: { name: 'username' },
  parse: (inputs) => ({ kind: 'user', name: inputs.text('username') }),
  identity: (user) => ['absentUser', user.name],
  id: ({ name }) => name,
  toProperties: (user) => ({ username: user.name }),
  create: async (call, user) => {
    await removeUnlessNeeded(call, user);
    return user;
  },
  /** Gone from the state as soon as the user is back on the broker: then the next update deletes it again. */
  locate: async ({ session }, id) =>
    unlessThere(liveLookup(await session.broker()), { kind: 'user', name: id }),
  find: unlessThere,
  absenceInWords: 'the user is there again',
  update: async (call, user) => {
    await removeUnlessNeeded(call, user);
    return user;
  },
  /** Never brings a user back. */
  remove: () => Promise.resolve(),
};

async function unlessThere(lookup: Lookup, user: AbsentUser): Promise<AbsentUser | undefined> {
  return (await lookup.find({ ...user, tags: [] })) === undefined ? user : undefined;
}

async function removeUnlessNeeded({ session }: Call, user: AbsentUser): Promise<void> {
  const broker = await session.broker();
  if ((await users.read(broker, user.name)) !== undefined) {
    const self = await whoAmI(broker);
    if (self.name === user.name) {
      throw new UserError(
        `Refused to delete user "${user.name}" on ${session.endpoint}: this stack is logged in as that user. Create another administrator first (warren.Admin) and make this resource depend on it.`,
      );
    }
    if (!self.tags.includes('administrator')) {
      throw new UserError(
        `Refused to delete user "${user.name}" on ${session.endpoint}: "${self.name}" is no administrator, so nobody might be left who can repair the broker.`,
      );
    }
    await users.remove(broker, user.name);
  }
}
