import { isAtLeast } from '../target';
import type { Rule } from './rule';

export const defaultQueueType: Rule = {
  code: 'default-queue-type',
  severity: 'error',
  title: 'A vhost has a default queue type from 4.0 on.',
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
