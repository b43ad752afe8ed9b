/** Objects of any kind: one way to make each so, one way to take it away. */
import type { Approvals } from './guards/approvals';
import type { BrokerObject, UserObject } from '../topology/objects';
import type { Broker } from './api/transport';
import * as bindings from './kinds/bindings';
import { bringExchangeBack, removeExchange } from './replacement/exchangeReplacement';
import * as exchanges from './kinds/exchanges';
import * as globalParameters from './kinds/globalParameters';
import * as limits from './kinds/limits';
import * as parameters from './kinds/parameters';
import * as permissions from './kinds/permissions';
import * as policies from './kinds/policies';
import { declareQueue } from './guards/queueDeclaration';
import { removeQueue } from './guards/queueDeletion';
import { bringBack, judgeReturn } from './replacement/queueReturn';
import * as queues from './kinds/queues';
import * as topicPermissions from './kinds/topicPermissions';
import * as users from './kinds/users';
import * as vhosts from './kinds/vhosts';

/**
 * Creates the object or changes what differs; an equal one is fine. What can't be changed is refused as by the
 * function of its kind. A queue or exchange gets back what an interrupted recreation set aside for it. Users are put by
 * `users.put`: no object holds a password.
 * @param approvals with them, a queue that would drop what was set aside for it is `guarded`
 */
export async function put(
  broker: Broker,
  object: Exclude<BrokerObject, UserObject>,
  approvals?: Approvals,
): Promise<void> {
  switch (object.kind) {
    case 'vhost':
      return vhosts.put(broker, object);
    case 'vhostLimits':
      return limits.putVhostLimits(broker, object);
    case 'userLimits':
      return limits.putUserLimits(broker, object);
    case 'permissions':
      return permissions.put(broker, object);
    case 'topicPermissions':
      return topicPermissions.put(broker, object);
    case 'policy':
    case 'operatorPolicy':
      return policies.put(broker, object);
    case 'exchange':
      await exchanges.put(broker, object);
      return bringExchangeBack(broker, object);
    case 'queue':
      if (approvals !== undefined) await judgeReturn(broker, object, approvals);
      await declareQueue(broker, object);
      return bringBack(broker, object);
    case 'binding':
      await bindings.put(broker, object);
      return;
    case 'parameter':
      return parameters.put(broker, object);
    case 'globalParameter':
      return globalParameters.put(broker, object);
  }
}

/** An absent object is fine; queues and vhosts are `guarded` unless approved. */
export async function remove(broker: Broker, object: BrokerObject, approvals: Approvals): Promise<void> {
  switch (object.kind) {
    case 'vhost':
      return vhosts.remove(broker, object.name, { approvals });
    case 'vhostLimits':
      return limits.removeVhostLimits(broker, object.vhost);
    case 'user':
      return users.remove(broker, object.name);
    case 'userLimits':
      return limits.removeUserLimits(broker, object.user);
    case 'permissions':
      return permissions.remove(broker, object.vhost, object.user);
    case 'topicPermissions':
      return topicPermissions.remove(broker, object.vhost, object.user);
    case 'policy':
    case 'operatorPolicy':
      return policies.remove(broker, object.kind, object.vhost, object.name);
    case 'exchange':
      return removeExchange(broker, object);
    case 'queue':
      return removeQueue(broker, object, { approvals });
    case 'binding': {
      const key = (await bindings.read(broker, object))?.propertiesKey;
      if (key !== undefined) await bindings.remove(broker, object, key);
      return;
    }
    case 'parameter':
      return parameters.remove(broker, object);
    case 'globalParameter':
      return globalParameters.remove(broker, object.name);
  }
}

/** What the broker has under the identity of the object; undefined where there is none. */
export function read(broker: Broker, object: BrokerObject): Promise<BrokerObject | undefined> {
  switch (object.kind) {
    case 'vhost':
      return vhosts.read(broker, object.name);
    case 'vhostLimits':
      return limits.readVhostLimits(broker, object.vhost);
    case 'user':
      return users.read(broker, object.name);
    case 'userLimits':
      return limits.readUserLimits(broker, object.user);
    case 'permissions':
      return permissions.read(broker, object.vhost, object.user);
    case 'topicPermissions':
      return topicPermissions.read(broker, object.vhost, object.user);
    case 'policy':
    case 'operatorPolicy':
      return policies.read(broker, object.kind, object.vhost, object.name);
    case 'exchange':
      return exchanges.read(broker, object.vhost, object.name);
    case 'queue':
      return queues.read(broker, object.vhost, object.name);
    case 'binding':
      return bindings.read(broker, object);
    case 'parameter':
      return parameters.read(broker, object);
    case 'globalParameter':
      return globalParameters.read(broker, object.name);
  }
}
