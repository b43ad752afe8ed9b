import type { Topology } from '../model';
import type { ResolvedVhost } from '../resolve/index';
import { Access, shovelled, workersByQueue } from './consumers';
import { drainsItself, effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const mixedDelays: Rule = {
  code: 'mixed-delays',
  severity: 'warning',
  title: 'A delay queue has one delay.',
  reason:
    'Messages expire at the head of a queue only: one with a long TTL of its own holds up all the shorter ones behind it.',
  help: 'Give the queue a `ttl`, and make one queue for each delay; or say `retry`, or `delayedRetry` on 4.3.',
  sources: [docs('ttl#per-message-ttl-caveats'), docs('quorum-queues')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: paid.later } }
      paid.later: { deadLetter: { queue: paid } }
users:
  shop: { roles: { shop: { consumer: [paid] } } }
workers:
  shop: { vhost: shop, user: shop, queues: [paid] }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: paid.later } }
      paid.later: { ttl: 1m, deadLetter: { queue: paid } }
users:
  shop: { roles: { shop: { consumer: [paid] } } }
workers:
  shop: { vhost: shop, user: shop, queues: [paid] }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

/** Only where the workers are known, and nobody may read the queue: then its messages can leave by expiring only. */
function checkVhost({ vhost, queues }: ResolvedVhost, topology: Topology): Finding[] {
  const consuming = workersByQueue(topology.workers, vhost.name);
  if (consuming.size === 0) return [];
  const access = new Access(topology, vhost.name);
  const taken = shovelled(vhost);
  return queues.flatMap((resolved) => {
    const { queue } = resolved;
    if (consuming.has(queue.name) || taken.has(queue.name)) return [];
    if (effective(resolved, vhost, 'dead-letter-exchange') === undefined) return [];
    if (drainsItself(resolved, vhost) || access.mayRead(queue.name)) return [];
    return [
      {
        message: `"${queue.name}" hands its messages on when they expire, and has no ttl.`,
        reason:
          'Nobody may read it, so every message must bring a TTL of its own; one with a long TTL holds up all that wait behind it.',
        help: 'Give it a `ttl`, and make one queue for each delay.',
        path: queue.path,
        part: 'key' as const,
      },
    ];
  });
}
