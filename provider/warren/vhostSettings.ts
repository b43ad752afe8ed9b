/** `warren.VhostSettings`: description, tags, default queue type and protection of a vhost that exists. */
import type { QueueType, VhostObject } from '../../topology/objects';
import type { Call, ResourceType } from '../resourceType';
import * as vhosts from '../../broker/kinds/vhosts';
import { UserError } from '../userError';

export const vhostSettingsType: ResourceType<VhostObject> = {
  token: 'warren:index:VhostSettings',
  kind: 'vhost',
  properties: {
    name: 'vhost',
    description: 'description',
    tags: 'tags',
    defaultQueueType: 'defaultQueueType',
    deletionProtection: 'deletionProtection',
  },
  parse: (inputs) => {
    const description = inputs.optionalText('description');
    const tags = inputs.list('tags') as readonly string[] | undefined;
    const defaultQueueType = inputs.optionalText('defaultQueueType');
    return {
      kind: 'vhost',
      name: inputs.text('vhost'),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      ...(defaultQueueType === undefined ? {} : { defaultQueueType: defaultQueueType as QueueType }),
      ...(inputs.has('deletionProtection')
        ? { deletionProtection: inputs.flag('deletionProtection', false) }
        : {}),
    };
  },
  identity: ({ name }) => ['vhostSettings', name],
  id: ({ name }) => name,
  toProperties: ({ name, description, tags, defaultQueueType, deletionProtection }) => ({
    vhost: name,
    description,
    tags,
    defaultQueueType,
    deletionProtection,
  }),
  create: async (call, vhost) => {
    await putExisting(call, vhost);
    return vhost;
  },
  locate: async ({ session }, id) => {
    const stored = await vhosts.read(await session.broker(), id);
    return stored && onlyStated(stored, stored);
  },
  find: async (lookup, known) => {
    const found = await lookup.find(known);
    return found && onlyStated(found, known);
  },
  update: async (call, vhost) => {
    await putExisting(call, vhost);
    return vhost;
  },
  /** Settings have no absence of their own: they stay until the vhost goes. */
  remove: () => Promise.resolve(),
};

/** What the program doesn't state isn't managed here, so it never shows as drift. */
function onlyStated(found: VhostObject, stated: VhostObject): VhostObject {
  const { name, description, tags, defaultQueueType, deletionProtection } = found;
  return {
    kind: 'vhost',
    name,
    ...(stated.description === undefined || description === undefined ? {} : { description }),
    ...(stated.tags === undefined || tags === undefined ? {} : { tags }),
    ...(stated.defaultQueueType === undefined || defaultQueueType === undefined ? {} : { defaultQueueType }),
    // A broker that doesn't know it protects nothing.
    ...(stated.deletionProtection === undefined ? {} : { deletionProtection: deletionProtection ?? false }),
  };
}

async function putExisting({ session }: Call, vhost: VhostObject): Promise<void> {
  const broker = await session.broker();
  if ((await vhosts.read(broker, vhost.name)) === undefined) {
    throw new UserError(
      `Cannot change vhost "${vhost.name}" on ${session.endpoint}: there is none of that name. Create it first and make this resource depend on it.`,
    );
  }
  await vhosts.put(broker, vhost);
}
