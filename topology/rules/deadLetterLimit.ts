import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { isAtLeast } from '../target';
import { deadLetterTargets } from './deadLetterTargets';
import { effective } from './effective';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterLimit: Rule = {
  code: 'dead-letter-limit',
  severity: 'warning',
  title: 'A quorum queue of dead letters keeps those that were delivered too often.',
  reason:
    'On RabbitMQ 4.3 a dead letter brings the count of its deliveries along. What died by its delivery limit is over that of the next quorum queue (20, unless told otherwise): the first look into it that gives it back loses it.',
  help: 'Say `deliveryLimit: -1` of the queue with the dead letters.',
  sources: [
    docs('quorum-queues#poison-message-handling'),
    measured('a dead letter that was got and given back in a quorum queue of 4.3 was gone'),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, deadLetter: { queue: failed } }
      failed: { type: quorum, maxLength: 1000 }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, deadLetter: { queue: failed } }
      failed: { type: quorum, maxLength: 1000, deliveryLimit: -1 }
`,
  },
  check: ({ topology, vhosts }) => (isAtLeast(topology.target, '4.3') ? vhosts.flatMap(checkVhost) : []),
};

function checkVhost({ vhost, queues }: ResolvedVhost): Finding[] {
  const isLimited = (resolved: ResolvedQueue): boolean => {
    const limit = effective(resolved, vhost, 'delivery-limit');
    return resolved.type === 'quorum' && !(typeof limit === 'number' && limit < 0);
  };
  const limited = queues.filter(isLimited);
  return limited.flatMap((resolved) => {
    const { queue } = resolved;
    // Where they go on from there, they don't stay to be looked at.
    if (queue.isGenerated === true || deadLetterTargets(resolved, vhost).size > 0) return [];
    const origin = limited.find((other) => deadLetterTargets(other, vhost).has(queue.name));
    if (origin === undefined) return [];
    return [
      {
        message: `Dead letters of "${origin.queue.name}" that were delivered too often are lost in "${queue.name}" at the first look.`,
        reason: 'They bring the count of their deliveries along, and this queue has a limit as well.',
        help: 'Say `deliveryLimit: -1` of it.',
        path: queue.path,
        part: 'key' as const,
      },
    ];
  });
}
