/** The keys of policies and operator policies that RabbitMQ knows. */
import type { Target } from '../target';
import type { ValueKind } from './values';
import { wordTable } from '../wordTable';

interface PolicyKey {
  readonly value: ValueKind;
  /** Absent: in every series. */
  readonly since?: Target;
  /** The first series without it. */
  readonly until?: Target;
  /** Whether an operator policy may hold it, and since when. */
  readonly operator?: Target;
}

export const POLICY_KEYS = wordTable<PolicyKey>({
  'message-ttl': { value: 'count', operator: '3.10' },
  expires: { value: 'positive', operator: '3.10' },
  'max-length': { value: 'count', operator: '3.10' },
  'max-length-bytes': { value: 'count', operator: '3.10' },
  overflow: { value: { oneOf: ['drop-head', 'reject-publish', 'reject-publish-dlx'] }, operator: '4.0' },
  'dead-letter-exchange': { value: 'text' },
  'dead-letter-routing-key': { value: 'text' },
  'dead-letter-strategy': { value: { oneOf: ['at-most-once', 'at-least-once'] } },
  'delivery-limit': { value: 'limit', operator: '3.10' },
  'delayed-retry-type': { value: { oneOf: ['all', 'failed', 'returned', 'disabled'] }, since: '4.3' },
  'delayed-retry-min': { value: 'positive', since: '4.3', operator: '4.3' },
  'delayed-retry-max': { value: 'positive', since: '4.3', operator: '4.3' },
  'consumer-timeout': { value: 'count', since: '3.12' },
  'consumer-disconnected-timeout': { value: 'count', since: '4.3' },
  'queue-mode': { value: { oneOf: ['default', 'lazy'] } },
  'queue-version': { value: { oneOf: [1, 2] }, operator: '4.0' },
  'queue-leader-locator': { value: { oneOf: ['balanced', 'client-local', 'least-leaders', 'random'] } },
  'queue-master-locator': { value: { oneOf: ['min-masters', 'client-local', 'random'] }, until: '4.3' },
  'target-group-size': { value: 'positive', since: '3.13', operator: '4.0' },
  'initial-cluster-size': { value: 'count' },
  'max-in-memory-length': { value: 'count', operator: '3.10' },
  'max-in-memory-bytes': { value: 'count', operator: '3.10' },
  'max-age': { value: 'age' },
  'stream-max-segment-size-bytes': { value: { min: 0, max: 3_000_000_000 } },
  'stream-filter-size-bytes': { value: { min: 16, max: 255 }, since: '3.13' },
  'alternate-exchange': { value: 'text' },
  'federation-upstream': { value: 'text' },
  'federation-upstream-set': { value: 'text' },
  'federation-upstream-pattern': { value: 'text' },
  'shards-per-node': { value: 'count' },
  'ha-mode': { value: { oneOf: ['all', 'exactly', 'nodes'] }, until: '4.0', operator: '3.12' },
  'ha-params': { value: 'any', until: '4.0', operator: '3.12' },
  'ha-sync-mode': { value: { oneOf: ['manual', 'automatic'] }, until: '4.0', operator: '3.12' },
  'ha-sync-batch-size': { value: 'positive', until: '4.0', operator: '3.12' },
  'ha-promote-on-shutdown': { value: { oneOf: ['always', 'when-synced'] }, until: '4.0', operator: '3.12' },
  'ha-promote-on-failure': { value: { oneOf: ['always', 'when-synced'] }, until: '4.0', operator: '3.12' },
});

/** Queue properties that no policy can hold, under the names that people try; with the topology's own word. */
export const ARGUMENT_ONLY = wordTable<string>({
  'queue-type': 'type',
  type: 'type',
  'max-priority': 'priorities',
  'single-active-consumer': 'singleActiveConsumer',
  durable: 'durable',
  'auto-delete': 'autoDelete',
  exclusive: 'nothing: an exclusive queue belongs to one connection and is declared by it',
});
