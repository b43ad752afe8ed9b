import type { Queue, Vhost } from '../model';
import type { ResolvedQueue } from '../resolve/index';
import { effective } from './effective';
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
  check: ({ vhosts }) =>
    vhosts.flatMap(({ vhost, queues }) => queues.flatMap((queue) => checkQueue(queue, vhost))),
};

function checkQueue(resolved: ResolvedQueue, vhost: Vhost): Finding[] {
  const { queue, type } = resolved;
  const value = (key: string): unknown => effective(resolved, vhost, key);
  // Arguments of the wrong type of queue are refused: another rule says so.
  const isSaid = value('dead-letter-strategy') === 'at-least-once';
  const isRefused = type !== 'quorum' && isArgument(queue);
  if (!isSaid || isRefused) return [];
  const missing = [
    ...(type === 'quorum' ? [] : [`a quorum queue (this one is ${type})`]),
    ...(value('overflow') === 'reject-publish' ? [] : ['`overflow: reject-publish`']),
    ...(value('dead-letter-exchange') === undefined ? ['a dead-letter queue or exchange'] : []),
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

function isArgument({ arguments: given, declaredWith }: Queue): boolean {
  return 'x-dead-letter-strategy' in { ...given, ...declaredWith };
}
