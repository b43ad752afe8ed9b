import type { ResolvedQueue } from '../resolve/index';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const streamLimits: Rule = {
  code: 'stream-limits',
  severity: 'error',
  title: 'A stream is durable, not auto-delete, without priorities and single active consumer.',
  reason: 'RabbitMQ refuses such a stream.',
  help: 'Remove it. A stream is limited by its size and by the age of its messages.',
  sources: [docs('streams#feature-comparison'), measured('400 over HTTP, 406 over AMQP')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      log: { type: stream, autoDelete: true }
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
  const words = [
    ...(queue.priorities === undefined ? [] : ['priorities']),
    ...(queue.singleActiveConsumer === true ? ['singleActiveConsumer'] : []),
    ...(queue.durable ? [] : ['durable']),
    ...(queue.autoDelete ? ['autoDelete'] : []),
  ];
  return words.map((word) => ({
    message: `The stream "${queue.name}" can't have this \`${word}\`.`,
    reason: 'A stream keeps its messages on disk whether they are read or not, for any number of readers.',
    help: 'Remove it.',
    path: [...queue.path, word],
    part: 'key' as const,
  }));
}
