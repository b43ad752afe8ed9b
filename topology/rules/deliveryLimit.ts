import type { Path } from '../source';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deliveryLimit: Rule = {
  code: 'delivery-limit',
  severity: 'warning',
  title: 'A delivery limit works on quorum queues; -1 (no limit) from 4.0 on.',
  reason: 'Only quorum queues count deliveries: elsewhere a message that always fails comes back for ever.',
  help: 'Say `type: quorum` or `replicated: true`, or remove it.',
  sources: [docs('quorum-queues#poison-message-handling')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { type: classic, deliveryLimit: 5 }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, deliveryLimit: 5, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
`,
  },
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
