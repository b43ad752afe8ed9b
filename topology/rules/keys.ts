/** What RabbitMQ knows: the keys of policies, of operator policies, and the arguments of queues. */
import type { ArgumentValue } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';

export type ValueKind = 'count' | 'positive' | 'limit' | 'text' | 'flag' | 'any';

interface PolicyKey {
  readonly value: ValueKind;
  /** Absent: in every series. */
  readonly since?: Target;
  /** The first series without it. */
  readonly until?: Target;
  /** Whether an operator policy may hold it, and since when. */
  readonly operator?: Target;
}

export const POLICY_KEYS: Readonly<Record<string, PolicyKey>> = {
  'message-ttl': { value: 'count', operator: '3.10' },
  expires: { value: 'positive', operator: '3.10' },
  'max-length': { value: 'count', operator: '3.10' },
  'max-length-bytes': { value: 'count', operator: '3.10' },
  overflow: { value: 'text', operator: '4.0' },
  'dead-letter-exchange': { value: 'text' },
  'dead-letter-routing-key': { value: 'text' },
  'dead-letter-strategy': { value: 'text' },
  'delivery-limit': { value: 'limit', operator: '3.10' },
  'delayed-retry-type': { value: 'text', since: '4.3' },
  'delayed-retry-min': { value: 'count', since: '4.3', operator: '4.3' },
  'delayed-retry-max': { value: 'count', since: '4.3', operator: '4.3' },
  'consumer-timeout': { value: 'positive', since: '3.12' },
  'consumer-disconnected-timeout': { value: 'count', since: '4.3' },
  'queue-mode': { value: 'text' },
  'queue-version': { value: 'count', operator: '4.0' },
  'queue-leader-locator': { value: 'text' },
  'queue-master-locator': { value: 'text', until: '4.3' },
  'target-group-size': { value: 'positive', since: '3.13', operator: '4.0' },
  'initial-cluster-size': { value: 'positive' },
  'max-in-memory-length': { value: 'count', operator: '3.10' },
  'max-in-memory-bytes': { value: 'count', operator: '3.10' },
  'max-age': { value: 'text' },
  'stream-max-segment-size-bytes': { value: 'positive' },
  'stream-filter-size-bytes': { value: 'positive', since: '3.13' },
  'alternate-exchange': { value: 'text' },
  'federation-upstream': { value: 'text' },
  'federation-upstream-set': { value: 'text' },
  'federation-upstream-pattern': { value: 'text' },
  'shards-per-node': { value: 'positive' },
  'ha-mode': { value: 'text', until: '4.0', operator: '3.10' },
  'ha-params': { value: 'any', until: '4.0', operator: '3.10' },
  'ha-sync-mode': { value: 'text', until: '4.0', operator: '3.10' },
  'ha-sync-batch-size': { value: 'positive', until: '4.0', operator: '3.10' },
  'ha-promote-on-shutdown': { value: 'text', until: '4.0', operator: '3.10' },
  'ha-promote-on-failure': { value: 'text', until: '4.0', operator: '3.10' },
};

/** Queue properties that no policy can hold, under the names that people try; with the topology's own word. */
export const ARGUMENT_ONLY: Readonly<Record<string, string>> = {
  'queue-type': 'type',
  type: 'type',
  'max-priority': 'priorities',
  'single-active-consumer': 'singleActiveConsumer',
  durable: 'durable',
  'auto-delete': 'autoDelete',
  exclusive: 'nothing: an exclusive queue belongs to one connection and is declared by it',
};

/** Queue arguments whose values RabbitMQ checks, and the topology's own word for them. */
export const QUEUE_ARGUMENTS: Readonly<Record<string, { readonly value: ValueKind; readonly word: string }>> =
  {
    'x-message-ttl': { value: 'count', word: 'ttl' },
    'x-expires': { value: 'positive', word: 'expires' },
    'x-max-length': { value: 'count', word: 'maxLength' },
    'x-max-length-bytes': { value: 'count', word: 'maxLengthBytes' },
    'x-overflow': { value: 'text', word: 'overflow' },
    'x-dead-letter-exchange': { value: 'text', word: 'deadLetter' },
    'x-dead-letter-routing-key': { value: 'text', word: 'deadLetter' },
    'x-dead-letter-strategy': { value: 'text', word: 'deadLetter' },
    'x-delivery-limit': { value: 'limit', word: 'deliveryLimit' },
    'x-max-priority': { value: 'count', word: 'priorities' },
    'x-single-active-consumer': { value: 'flag', word: 'singleActiveConsumer' },
    'x-queue-type': { value: 'text', word: 'type' },
  };

/** Every queue argument that some RabbitMQ from 3.10 to 4.3, or a plugin that comes with it, reads. */
export const KNOWN_QUEUE_ARGUMENTS: ReadonlySet<string> = new Set([
  ...Object.keys(QUEUE_ARGUMENTS),
  'x-queue-mode',
  'x-queue-version',
  'x-queue-leader-locator',
  'x-queue-master-locator',
  'x-quorum-initial-group-size',
  'x-quorum-target-group-size',
  'x-initial-cluster-size',
  'x-max-in-memory-length',
  'x-max-in-memory-bytes',
  'x-max-age',
  'x-stream-max-segment-size-bytes',
  'x-stream-filter-size-bytes',
  'x-consumer-timeout',
  'x-consumer-disconnected-timeout',
  'x-delayed-retry-type',
  'x-delayed-retry-min',
  'x-delayed-retry-max',
  // Set by the federation plugin on the queues that it declares.
  'x-internal-purpose',
]);

const VALUE_WORDS: Readonly<Record<ValueKind, string>> = {
  count: 'a whole number, 0 or more',
  positive: 'a whole number over 0',
  limit: 'a whole number, 0 or more, or -1 for no limit (RabbitMQ 4.0 and later)',
  text: 'text',
  flag: 'true or false',
  any: 'a value',
};

/** What a value of this kind must be, in words; undefined if it is right. */
export function valueFault(kind: ValueKind, value: ArgumentValue, target: Target): string | undefined {
  return isRight(kind, value, target) ? undefined : VALUE_WORDS[kind];
}

function isRight(kind: ValueKind, value: ArgumentValue, target: Target): boolean {
  const isInteger = (minimum: number): boolean => Number.isSafeInteger(value) && (value as number) >= minimum;
  switch (kind) {
    case 'count':
      return isInteger(0);
    case 'positive':
      return isInteger(1);
    case 'limit':
      return isInteger(isAtLeast(target, '4.0') ? -1 : 0);
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'any':
      return true;
  }
}
