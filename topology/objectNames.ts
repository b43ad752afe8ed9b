/** Broker objects in words: for lists, reports and ids. Names are as they are: whoever prints them makes them printable. */
import { DEFAULT_EXCHANGE } from './names';
import { canonicalJson } from './objects';
import type { BrokerObject, BrokerObjectKind } from './objects';

interface Words {
  readonly one: string;
  readonly many: string;
}

export const KIND_WORDS: Readonly<Record<BrokerObjectKind, Words>> = {
  vhost: { one: 'vhost', many: 'vhosts' },
  vhostLimits: { one: 'limits of the vhost', many: 'limits of vhosts' },
  user: { one: 'user', many: 'users' },
  userLimits: { one: 'limits of the user', many: 'limits of users' },
  permissions: { one: 'permissions', many: 'permissions' },
  topicPermissions: { one: 'topic permissions', many: 'topic permissions' },
  policy: { one: 'policy', many: 'policies' },
  operatorPolicy: { one: 'operator policy', many: 'operator policies' },
  exchange: { one: 'exchange', many: 'exchanges' },
  queue: { one: 'queue', many: 'queues' },
  binding: { one: 'binding', many: 'bindings' },
  parameter: { one: 'parameter', many: 'parameters' },
  globalParameter: { one: 'global parameter', many: 'global parameters' },
};

/** The name of an object among those of its kind and vhost. */
export function ownName(object: BrokerObject): string {
  switch (object.kind) {
    case 'vhostLimits':
      return object.vhost;
    case 'userLimits':
    case 'permissions':
    case 'topicPermissions':
      return object.user;
    case 'parameter':
      return `${object.component} ${object.name}`;
    case 'binding': {
      const { routingKey, destination, arguments: table } = object;
      const source = object.source === '' ? DEFAULT_EXCHANGE : object.source;
      const condition = Object.keys(table).length === 0 ? '' : ` ${canonicalJson(table)}`;
      return `${source} → ${destination} [${routingKey}]${condition}`;
    }
    default:
      return object.name;
  }
}

export function vhostOf(object: BrokerObject): string | undefined {
  return 'vhost' in object && object.kind !== 'vhostLimits' ? object.vhost : undefined;
}

/** `paid@shop`. */
export function nameInVhost(object: BrokerObject): string {
  const vhost = vhostOf(object);
  return vhost === undefined ? ownName(object) : `${ownName(object)}@${vhost}`;
}
