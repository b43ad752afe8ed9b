import { quorumObstacle } from '../replication';
import type { ResolvedQueue } from '../resolve';
import type { Path } from '../source';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import type { Finding, Rule } from './rule';

export const quorumLimits: Rule = {
  code: 'quorum-limits',
  severity: 'error',
  title: 'A quorum queue is durable, not auto-delete, without classic-only arguments and reject-publish-dlx.',
  check: ({ topology: { target }, vhosts }) =>
    vhosts.flatMap(({ queues }) => queues.flatMap((queue) => checkQuorum(queue, target))),
};

function checkQuorum({ queue, type, definition }: ResolvedQueue, target: Target): Finding[] {
  if (type !== 'quorum') return [];
  const inherited =
    definition.overflow === 'reject-publish-dlx' && queue.settings.overflow === undefined
      ? 'a policy gives it the overflow reject-publish-dlx'
      : undefined;
  const obstacle = quorumObstacle(queue, target) ?? inherited;
  if (obstacle === undefined) return [];
  return [
    {
      message: `"${queue.name}" can't be a quorum queue: ${obstacle}.`,
      reason: 'RabbitMQ refuses such a quorum queue, or ignores the property.',
      help:
        queue.type === undefined
          ? 'Say `type: classic`, or remove that property.'
          : 'Remove that property, or the type.',
      path: offender(queue.path, obstacle),
      part: 'key',
    },
  ];
}

/** The key that the obstacle is about; where it isn't the queue's own, the queue. */
function offender(path: Path, obstacle: string): Path {
  if (obstacle.includes('policy gives')) return path;
  if (obstacle.includes('not durable')) return [...path, 'durable'];
  if (obstacle.includes('autoDelete')) return [...path, 'autoDelete'];
  if (obstacle.includes('overflow')) return [...path, 'overflow'];
  if (obstacle.includes('priorities')) return [...path, 'priorities'];
  return path;
}

/** Settings that RabbitMQ refuses, or ignores, on a stream. */
const STREAM_REFUSES = ['ttl', 'expires', 'maxLength', 'overflow', 'deadLetter', 'deliveryLimit'] as const;
const SETTING_KEYS = { ttl: 'ttlMs', expires: 'expiresMs' } as const;

export const streamLimits: Rule = {
  code: 'stream-limits',
  severity: 'error',
  title: 'A stream is durable and has no queue semantics such as TTL, dead letters or priorities.',
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

export const deliveryLimit: Rule = {
  code: 'delivery-limit',
  severity: 'warning',
  title: 'A delivery limit works on quorum queues; -1 (no limit) from 4.0 on.',
  check: ({ topology: { target }, vhosts }) =>
    vhosts.flatMap(({ queues, families }) => [
      ...queues.flatMap(({ queue, type }) => [
        ...(queue.settings.deliveryLimit === undefined || type !== 'classic'
          ? []
          : [
              {
                message: `The deliveryLimit of "${queue.name}" has no effect: it is a classic queue.`,
                reason:
                  'Only quorum queues count deliveries: a message that always fails comes back for ever.',
                help: 'Say `type: quorum` or `replicated: true`, or remove it.',
                path: [...queue.path, 'deliveryLimit'],
              },
            ]),
        ...unlimited(queue.settings.deliveryLimit, queue.path, target),
      ]),
      ...families.flatMap(({ family }) => unlimited(family.settings.deliveryLimit, family.path, target)),
    ]),
};

function unlimited(limit: number | undefined, path: Path, target: Target): Finding[] {
  if (limit !== -1 || isAtLeast(target, '4.0')) return [];
  return [
    {
      message: `RabbitMQ ${target} takes no delivery limit of -1.`,
      help: 'Remove it: before 4.0, deliveries are not limited unless a limit is given.',
      path: [...path, 'deliveryLimit'],
      severity: 'error',
    },
  ];
}
