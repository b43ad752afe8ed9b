import type { Arguments } from '../objects';
import type { ResolvedQueue } from '../resolve/index';
import type { Path } from '../source/index';
import type { Target } from '../target';
import { QUEUE_ARGUMENTS, argumentFate } from './queueArguments';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const argumentType: Rule = {
  code: 'argument-type',
  severity: 'error',
  title: 'The arguments of a queue belong to its type.',
  reason: 'RabbitMQ refuses a queue with an argument that its type, or this series, does not have.',
  help: 'Remove the argument, or change the type of the queue.',
  sources: [
    docs('quorum-queues#feature-comparison'),
    docs('streams#feature-comparison'),
    measured('400 over HTTP, 406 over AMQP: invalid arg … of queue type …'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-max-age: 7D } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-queue-type: stream, x-max-age: 7D } }
`,
  },
  check: ({ topology: { target }, vhosts }) =>
    vhosts.flatMap(({ queues }) => queues.flatMap((queue) => checkQueue(queue, target))),
};

function checkQueue(resolved: ResolvedQueue, target: Target): Finding[] {
  const { queue } = resolved;
  return [
    ...refused(queue.declaredWith ?? {}, [...queue.path, 'declaredWith'], resolved, target),
    ...refused(queue.arguments, [...queue.path, 'arguments'], resolved, target),
    ...(queue.initialClusterSize === undefined || resolved.type !== 'classic'
      ? []
      : [
          {
            message: `"${queue.name}" is a classic queue, and has no \`initialClusterSize\`.`,
            reason: 'RabbitMQ refuses the argument: a classic queue has no copies.',
            help: 'Remove it, or say `replicated: true`.',
            path: [...queue.path, 'initialClusterSize'],
            part: 'key' as const,
          },
        ]),
  ];
}

function refused(given: Arguments, path: Path, { queue, type }: ResolvedQueue, target: Target): Finding[] {
  return Object.keys(given)
    .filter((key) => argumentFate(key, type, target) === 'refused')
    .map((key) => {
      const types = QUEUE_ARGUMENTS[key]?.types ?? [];
      return {
        message: `"${queue.name}" is a ${type} queue, and RabbitMQ ${target} refuses "${key}" on it.`,
        reason: 'The queue could not be made.',
        help: types.includes(type) ? 'Remove it.' : `Remove it, or say \`type: ${types.join('` or `')}\`.`,
        path: [...path, key],
        part: 'key' as const,
      };
    });
}
