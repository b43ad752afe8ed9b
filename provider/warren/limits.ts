/** `warren.VhostLimits` and `warren.UserLimits`. */
import type { UserLimitsObject, VhostLimitsObject } from '../../topology/objects';
import type { Inputs } from '../inputs';
import type { ResourceType } from '../resourceType';
import * as limits from '../../broker/kinds/limits';

export const vhostLimitsType: ResourceType<VhostLimitsObject> = {
  token: 'warren:index:VhostLimits',
  kind: 'vhostLimits',
  properties: { vhost: 'vhost', maxConnections: 'maxConnections', maxQueues: 'maxQueues' },
  parse: (inputs) => ({
    kind: 'vhostLimits',
    vhost: inputs.text('vhost'),
    ...limit(inputs, 'maxConnections'),
    ...limit(inputs, 'maxQueues'),
  }),
  identity: ({ vhost }) => ['vhostLimits', vhost],
  id: ({ vhost }) => vhost,
  toProperties: ({ vhost, maxConnections, maxQueues }) => ({ vhost, maxConnections, maxQueues }),
  create: async ({ session }, object) => {
    await limits.putVhostLimits(await session.broker(), object);
    return object;
  },
  locate: async ({ session }, id) => limits.readVhostLimits(await session.broker(), id),
  find: async (lookup, known) => lookup.find(known),
  update: async ({ session }, object) => {
    await limits.putVhostLimits(await session.broker(), object);
    return object;
  },
  remove: async ({ session }, { vhost }) => {
    await limits.removeVhostLimits(await session.broker(), vhost);
  },
};

export const userLimitsType: ResourceType<UserLimitsObject> = {
  token: 'warren:index:UserLimits',
  kind: 'userLimits',
  properties: { user: 'user', maxConnections: 'maxConnections', maxChannels: 'maxChannels' },
  parse: (inputs) => ({
    kind: 'userLimits',
    user: inputs.text('user'),
    ...limit(inputs, 'maxConnections'),
    ...limit(inputs, 'maxChannels'),
  }),
  identity: ({ user }) => ['userLimits', user],
  id: ({ user }) => user,
  toProperties: ({ user, maxConnections, maxChannels }) => ({ user, maxConnections, maxChannels }),
  create: async ({ session }, object) => {
    await limits.putUserLimits(await session.broker(), object);
    return object;
  },
  locate: async ({ session }, id) => limits.readUserLimits(await session.broker(), id),
  find: async (lookup, known) => lookup.find(known),
  update: async ({ session }, object) => {
    await limits.putUserLimits(await session.broker(), object);
    return object;
  },
  remove: async ({ session }, { user }) => {
    await limits.removeUserLimits(await session.broker(), user);
  },
};

/** -1 is RabbitMQ's word for no limit, and the same as leaving it out. */
function limit<N extends string>(inputs: Inputs, name: N): Partial<Record<N, number>> {
  const value = inputs.optionalInteger(name);
  if (value === undefined || value === -1) return {};
  if (value < 0) inputs.fail(name, 'must be 0 (shuts everyone out) or more; -1 for no limit');
  return { [name]: value } as Partial<Record<N, number>>;
}
