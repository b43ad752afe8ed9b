/** Several topologies on one broker, without a name in common. */
import type { BrokerObject } from '../../topology/index';

/** The same with names of its own for all that isn't inside of a vhost. */
export function isolated(objects: readonly BrokerObject[], run: string): BrokerObject[] {
  const own = (name: string): string => `${name.slice(0, 60)} ${run}`;
  return objects.map((object): BrokerObject => {
    switch (object.kind) {
      case 'vhost':
      case 'user':
      case 'globalParameter':
        return { ...object, name: own(object.name) };
      case 'userLimits':
        return { ...object, user: own(object.user) };
      case 'permissions':
      case 'topicPermissions':
        return { ...object, user: own(object.user), vhost: own(object.vhost) };
      default:
        return { ...object, vhost: own(object.vhost) };
    }
  });
}
