import type { Topology } from '../model';
import type { ResolvedVhost } from '../resolve/index';
import { isAtLeast } from '../target';
import { workersByQueue } from './consumers';
import { effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deliveryLimitLoss: Rule = {
  code: 'delivery-limit-loss',
  severity: 'warning',
  title: 'A quorum queue that workers consume from dead-letters what it gives up on.',
  reason:
    'Since 4.0 a quorum queue gives a message up after 20 deliveries that failed: without a dead-letter target it is gone.',
  help: 'Add a `deadLetter`, or say with `deliveryLimit` how often is enough (-1: try for ever).',
  sources: [docs('quorum-queues#poison-message-handling')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { type: quorum }
workers:
  shop: { vhost: shop, queues: [paid] }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, deadLetter: { queue: failed } }
      failed: { type: quorum, maxLength: 1000 }
workers:
  shop: { vhost: shop, queues: [paid] }
`,
  },
  check: ({ topology, vhosts }) =>
    isAtLeast(topology.target, '4.0') ? vhosts.flatMap((vhost) => checkVhost(vhost, topology)) : [],
};

function checkVhost({ vhost, queues }: ResolvedVhost, { workers }: Topology): Finding[] {
  const consuming = workersByQueue(workers, vhost.name);
  return queues.flatMap((resolved) => {
    const { queue, type } = resolved;
    const [worker] = consuming.get(queue.name) ?? [];
    if (worker === undefined || type !== 'quorum') return [];
    // Whoever says how often has thought of it.
    const isSaid = ['delivery-limit', 'dead-letter-exchange'].some(
      (key) => effective(resolved, vhost, key) !== undefined,
    );
    if (isSaid) return [];
    return [
      {
        message: `A message that fails 20 times in "${queue.name}" is lost.`,
        reason: `The workers "${worker.name}" consume from it, and it has no dead-letter target: RabbitMQ drops what it gives up on.`,
        help: 'Add a `deadLetter`, or say with `deliveryLimit` how often is enough (-1: try for ever).',
        path: queue.path,
        part: 'key' as const,
      },
    ];
  });
}
