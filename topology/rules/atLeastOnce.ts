import type { ResolvedQueue } from '../resolve';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const atLeastOnce: Rule = {
  code: 'at-least-once',
  severity: 'error',
  title:
    'at-least-once dead-lettering needs a quorum queue, overflow reject-publish and a dead-letter target.',
  reason:
    "Otherwise RabbitMQ silently falls back to at-most-once: a dead letter that can't be delivered is lost.",
  help: 'Add what is missing, and a maxLength, since undelivered dead letters stay in the queue; or remove the strategy.',
  sources: [docs('quorum-queues#activating-at-least-once-dead-lettering')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, deadLetter: { queue: failed, strategy: at-least-once } }
      failed: { type: quorum }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
        type: quorum
        maxLength: 10000
        overflow: reject-publish
        deadLetter: { queue: failed, strategy: at-least-once }
      failed: { type: quorum }
`,
  },
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
