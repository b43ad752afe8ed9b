import type { Topology } from '../model';
import type { ResolvedVhost } from '../resolve';
import type { Finding, Rule } from './rule';

export const expires: Rule = {
  code: 'expires',
  severity: 'error',
  title: 'An expiry is over 0, and never on a queue that workers consume from.',
  check: ({ topology, vhosts }) =>
    vhosts.flatMap((vhost) => [...zero(vhost), ...onWorkerQueues(vhost, topology)]),
};

function zero({ vhost }: ResolvedVhost): Finding[] {
  return [...vhost.queues, ...vhost.families]
    .filter(({ settings }) => settings.expiresMs === 0)
    .map(({ path }) => ({
      message: 'A queue expiry must be more than 0.',
      reason: 'RabbitMQ refuses a queue that would vanish as soon as it is unused.',
      help: 'Remove it to keep the queue, or say e.g. 5m.',
      path: [...path, 'expires'],
    }));
}

function onWorkerQueues({ vhost, queues }: ResolvedVhost, { workers }: Topology): Finding[] {
  return queues.flatMap(({ queue, definition }) => {
    const worker = workers.find((each) => each.vhost === vhost.name && each.queues.includes(queue.name));
    const expiresMs = definition.expires ?? queue.declaredWith?.['x-expires'] ?? queue.arguments['x-expires'];
    if (worker === undefined || expiresMs === undefined) return [];
    return [
      {
        message: `"${queue.name}" expires, and the workers "${worker.name}" consume from it.`,
        reason:
          'A queue without consumers counts as unused: workers scaled to zero would delete it with its messages.',
        help: 'Remove `expires`; to let messages expire, say `ttl`.',
        path: [...queue.path, 'expires'],
      },
    ];
  });
}
