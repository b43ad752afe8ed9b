/** What `up` does about a change, in order: what Warren's provider does, not what a plain one would. */
import type { BrokerObject } from '../objects';
import { KIND_WORDS, ownName } from '../objectNames';
import type { ObjectChange } from './objectChanges';

export function stepsOf(change: ObjectChange): string[] {
  const object = change.change === 'removed' ? change.before : change.after;
  const what = inWords(object);
  switch (change.change) {
    case 'added':
      return [`create ${what}; one that is there already and is identical is adopted`];
    case 'changed':
      return change.fields.length === 0
        ? ['nothing: it comes with the other version of RabbitMQ']
        : [`change ${what} in place`];
    case 'removed':
      return removalOf(object, what);
    case 'renamed':
      return [
        `create ${what} with its bindings`,
        ...removalOf(change.before, inWords(change.before)).map((step) => `${step}, at the end`),
      ];
    case 'recreated':
      return object.kind === 'queue' ? RECREATE_QUEUE(what) : RECREATE_OTHER(what);
  }
}

function inWords(object: BrokerObject): string {
  const name = ownName(object);
  const noun = KIND_WORDS[object.kind].one;
  return object.kind === 'permissions' || object.kind === 'topicPermissions'
    ? `${noun} of ${JSON.stringify(name)} in ${JSON.stringify(object.vhost)}`
    : `${noun} ${JSON.stringify(name)}`;
}

function removalOf(object: BrokerObject, what: string): string[] {
  switch (object.kind) {
    case 'queue':
      return [`delete ${what}; refused unless it is empty and unused, or approved`];
    case 'vhost':
      return [
        `delete ${what}; refused while its queues hold messages, clients are connected or it is protected, unless approved`,
      ];
    default:
      return [`delete ${what}`];
  }
}

const RECREATE_QUEUE = (what: string): string[] => [
  `refuse while ${what} has consumers, unless approved`,
  'bind a holding queue as the queue is bound, and unbind the queue',
  'move its messages there by a shovel',
  `delete ${what} and declare it anew`,
  'bring messages and bindings back',
];

const RECREATE_OTHER = (what: string): string[] => [
  'lead its bindings and topic permissions over to a stand-in',
  `delete ${what} and declare it anew`,
  'bring its bindings and topic permissions back',
];
