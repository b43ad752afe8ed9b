/** Whom a change concerns: users by their permissions, workers by what they consume and as whom. */
import type { BrokerObject } from '../objects';
import { DEFAULT_EXCHANGE } from '../names';
import type { ObjectChange } from './objectChanges';
import { usersWith, workersOf } from './sideIndex';
import type { SideIndex } from './sideIndex';
import type { Sides } from './vhostPair';

export interface People {
  readonly users: readonly string[];
  readonly workers: readonly string[];
}

export function peopleOf(change: ObjectChange, { base, head }: Sides): People {
  const before = 'before' in change ? change.before : undefined;
  const after = 'after' in change ? change.after : undefined;
  const found = [
    ...(before === undefined ? [] : [peopleOfObject(before, base)]),
    ...(after === undefined ? [] : [peopleOfObject(after, head)]),
  ];
  return {
    users: [...new Set(found.flatMap(({ users }) => users))],
    workers: [...new Set(found.flatMap(({ workers }) => workers))],
  };
}

function peopleOfObject(object: BrokerObject, side: SideIndex): People {
  switch (object.kind) {
    case 'queue':
      return {
        users: usersWith(side, object.vhost, object.name, ['read', 'configure']),
        workers: workersOf(
          side,
          ({ vhost, queues }) => vhost === object.vhost && queues.includes(object.name),
        ),
      };
    case 'exchange':
      return { users: usersWith(side, object.vhost, object.name, ['write', 'configure']), workers: [] };
    case 'binding':
      return {
        users: usersWith(side, object.vhost, object.source === '' ? DEFAULT_EXCHANGE : object.source, [
          'write',
        ]),
        workers: workersOf(
          side,
          ({ vhost, queues }) =>
            vhost === object.vhost &&
            object.destinationType === 'queue' &&
            queues.includes(object.destination),
        ),
      };
    case 'user':
      return ofUser(object.name, side);
    case 'userLimits':
      return ofUser(object.user, side);
    case 'permissions':
    case 'topicPermissions':
      return ofUser(object.user, side, object.vhost);
    case 'vhost':
      return ofVhost(object.name, side);
    case 'vhostLimits':
      return ofVhost(object.vhost, side);
    default:
      return { users: [], workers: [] };
  }
}

function ofUser(name: string, side: SideIndex, vhost?: string): People {
  const isIn = (worker: { readonly vhost?: string }): boolean =>
    vhost === undefined || worker.vhost === vhost;
  return { users: [name], workers: workersOf(side, (worker) => worker.user === name && isIn(worker)) };
}

function ofVhost(name: string, side: SideIndex): People {
  return {
    users: (side.permissions.get(name) ?? []).map(({ user }) => user),
    workers: workersOf(side, ({ vhost }) => vhost === name),
  };
}
