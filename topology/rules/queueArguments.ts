/** The arguments of queues: what RabbitMQ takes, from which queue type, and since when. All of it was measured. */
import type { QueueType } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import type { ValueKind } from './values';
import { wordTable } from '../wordTable';

interface QueueArgument {
  readonly value: ValueKind;
  /** The topology's own word for it. */
  readonly word?: string;
  /** The queue types that it means something to. */
  readonly types: readonly QueueType[];
  /** Before this series nobody knows it, and it is ignored. Absent: in every series. */
  readonly since?: Target;
  /** The first series that refuses it on any queue. */
  readonly until?: Target;
  /** The first series that refuses it on the other types; before, it is ignored there. Absent: every series refuses it. */
  readonly refusedFrom?: Target | 'never';
}

const ALL: readonly QueueType[] = ['classic', 'quorum', 'stream'];
const QUEUES: readonly QueueType[] = ['classic', 'quorum'];

/** Every queue argument that some RabbitMQ from 3.10 to 4.3 reads. */
export const QUEUE_ARGUMENTS = wordTable<QueueArgument>({
  'x-message-ttl': { value: 'count', word: 'ttl', types: QUEUES },
  'x-expires': { value: 'positive', word: 'expires', types: QUEUES },
  'x-max-length': { value: 'count', word: 'maxLength', types: QUEUES },
  'x-max-length-bytes': { value: 'count', word: 'maxLengthBytes', types: ALL },
  'x-overflow': {
    value: { oneOf: ['drop-head', 'reject-publish', 'reject-publish-dlx'] },
    word: 'overflow',
    types: QUEUES,
  },
  'x-dead-letter-exchange': { value: 'text', word: 'deadLetter', types: QUEUES },
  'x-dead-letter-routing-key': { value: 'text', word: 'deadLetter', types: QUEUES },
  'x-dead-letter-strategy': {
    value: { oneOf: ['at-most-once', 'at-least-once'] },
    word: 'deadLetter',
    types: ['quorum'],
  },
  'x-delivery-limit': { value: 'limit', word: 'deliveryLimit', types: ['quorum'] },
  'x-max-priority': { value: { min: 0, max: 255 }, word: 'priorities', types: ['classic'] },
  'x-single-active-consumer': { value: 'flag', word: 'singleActiveConsumer', types: QUEUES },
  'x-queue-type': { value: { oneOf: ALL }, word: 'type', types: ALL },
  'x-queue-mode': { value: { oneOf: ['default', 'lazy'] }, types: ['classic'] },
  'x-queue-version': { value: { oneOf: [1, 2] }, word: 'queueVersion', types: ['classic'] },
  'x-queue-leader-locator': {
    value: { oneOf: ['balanced', 'client-local', 'least-leaders', 'random'] },
    word: 'leaderLocator',
    types: ALL,
  },
  'x-queue-master-locator': {
    value: { oneOf: ['min-masters', 'client-local', 'random'] },
    word: 'leaderLocator',
    types: ['classic'],
    until: '4.3',
  },
  'x-quorum-initial-group-size': { value: 'positive', word: 'initialClusterSize', types: ['quorum'] },
  'x-quorum-target-group-size': {
    value: 'positive',
    word: 'targetGroupSize',
    types: ['quorum'],
    since: '3.13',
    refusedFrom: 'never',
  },
  'x-initial-cluster-size': { value: 'positive', word: 'initialClusterSize', types: ['stream'] },
  'x-max-in-memory-length': { value: 'count', types: ['quorum'] },
  'x-max-in-memory-bytes': { value: 'count', types: ['quorum'] },
  'x-max-age': { value: 'age', word: 'maxAge', types: ['stream'] },
  'x-stream-max-segment-size-bytes': {
    value: { min: 0, max: 3_000_000_000 },
    word: 'maxSegmentSize',
    types: ['stream'],
  },
  'x-stream-filter-size-bytes': {
    value: { min: 16, max: 255 },
    word: 'filterSize',
    types: ['stream'],
    since: '3.13',
    refusedFrom: '4.3',
  },
  'x-consumer-timeout': {
    value: 'count',
    word: 'consumerTimeout',
    types: ['quorum'],
    since: '3.12',
    refusedFrom: '4.3',
  },
  'x-consumer-disconnected-timeout': {
    value: 'count',
    word: 'consumerDisconnectedTimeout',
    types: ['quorum'],
    since: '4.3',
    refusedFrom: '4.3',
  },
  'x-delayed-retry-type': {
    value: 'text',
    word: 'delayedRetry',
    types: ['quorum'],
    since: '4.3',
    refusedFrom: '4.3',
  },
  'x-delayed-retry-min': {
    value: 'count',
    word: 'delayedRetry',
    types: ['quorum'],
    since: '4.3',
    refusedFrom: '4.3',
  },
  'x-delayed-retry-max': {
    value: 'count',
    word: 'delayedRetry',
    types: ['quorum'],
    since: '4.3',
    refusedFrom: '4.3',
  },
  // Set by the federation plugin on the queues that it declares.
  'x-internal-purpose': { value: 'text', types: ALL },
});

/** What becomes of an argument on a queue of this type. Undefined for an argument that RabbitMQ doesn't know. */
export function argumentFate(
  key: string,
  type: QueueType,
  target: Target,
): 'counts' | 'ignored' | 'refused' | undefined {
  const known = QUEUE_ARGUMENTS[key];
  if (known === undefined) return undefined;
  if (known.until !== undefined && isAtLeast(target, known.until)) return 'refused';
  // Measured: 3.10 refuses it on a classic queue, 4.0 takes it.
  if (key === 'x-queue-leader-locator' && type === 'classic' && target === '3.10') return 'refused';
  if (key === 'x-consumer-timeout' && type === 'classic' && !isAtLeast(target, '4.3')) {
    return isAtLeast(target, '3.12') ? 'counts' : 'ignored';
  }
  if (known.since !== undefined && !isAtLeast(target, known.since)) return 'ignored';
  if (known.types.includes(type)) return 'counts';
  if (known.refusedFrom === undefined) return 'refused';
  return known.refusedFrom !== 'never' && isAtLeast(target, known.refusedFrom) ? 'refused' : 'ignored';
}
