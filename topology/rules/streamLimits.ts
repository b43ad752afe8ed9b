import type { ResolvedQueue } from '../resolve';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

/** Settings that RabbitMQ refuses, or ignores, on a stream. */
const STREAM_REFUSES = ['ttl', 'expires', 'maxLength', 'overflow', 'deadLetter', 'deliveryLimit'] as const;
const SETTING_KEYS = { ttl: 'ttlMs', expires: 'expiresMs' } as const;

export const streamLimits: Rule = {
  code: 'stream-limits',
  severity: 'error',
  title: 'A stream is durable and has no queue semantics such as TTL, dead letters or priorities.',
  reason:
    'A stream keeps its messages whether they are read or not: what belongs to queues is refused, or ignored, on it.',
  help: 'Remove it. A stream is limited by its size and by the age of its messages.',
  sources: [docs('streams#feature-comparison')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      log: { type: stream, ttl: 1h }
`,
    good: `
vhosts:
  shop:
    queues:
      log: { type: stream, maxLengthBytes: 1GB }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(({ queues }) => queues.flatMap(checkStream)),
};

function checkStream({ queue, type }: ResolvedQueue): Finding[] {
  if (type !== 'stream') return [];
  const words: string[] = STREAM_REFUSES.filter((word) => {
    const key = word === 'ttl' || word === 'expires' ? SETTING_KEYS[word] : word;
    return queue.settings[key] !== undefined;
  });
  if (queue.priorities !== undefined) words.push('priorities');
  if (queue.singleActiveConsumer === true) words.push('singleActiveConsumer');
  if (!queue.durable) words.push('durable');
  if (queue.autoDelete) words.push('autoDelete');
  return words.map((word) => ({
    message: `The stream "${queue.name}" can't have this \`${word}\`.`,
    reason: 'A stream keeps its messages whether they are read or not.',
    help: 'Remove it. A stream is limited by `maxLengthBytes`, or by `arguments: { x-max-age: 7D }`.',
    path: [...queue.path, word],
    part: 'key' as const,
  }));
}
