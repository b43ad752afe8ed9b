import { isAtLeast } from '../target';
import { docs, measured } from './rule';
import type { Rule } from './rule';
import { areTransientQueuesRefused } from './transientRefused';

export const transientQueue: Rule = {
  code: 'transient-queue',
  severity: 'warning',
  title: 'Transient (not durable) queues are deprecated.',
  reason:
    'Such a queue is gone after a restart of its node, and RabbitMQ deprecates it: where the deprecated feature is switched off, it is refused.',
  help: 'Make it durable; for short-lived queues, add `expires`.',
  sources: [
    docs('queues#durability'),
    'https://www.rabbitmq.com/release-information/deprecated-features-list',
    measured('4.3 still permits it by default'),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { durable: false }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
`,
  },
  check: ({ topology }) =>
    areTransientQueuesRefused(topology)
      ? []
      : topology.vhosts.flatMap(({ queues, families }) => [
          ...queues
            .filter(({ durable }) => !durable)
            .map(({ name, path }) => ({
              message: `The queue "${name}" is not durable.`,
              reason:
                'It is gone after a restart of its node, and RabbitMQ deprecates such queues: where they are switched off, they are refused.',
              help: 'Make it durable; for short-lived queues, add `expires`.',
              path: [...path, 'durable'],
            })),
          // The application declares these: the topology can't change it, only tell.
          ...families
            .filter(({ durable }) => !durable && isAtLeast(topology.target, '4.0'))
            .map(({ template, path }) => ({
              message: `The queues of the family "${template}" are not durable.`,
              reason: `RabbitMQ ${topology.target} still allows such queues unless they are switched off; a later series will not.`,
              help: 'Let the application declare them durable, with an expiry, when it can be changed.',
              path: [...path, 'durable'],
              severity: 'info' as const,
            })),
        ]),
};
