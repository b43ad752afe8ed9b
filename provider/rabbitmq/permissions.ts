/** `rabbitmq.Permissions`. */
import type { PermissionsObject } from '../../topology/objects';
import type { ResourceType } from '../resourceType';
import * as permissions from '../../broker/kinds/permissions';
import { idInVhost, resolveId } from './ids';

export const permissionsType: ResourceType<PermissionsObject> = {
  token: 'rabbitmq:index/permissions:Permissions',
  kind: 'permissions',
  defaults: { vhost: '/' },
  properties: {
    user: 'user',
    vhost: 'vhost',
    configure: 'permissions.configure',
    write: 'permissions.write',
    read: 'permissions.read',
  },
  parse: (inputs) => ({
    kind: 'permissions',
    user: inputs.text('user'),
    vhost: inputs.text('vhost', '/'),
    configure: inputs.text('permissions.configure'),
    write: inputs.text('permissions.write'),
    read: inputs.text('permissions.read'),
  }),
  identity: ({ vhost, user }) => ['permissions', vhost, user],
  id: ({ user, vhost }) => idInVhost(user, vhost),
  toProperties: ({ user, vhost, configure, write, read }) => ({
    user,
    vhost,
    permissions: { configure, write, read },
  }),
  create: async ({ session }, object) => {
    await permissions.put(await session.broker(), object);
    return object;
  },
  locate: async ({ session }, id) => {
    const broker = await session.broker();
    return resolveId(broker, id, ({ name, vhost }) => permissions.read(broker, vhost, name));
  },
  find: async (lookup, known) => lookup.find(known),
  update: async ({ session }, object) => {
    await permissions.put(await session.broker(), object);
    return object;
  },
  remove: async ({ session }, { vhost, user }) => {
    await permissions.remove(await session.broker(), vhost, user);
  },
};
