import { workersByQueue } from './consumers';
import { docs } from './rule';
import type { Finding, Rule } from './rule';
import type { Topology } from '../model';
import type { ResolvedVhost } from '../resolve/index';

export const expiresOnWorkerQueue: Rule = {
  code: 'expires-on-worker-queue',
  severity: 'error',
  title: 'A queue that workers consume from does not expire.',
  reason:
    'A queue without consumers counts as unused: workers scaled to zero would delete it with its messages.',
  help: 'Remove `expires`; to let messages expire, say `ttl`.',
  sources: [docs('ttl#queue-ttl'), docs('quorum-queues#feature-comparison')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { expires: 5m }
workers:
  shop: { vhost: shop, queues: [paid] }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { ttl: 5m }
workers:
  shop: { vhost: shop, queues: [paid] }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => onWorkerQueues(vhost, topology)),
};

function onWorkerQueues({ vhost, queues }: ResolvedVhost, { workers }: Topology): Finding[] {
  const consuming = workersByQueue(workers, vhost.name);
  return queues.flatMap(({ queue, definition }) => {
    const [worker] = consuming.get(queue.name) ?? [];
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
