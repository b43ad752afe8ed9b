/** Since when RabbitMQ knows the settings of queues, and on which types of queues they mean something. */
import type { Settings } from '../model';
import type { QueueType } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';

interface SettingFact {
  readonly key: keyof Settings;
  /** The topology's word for it. */
  readonly word: string;
  /** Absent: every series knows it. */
  readonly since?: Target;
  readonly types: readonly QueueType[];
}

const ALL: readonly QueueType[] = ['classic', 'quorum', 'stream'];
const QUEUES: readonly QueueType[] = ['classic', 'quorum'];

export const SETTING_FACTS: readonly SettingFact[] = [
  { key: 'ttlMs', word: 'ttl', types: QUEUES },
  { key: 'expiresMs', word: 'expires', types: QUEUES },
  { key: 'maxLength', word: 'maxLength', types: QUEUES },
  { key: 'maxLengthBytes', word: 'maxLengthBytes', types: ALL },
  { key: 'overflow', word: 'overflow', types: QUEUES },
  { key: 'deadLetter', word: 'deadLetter', types: QUEUES },
  { key: 'deliveryLimit', word: 'deliveryLimit', types: ['quorum'] },
  { key: 'consumerTimeoutMs', word: 'consumerTimeout', since: '3.12', types: QUEUES },
  {
    key: 'consumerDisconnectedTimeoutMs',
    word: 'consumerDisconnectedTimeout',
    since: '4.3',
    types: ['quorum'],
  },
  { key: 'leaderLocator', word: 'leaderLocator', types: ALL },
  { key: 'targetGroupSize', word: 'targetGroupSize', since: '3.13', types: ['quorum'] },
  { key: 'queueVersion', word: 'queueVersion', types: ['classic'] },
  { key: 'maxAgeMs', word: 'maxAge', types: ['stream'] },
  { key: 'maxSegmentSizeBytes', word: 'maxSegmentSize', types: ['stream'] },
  { key: 'filterSizeBytes', word: 'filterSize', since: '3.13', types: ['stream'] },
  { key: 'delayedRetry', word: 'delayedRetry', since: '4.3', types: ['quorum'] },
];

/** Whether the setting means something on a queue of this type. */
export function settingCounts({ key, types }: SettingFact, type: QueueType, target: Target): boolean {
  // The queue itself counts the time from 4.3 on, and only quorum queues do; before, it was the channel.
  if (key === 'consumerTimeoutMs' && type === 'classic') return !isAtLeast(target, '4.3');
  return types.includes(type);
}
