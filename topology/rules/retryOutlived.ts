import type { Vhost } from '../model';
import type { ResolvedQueue } from '../resolve/index';
import { formatDuration } from '../units';
import { effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const retryOutlived: Rule = {
  code: 'retry-outlived',
  severity: 'warning',
  title: 'A queue with a retry is still there when its messages come back.',
  reason:
    'While a message waits for its next attempt, the queue may be deleted: with its last consumer, or as unused. What comes back then is lost without a trace.',
  help: 'Leave out `autoDelete`, and let `expires` be longer than the longest delay.',
  sources: [docs('queues#properties'), docs('ttl#queue-ttl')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { expires: 1m, retry: { attempts: 3, delay: 5m }, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { expires: 1d, retry: { attempts: 3, delay: 5m }, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
`,
  },
  check: ({ vhosts }) =>
    vhosts.flatMap(({ vhost, queues }) => queues.flatMap((resolved) => checkQueue(resolved, vhost))),
};

function checkQueue(resolved: ResolvedQueue, vhost: Vhost): Finding[] {
  const { queue } = resolved;
  if (queue.retry === undefined || queue.isGenerated === true) return [];
  const lost = 'What waits for its next attempt then comes back to no queue, and is lost without a trace.';
  const at = { path: [...queue.path, 'retry'], part: 'key' as const };
  if (queue.autoDelete) {
    return [
      {
        ...at,
        message: `"${queue.name}" is deleted with its last consumer, also while messages wait for their next attempt.`,
        reason: lost,
        help: 'Leave out `autoDelete`, or the `retry`.',
      },
    ];
  }
  const delayMsMax = Math.max(...queue.retry.delaysMs);
  const expiresMs = effective(resolved, vhost, 'expires');
  if (typeof expiresMs !== 'number' || delayMsMax < expiresMs) return [];
  return [
    {
      ...at,
      message: `"${queue.name}" is deleted after ${formatDuration(expiresMs)} without a consumer, and its messages wait up to ${formatDuration(delayMsMax)}.`,
      reason: lost,
      help: 'Let `expires` be longer than the longest delay, or leave it out.',
    },
  ];
}
