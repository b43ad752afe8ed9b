import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const queueLimit: Rule = {
  code: 'queue-limit',
  severity: 'error',
  title: 'A vhost has room for the queues that are listed in it.',
  reason: 'RabbitMQ refuses the queues over the limit: the topology could never be applied as a whole.',
  help: 'Raise `maxQueues`, with room for the queues that applications declare; -1 is no limit.',
  sources: [docs('vhosts#queue-limits'), measured('400: queue limit in vhost … is reached')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    limits: { maxQueues: 1 }
    queues: { paid: , sent: }
`,
    good: `
vhosts:
  shop:
    limits: { maxQueues: 10 }
    queues: { paid: , sent: }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ name, limits, queues, path }): Finding[] => {
      const max = limits?.maxQueues ?? -1;
      if (max < 0 || queues.length <= max) return [];
      return [
        {
          message: `The vhost "${name}" may have ${max} queues, and the topology lists ${queues.length}.`,
          reason: 'RabbitMQ would refuse the others.',
          help: 'Raise `maxQueues`; -1 is no limit.',
          path: [...path, 'limits', 'maxQueues'],
        },
      ];
    }),
};
