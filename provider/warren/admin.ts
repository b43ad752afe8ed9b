/** `warren.Admin`: the administrator that a stack logs in with. */
import type { UserObject } from '../../topology/objects';
import type { Call, ResourceType } from '../resourceType';
import { isBrokerError } from '../../broker/api/errors';
import { whoAmI } from '../../broker/figures/overview';
import { matchesPassword } from '../../broker/kinds/passwords';
import * as users from '../../broker/kinds/users';
import { UserError } from '../userError';

export interface Admin extends UserObject {
  readonly password: string;
}

const ADMINISTRATOR = 'administrator';

export const adminType: ResourceType<Admin> = {
  token: 'warren:index:Admin',
  kind: 'user',
  secrets: ['password'],
  properties: { name: 'username', password: 'password', tags: 'tags' },
  parse: (inputs) => {
    const password = inputs.text('password');
    if (password === '' && inputs.has('password'))
      inputs.fail('password', 'is empty: nobody could log in with it');
    // Only in the state, and only while the broker's tags are other ones: so a lost tag shows, and is repaired.
    const tags = inputs.list('tags') as readonly string[] | undefined;
    return { kind: 'user', name: inputs.text('username'), password, tags: tags ?? [ADMINISTRATOR] };
  },
  // The same user as a `rabbitmq.User` of that name.
  identity: (admin) => ['user', admin.name],
  id: ({ name }) => name,
  toProperties: ({ name, password, tags }) => ({
    username: name,
    password,
    ...(tags.includes(ADMINISTRATOR) ? {} : { tags }),
  }),
  create: async (call, admin) => {
    await refuseForeign(call, admin);
    await makeAndVerify(call, admin);
    return admin;
  },
  locate: async ({ session }, id) => {
    const stored = await users.read(await session.broker(), id);
    return stored && { kind: 'user', name: id, password: '', tags: shownTags(stored.tags) };
  },
  find: async (lookup, known) => {
    const found = await lookup.find(known);
    if (found === undefined) return undefined;
    const hash = await lookup.passwordHash(known.name);
    const isKnownPassword = hash !== undefined && matchesPassword(hash, known.password);
    const password = isKnownPassword ? known.password : '';
    return { kind: 'user', name: known.name, password, tags: shownTags(found.tags) };
  },
  update: async (call, admin, previous) => {
    await refuseOtherSeed(call, admin, previous);
    await makeAndVerify(call, admin);
    return admin;
  },
  remove: async ({ session, warn }, admin) => {
    const broker = await session.broker();
    if (admin.name === session.username || admin.name === broker.username) {
      await warn(
        `Administrator "${admin.name}" stays on ${session.endpoint}, so that nobody is locked out; remove it by hand when another administrator works or the broker is no longer needed.`,
      );
      return;
    }
    await users.remove(broker, admin.name);
  },
};

/** Others than that one, which somebody may give this user, are no difference. */
function shownTags(tags: readonly string[]): readonly string[] {
  return tags.includes(ADMINISTRATOR) ? [ADMINISTRATOR] : tags;
}

/** A user of that name with another password is somebody else's: changing it would lock that somebody out. */
async function refuseForeign({ session }: Call, admin: Admin): Promise<void> {
  const broker = await session.broker();
  const stored = await users.read(broker, admin.name);
  if (stored === undefined || matchesPassword(stored.passwordHash, admin.password)) return;
  throw new UserError(
    `Administrator "${admin.name}" exists on ${session.endpoint} with another password: it probably belongs to another stack. ` +
      'Give the administrator of this stack another name (`pulumi config set adminUser NAME`); or delete that user on the broker if nobody needs it any more.',
  );
}

/** A bootstrap user who gets in says that the other password is meant. */
async function refuseOtherSeed({ session }: Call, admin: Admin, previous: Admin): Promise<void> {
  try {
    await session.broker();
  } catch (error) {
    const isOther = previous.password !== '' && previous.password !== admin.password;
    if (!isOther || !isBrokerError(error, 'unauthorized')) throw error;
    throw new UserError(
      `The stack's password for its administrator "${admin.name}" isn't the one that the state has any more: its seed (or \`passwords\`) was changed, and ${session.endpoint} knows the old one. ` +
        'Put the old seed back: the stack\'s settings in git have it. Or keep the passwords that are in use and replace them one after the other, or give everybody another one: docs/runbooks.md has the commands, under "A password has leaked" and "Restore".',
    );
  }
}

/** Left alone where it works already: setting a password anew would only change its salt. */
async function makeAndVerify({ session }: Call, admin: Admin): Promise<void> {
  const own = session.brokerAs(admin.name, admin.password);
  const broker = await session.broker();
  const stored = await users.read(broker, admin.name);
  const isRight = stored !== undefined && matchesPassword(stored.passwordHash, admin.password);
  if (!isRight || !stored.tags.includes(ADMINISTRATOR)) {
    // Other tags that somebody gave this user stay.
    const tags = [...new Set([...(stored?.tags ?? []), ADMINISTRATOR])];
    await users.put(broker, { kind: 'user', name: admin.name, tags }, admin.password);
  }
  try {
    const { tags } = await whoAmI(own);
    if (tags.includes(ADMINISTRATOR)) {
      // The bootstrap user has done its part: it may be the next thing to go.
      if (admin.name === session.username) session.continueAs(own);
      return;
    }
  } catch (error) {
    if (!isBrokerError(error, 'unauthorized', 'forbidden')) throw error;
  }
  throw new UserError(
    `Administrator "${admin.name}" was created on ${session.endpoint}, but the broker does not let it log in as administrator. ` +
      'Check the authentication backends of the broker (auth_backends): users of its own database must be among them.',
  );
}
