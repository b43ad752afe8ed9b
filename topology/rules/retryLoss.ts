import type { Vhost } from '../model';
import type { ArgumentValue } from '../objects';
import type { ResolvedQueue } from '../resolve/index';
import { winningPolicy } from '../resolve/index';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const retryLoss: Rule = {
  code: 'retry-loss',
  severity: 'error',
  title: 'Nothing but a rejection takes a message to the delay queues of a ladder.',
  reason:
    'RabbitMQ drops what comes back to a queue without having been rejected on the way: it would be gone when its delay is over.',
  help: 'Say `method: stages`, where no message comes back to the same queue, or remove the ttl, drop-head limit or delivery limit.',
  sources: [docs('dlx'), measured('an expired message, and one over its delivery limit, don’t come back.')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { ttl: 1h, retry: { attempts: 3, delay: 1s }, deadLetter: { queue: failed } }
      failed:
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { ttl: 1h, retry: { attempts: 3, delay: 1s, method: stages }, deadLetter: { queue: failed } }
      failed:
`,
  },
  check: ({ vhosts }) =>
    vhosts.flatMap(({ vhost, queues }) => queues.flatMap((queue) => checkQueue(queue, vhost))),
};

/**
 * RabbitMQ drops a message that comes back to a queue by dead-lettering unless it was rejected on the way (measured on
 * 3.10, 4.0 and 4.3: an expired message, and one that reached its delivery limit, are gone when their delay is over).
 */
function checkQueue(resolved: ResolvedQueue, vhost: Vhost): Finding[] {
  const { queue } = resolved;
  const isLadder =
    queue.retry?.method === 'ladder' && queue.settings.deadLetter?.exchange === `${queue.name}.retry`;
  const cause = isLadder ? otherDeath(resolved, vhost) : undefined;
  if (cause === undefined) return [];
  return [
    {
      message: `The retry of "${queue.name}" would lose messages: ${cause.what}.`,
      reason:
        'RabbitMQ drops what comes back to a queue without having been rejected on the way: such a message is gone when its delay is over.',
      help: `Say \`method: stages\`, where no message comes back to the same queue, or ${cause.help}.`,
      path: [...queue.path, 'retry'],
      part: 'key',
    },
  ];
}

interface Cause {
  readonly what: string;
  readonly help: string;
}

function otherDeath({ queue, type, definition }: ResolvedQueue, vhost: Vhost): Cause | undefined {
  const operator = winningPolicy(vhost.operatorPolicies, queue.name, type)?.definition ?? {};
  const given = { ...queue.arguments, ...queue.declaredWith };
  const value = (key: string): ArgumentValue | undefined =>
    given[`x-${key}`] ?? definition[key] ?? operator[key];
  if (value('message-ttl') !== undefined) {
    return { what: 'its messages expire, too', help: 'remove the ttl' };
  }
  const isLimited = value('max-length') !== undefined || value('max-length-bytes') !== undefined;
  if (isLimited && (value('overflow') ?? 'drop-head') !== 'reject-publish') {
    return { what: 'it drops its oldest messages when it is full', help: 'say `overflow: reject-publish`' };
  }
  const limit = value('delivery-limit');
  if (type === 'quorum' && limit !== undefined && limit !== -1) {
    return { what: 'it has a delivery limit', help: 'remove the limit' };
  }
  return undefined;
}
