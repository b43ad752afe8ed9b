/** `rabbitmq.TopicPermissions`: all of a user's topic permissions in one vhost. */
import type { TopicPermissionsObject } from '../../topology/objects';
import type { Inputs } from '../inputs';
import type { ResourceType } from '../resourceType';
import * as topicPermissions from '../../broker/kinds/topicPermissions';
import { UNKNOWN } from '../values';
import { idInVhost, resolveId } from './ids';

type Entries = TopicPermissionsObject['exchanges'];

export const topicPermissionsType: ResourceType<TopicPermissionsObject> = {
  token: 'rabbitmq:index/topicPermissions:TopicPermissions',
  kind: 'topicPermissions',
  defaults: { vhost: '/' },
  properties: { user: 'user', vhost: 'vhost', exchanges: 'permissions' },
  parse: (inputs) => ({
    kind: 'topicPermissions',
    user: inputs.text('user'),
    vhost: inputs.text('vhost', '/'),
    exchanges: parseEntries(inputs),
  }),
  identity: ({ vhost, user }) => ['topicPermissions', vhost, user],
  id: ({ user, vhost }) => idInVhost(user, vhost),
  toProperties: ({ user, vhost, exchanges }) => ({
    user,
    vhost,
    permissions: exchanges.map(({ exchange, write, read }) => ({ exchange, write, read })),
  }),
  create: async ({ session }, object) => {
    await topicPermissions.put(await session.broker(), object);
    return object;
  },
  locate: async ({ session }, id) => {
    const broker = await session.broker();
    return sorted(
      await resolveId(broker, id, ({ name, vhost }) => topicPermissions.read(broker, vhost, name)),
    );
  },
  find: async (lookup, known) => sorted(await lookup.find(known)),
  update: async ({ session }, object) => {
    await topicPermissions.put(await session.broker(), object);
    return object;
  },
  remove: async ({ session }, { vhost, user }) => {
    await topicPermissions.remove(await session.broker(), vhost, user);
  },
};

function sorted(found: TopicPermissionsObject | undefined): TopicPermissionsObject | undefined {
  return found && { ...found, exchanges: byExchange(found.exchanges) };
}

function parseEntries(inputs: Inputs): Entries {
  const list = inputs.list('permissions') as unknown;
  if (list === undefined && !inputs.has('permissions')) inputs.fail('permissions', 'is missing');
  if (!Array.isArray(list)) return list === UNKNOWN ? (UNKNOWN as unknown as Entries) : [];
  const entries = list.map((entry: unknown) => {
    const { exchange, write, read } = (entry ?? {}) as Partial<Record<string, unknown>>;
    if (typeof exchange === 'string' && typeof write === 'string' && typeof read === 'string') {
      return { exchange, write, read };
    }
    if (entry !== UNKNOWN) inputs.fail('permissions', 'must be a list of { exchange, write, read }');
    return { exchange: UNKNOWN, write: UNKNOWN, read: UNKNOWN };
  });
  return byExchange(entries);
}

/** Their order means nothing, so it must not show as a difference. */
function byExchange(entries: Entries): Entries {
  return [...entries].sort((a, b) => (a.exchange < b.exchange ? -1 : a.exchange > b.exchange ? 1 : 0));
}
