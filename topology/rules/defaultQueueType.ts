import { isAtLeast } from '../target';
import { docs, measured } from './rule';
import type { Rule } from './rule';

export const defaultQueueType: Rule = {
  code: 'default-queue-type',
  severity: 'error',
  title: 'A vhost has a default queue type from 4.0 on.',
  reason:
    '3.10 ignores it, so that queues silently become classic; later 3.x series apply it to some declarations only.',
  help: 'Give each queue its `type`, or change the target.',
  sources: [
    docs('vhosts#default-queue-type'),
    measured('3.10 reports the type "undefined" and declares classic queues'),
  ],
  isAdvice: false,
  example: {
    bad: `
target: '3.13'
vhosts:
  shop:
    defaultQueueType: quorum
    queues:
      paid:
`,
    good: `
target: '3.13'
vhosts:
  shop:
    queues:
      paid: { type: quorum }
`,
  },
  check: ({ topology: { vhosts, target } }) =>
    isAtLeast(target, '4.0')
      ? []
      : vhosts
          .filter((vhost) => vhost.defaultQueueType !== undefined)
          .map(({ name, path }) => ({
            message: `The defaultQueueType of "${name}" can't be relied on with RabbitMQ ${target}.`,
            reason: 'It is reliable from 4.0 on; 3.10 ignores it, and queues would silently become classic.',
            help: 'Give each queue its `type`, or change the target.',
            path: [...path, 'defaultQueueType'],
          })),
};
