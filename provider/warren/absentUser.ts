/** `warren.AbsentUser`: a user that must not exist, such as guest. */
import type { UserObject } from '../../topology/objects';
import type { Lookup } from '../../broker/lookup';
import { unlessNotAnswered } from '../../broker/api/errors';
import type { Call, ResourceType } from '../resourceType';
import { liveLookup } from '../../broker/lookup';
import { describeUse } from '../../broker/figures/credentialUse';
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
  announce: async ({ session, warn }, user) => {
    const broker = await session.glance();
    if (broker === undefined || (await users.read(broker, user.name)) === undefined) return;
    const use = await describeUse(broker, [user.name]);
    if (use === undefined) return;
    await warn(
      `On ${session.endpoint}, ${use}. An \`up\` deletes the user and cuts them off. Give these clients another login first; until then, the stack's setting \`absentUsers: []\` keeps the user.`,
    );
  },
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

async function removeUnlessNeeded({ session, warn }: Call, user: AbsentUser): Promise<void> {
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
    // For the warning alone: who can't be counted is cut off all the same.
    const use = await unlessNotAnswered(() => describeUse(broker, [user.name]));
    await users.remove(broker, user.name);
    if (use !== undefined) {
      await warn(
        `On ${session.endpoint}, ${use}. The user was deleted, and they were cut off: give these clients another login. Where they need this one, set \`absentUsers: []\` in the stack's settings and make the user again; without that setting, the next \`up\` deletes it, too.`,
      );
    }
  }
}
