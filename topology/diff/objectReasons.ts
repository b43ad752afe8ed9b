/** The reasons of each kind of object's own change; what policies do to others are its effects. */
import type { BrokerObject, ObjectOfKind } from '../objects';
import { userReasons, permissionReasons, topicReasons } from './accessReasons';
import { bindingAdded, bindingRemoved } from './bindingReasons';
import type { Effect, FieldChange, Reason } from './model';
import type { ObjectChange } from './objectChanges';
import { fieldChanges, isTypeThatIsUnderstood } from './objectChanges';
import { parameterReasons } from './parameterReasons';
import { reason } from './reasons';
import {
  exchangeDeleted,
  exchangeRecreated,
  queueDeleted,
  queueRecreated,
  queueRenamed,
} from './routingReasons';
import { globalParameterReasons, limitReasons, vhostDeleted, vhostReasons } from './settingReasons';
import type { Sides } from './vhostPair';

/** @param isPart of something larger that comes or goes: that one says what is lost */
export function objectReasons(
  change: ObjectChange,
  sides: Sides,
  isPart: boolean,
  effects: readonly Effect[],
): Reason[] {
  if (change.change === 'renamed') return queueRenamed(change.before.name, change.after.name);
  const before = change.change === 'added' ? undefined : change.before;
  const after = change.change === 'removed' ? undefined : change.after;
  const object = after ?? before;
  if (object === undefined) return [];
  const given: Given = {
    object,
    before,
    after,
    isRecreated: change.change === 'recreated',
    fields: 'fields' in change ? change.fields : [],
    isPart,
    effects,
    sides,
  };
  return reasonsOf(given);
}

interface Given {
  readonly object: BrokerObject;
  readonly before: BrokerObject | undefined;
  readonly after: BrokerObject | undefined;
  readonly isRecreated: boolean;
  readonly fields: readonly FieldChange[];
  readonly isPart: boolean;
  readonly effects: readonly Effect[];
  readonly sides: Sides;
}

function reasonsOf(given: Given): Reason[] {
  const { object, before, after, fields, isPart, sides } = given;
  switch (object.kind) {
    case 'vhost':
      if (after === undefined) return [vhostDeleted(object.name)];
      return before === undefined ? [] : vhostReasons(fields);
    case 'vhostLimits':
      return isPart ? [] : limitReasons(`The vhost ${JSON.stringify(object.vhost)}`, limitFields(given));
    case 'userLimits':
      return isPart ? [] : limitReasons(`The user ${JSON.stringify(object.user)}`, limitFields(given));
    case 'user':
      return userReasons(ofKind(before, 'user'), ofKind(after, 'user'));
    case 'permissions':
      // Those of a user who goes go with it.
      if (after === undefined && isPart) return [];
      return permissionReasons(ofKind(before, 'permissions'), ofKind(after, 'permissions'), sides);
    case 'topicPermissions':
      if (isPart) return [];
      return topicReasons(ofKind(before, 'topicPermissions'), ofKind(after, 'topicPermissions'));
    case 'policy':
    case 'operatorPolicy':
      return isPart ? [] : policyReasons(given);
    case 'exchange':
      if (after === undefined) return isPart ? [] : exchangeDeleted(object.name);
      return given.isRecreated ? exchangeRecreated(object.name) : [];
    case 'queue':
      return queueOwnReasons(given, object);
    case 'binding': {
      const [base, head] = [sides.base.vhosts.get(object.vhost), sides.head.vhosts.get(object.vhost)];
      if (after === undefined) return bindingRemoved(object, isPart, base, head);
      return before === undefined ? bindingAdded(object, base, head) : [];
    }
    case 'parameter':
      if (isPart && after === undefined) return [];
      return parameterReasons(ofKind(before, 'parameter'), ofKind(after, 'parameter'));
    case 'globalParameter':
      return globalParameterReasons(object.name);
  }
}

/** What wins nowhere, or makes no difference where it wins. */
function policyReasons({ effects, before, after }: Given): Reason[] {
  if (effects.length > 0) return [];
  const why =
    before === undefined
      ? 'It makes no difference: no queue or exchange that stays gets other settings by it.'
      : after === undefined
        ? 'Nothing that stays loses a setting with it.'
        : 'Every queue and exchange that stays has the same settings as before.';
  return [reason('same-effect', why)];
}

function queueOwnReasons(
  { before, after, isRecreated, isPart, fields, sides }: Given,
  queue: ObjectOfKind<'queue'>,
): Reason[] {
  if (after === undefined) return isPart ? [] : queueDeleted(queue.name);
  const old = ofKind(before, 'queue');
  if (old === undefined) return [];
  if (isRecreated) return queueRecreated(old, queue, sides.base.vhosts.get(queue.vhost));
  // Without a field it is the target that differs.
  const defaultType = sides.base.vhosts.get(queue.vhost)?.parts.defaultQueueType;
  return fields.length > 0 && fields.every((field) => isTypeThatIsUnderstood(queue, field, defaultType))
    ? [reason('left-as-it-is', 'A classic queue is what a queue without a type is anyway.')]
    : [];
}

/** All that it has, where it comes or goes. */
function limitFields({ before, after, fields }: Given): readonly FieldChange[] {
  if (before !== undefined && after !== undefined) return fields;
  const empty = (object: BrokerObject | undefined): BrokerObject | undefined => {
    if (object?.kind === 'vhostLimits') return { kind: 'vhostLimits', vhost: object.vhost };
    return object?.kind === 'userLimits' ? { kind: 'userLimits', user: object.user } : undefined;
  };
  const [old, now] = [before ?? empty(after), after ?? empty(before)];
  return old === undefined || now === undefined ? [] : fieldChanges(old, now);
}

function ofKind<K extends BrokerObject['kind']>(
  object: BrokerObject | undefined,
  kind: K,
): ObjectOfKind<K> | undefined {
  return object?.kind === kind ? (object as ObjectOfKind<K>) : undefined;
}
