import { quorumPropertyObstacle } from '../resolve/replication';
import type { ResolvedQueue } from '../resolve/index';
import type { Path } from '../source/index';
import type { Target } from '../target';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const quorumLimits: Rule = {
  code: 'quorum-limits',
  severity: 'error',
  title: 'A quorum queue is durable, not auto-delete, without reject-publish-dlx.',
  reason: 'RabbitMQ refuses such a quorum queue, or ignores the property.',
  help: 'Remove that property, or say `type: classic`.',
  sources: [
    docs('quorum-queues#feature-comparison'),
    measured('400 over HTTP, 406 over AMQP; priorities are ignored before 4.3, and so is reject-publish-dlx'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, autoDelete: true }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { type: quorum }
`,
  },
  check: ({ topology: { target }, vhosts }) =>
    vhosts.flatMap(({ queues }) => queues.flatMap((queue) => checkQuorum(queue, target))),
};

function checkQuorum({ queue, type, definition }: ResolvedQueue, target: Target): Finding[] {
  if (type !== 'quorum') return [];
  const inherited =
    definition.overflow === 'reject-publish-dlx' && queue.settings.overflow === undefined
      ? 'a policy gives it the overflow reject-publish-dlx'
      : undefined;
  const obstacle = quorumPropertyObstacle(queue, target) ?? inherited;
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
