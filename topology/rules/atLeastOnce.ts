import type { ResolvedQueue } from '../resolve';
import type { Finding, Rule } from './rule';

export const atLeastOnce: Rule = {
  code: 'at-least-once',
  severity: 'error',
  title:
    'at-least-once dead-lettering needs a quorum queue, overflow reject-publish and a dead-letter target.',
  check: ({ vhosts }) => vhosts.flatMap(({ queues }) => queues.flatMap(checkQueue)),
};

function checkQueue({ queue, type, definition }: ResolvedQueue): Finding[] {
  if (definition['dead-letter-strategy'] !== 'at-least-once') return [];
  const missing = [
    ...(type === 'quorum' ? [] : [`a quorum queue (this one is ${type})`]),
    ...(definition.overflow === 'reject-publish' ? [] : ['`overflow: reject-publish`']),
    ...(definition['dead-letter-exchange'] === undefined ? ['a dead-letter queue or exchange'] : []),
  ];
  if (missing.length === 0) return [];
  return [
    {
      message: `At-least-once dead-lettering of "${queue.name}" needs ${missing.join(' and ')}.`,
      reason: 'Without it, RabbitMQ silently falls back to at-most-once: dead letters can get lost.',
      help: 'Add it, and a maxLength, since undelivered dead letters stay in the queue; or remove the strategy.',
      path: [...queue.path, 'deadLetter', 'strategy'],
    },
  ];
}
