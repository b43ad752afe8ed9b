/**
 * The ways out, and the names of settings, in the words of a program: the rules speak those of a topology. A code that
 * isn't listed here says the same in both.
 */
import { QUEUE_ARGUMENTS } from '../topology/rules/queueArguments';

export const WAYS_OUT: Readonly<Record<string, string>> = {
  'shovel-user-id': 'Leave user_id out of its publish-properties; a header can hold it.',
  'alternate-twice':
    'Keep one of the two: the argument, or the policy, which can be changed without making the exchange anew.',
  'argument-instead-of-policy':
    'Set it with a Policy whose pattern matches this queue. Keep the argument if the application declares the queue with it, too.',
  'argument-type': 'Remove the argument, or set x-queue-type to a type that takes it.',
  'at-least-once':
    'Add what is missing (a dead-letter exchange, overflow reject-publish, a quorum queue), and a max-length; or remove the strategy.',
  'bad-binding':
    'On a consistent hash exchange the key is the weight of the queue, e.g. 1; x-match is all, any, all-with-x or any-with-x.',
  'bad-name': 'Choose another name. Predeclared exchanges, such as amq.topic, are there without a resource.',
  'bad-pattern': 'Correct it; a character that is meant literally needs a backslash.',
  'dead-letter-limit': 'Give the queue with the dead letters a policy with delivery-limit: -1.',
  'dead-letter-cycle':
    'Let one queue of the circle dead-letter to a queue outside of it, or take away its TTL and length limits.',
  'default-queue-type': 'Give each queue its x-queue-type, or say another target.',
  'delayed-retry': 'Say a delayed-retry-min over 0, and a delayed-retry-max that is not smaller, or none.',
  'exchange-argument': 'Correct or remove the argument.',
  expires: 'Remove it to keep the queue, or say milliseconds, e.g. 300000.',
  'framework-queue': 'Remove the resource, and let Celery make it; let policies match your own queues only.',
  'guest-user': 'Make a user for each application, and delete guest once another administrator works.',
  'ignored-argument': 'Correct the name, or remove the argument.',
  'ignored-setting': 'Remove it from the policy, or give the queue a type that heeds it.',
  'limit-overruled': 'Ask for what is allowed, or raise the limit of the operator policy.',
  'mirroring-removed':
    'Remove it, and make the queues that need copies quorum queues (x-queue-type: quorum).',
  'missing-target':
    'Correct the name, or make a resource of it. Where another stack makes it, switch this policy off in the pack’s configuration.',
  'parameter-value': 'Correct the value.',
  'pattern-on-direct': 'Make it a topic exchange, or write the whole key.',
  'policy-apply-to':
    'Use applyTo queues, with a pattern that matches those queues only, or say another target.',
  'quorum-limits': 'Remove that property, or make it a classic queue.',
  'queue-limit': 'Raise maxQueues, with room for the queues that applications declare; -1 is no limit.',
  'setting-beside-argument': 'Remove it from the policy, or remove the argument.',
  'setting-version': 'Remove it, or say another target once the broker is upgraded.',
  'short-expiry':
    'Say 60000 (a minute) or more, or leave the queue to the application that needs it for a moment.',
  'shovel-count': 'Use ackMode on-publish or on-confirm; or let it end with queue-length, or never.',
  'shovel-ends': 'Name a queue, or an exchange with its key; for AMQP 1.0, an address.',
  'transient-queue':
    'Set settings.durable to true: it is false where nothing is said. A short-lived queue gets an expiry by a policy.',
  'unbound-exchange': 'Bind a queue to it, give it an alternate exchange, or remove it.',
  'unbounded-at-least-once': 'Add max-length or max-length-bytes to its policy.',
  'unlimited-stream': 'Add max-age or max-length-bytes to its policy.',
};

const KEYS = new Map(
  Object.entries(QUEUE_ARGUMENTS)
    .flatMap(([argument, { word }]) =>
      word === undefined ? [] : [[word, argument.replace(/^x-/, '')] as const],
    )
    // Of several arguments with one word, the first counts.
    .reverse(),
);

/** A setting in backquotes is one of a topology's words. */
export function inPolicyKeys(text: string): string {
  return text.replace(/`(\w+)(: [^`]*)?`/g, (all, word: string, rest = '') => {
    const key = KEYS.get(word);
    return key === undefined ? all.replaceAll('`', '') : `${key}${rest as string}`;
  });
}
