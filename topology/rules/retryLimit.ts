import type { ArgumentValue } from '../objects';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { formatDuration } from '../units';
import { delayQueues, saying, speakerOf } from './delayQueues';
import type { Speaker } from './delayQueues';
import { effective } from './effective';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const retryLimit: Rule = {
  code: 'retry-limit',
  severity: 'warning',
  title: 'No policy, family or quota limits the queues in which retries wait.',
  reason:
    'Messages would come back before their delay is over, or be lost: a delay queue that refuses what is too much loses it, unless the queue before it hands on at least once.',
  help: 'Let the policy or family leave out the delay queues, and set the limit on the queues that it is meant for.',
  sources: [docs('maxlength'), docs('dlx'), measured('dead letters that a full queue refuses are gone')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { retry: { attempts: 3, delay: 1s }, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
    operatorPolicies:
      all: { pattern: '^paid\\.', definition: { message-ttl: 500 } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { retry: { attempts: 3, delay: 1s }, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(checkVhost),
};

function checkVhost(resolved: ResolvedVhost): Finding[] {
  const findings = delayQueues(resolved).flatMap((delay) => [
    ...tooShort(delay, resolved),
    ...tooFew(delay, resolved),
  ]);
  // One for each place that says so, however many delays it is about.
  return [...new Map(findings.reverse().map((each) => [JSON.stringify(each.path), each])).values()];
}

function tooShort(delay: ResolvedQueue, { vhost }: ResolvedVhost): Finding[] {
  const { name, settings } = delay.queue;
  const ttlMs = effective(delay, vhost, 'message-ttl');
  if (settings.ttlMs === undefined || typeof ttlMs !== 'number' || ttlMs >= settings.ttlMs) return [];
  const speaker = speakerOf(delay, vhost, 'message-ttl', 'ttl');
  const [meant, real] = [settings.ttlMs, ttlMs].map(formatDuration);
  return [
    findingOf(speaker, {
      message: `${saying(speaker, 'let')} messages leave "${name}" after ${real}, not after ${meant}.`,
      reason: 'The retry would come before its delay is over.',
    }),
  ];
}

function tooFew(delay: ResolvedQueue, resolved: ResolvedVhost): Finding[] {
  const { vhost } = resolved;
  const key = ['max-length', 'max-length-bytes'].find((each) => delay.definition[each] !== undefined);
  const limit = ['max-length', 'max-length-bytes'].find(
    (each) => effective(delay, vhost, each) !== undefined,
  );
  if (limit === undefined) return [];
  const speaker = speakerOf(delay, vhost, limit, limit === 'max-length' ? 'maxLength' : 'maxLengthBytes');
  const limits = `${saying(speaker, 'limit')} "${delay.queue.name}"`;
  if (refuses(effective(delay, vhost, 'overflow')) && !isConfirmed(delay, resolved)) {
    return [
      {
        ...findingOf(speaker, {
          message: `${limits}, which refuses the messages of the retry when it is full.`,
          reason: 'A dead letter that is refused is lost.',
        }),
        severity: 'error',
      },
    ];
  }
  // A quota is a net below everything; here it lets the oldest messages come back early, and loses none.
  if (key === undefined || refuses(effective(delay, vhost, 'overflow'))) return [];
  return [
    findingOf(speaker, {
      message: `${limits}: when it is full, its oldest messages come back at once.`,
      reason: 'The retry would come before its delay is over.',
    }),
  ];
}

function refuses(overflow: ArgumentValue | undefined): boolean {
  return overflow === 'reject-publish' || overflow === 'reject-publish-dlx';
}

/** Whether the queue whose retry it is keeps a dead letter until the delay queue has taken it. */
function isConfirmed({ queue: { path } }: ResolvedQueue, { vhost, queues }: ResolvedVhost): boolean {
  const owner = queues.find(({ queue }) => queue.retry?.path === path);
  return owner !== undefined && effective(owner, vhost, 'dead-letter-strategy') === 'at-least-once';
}

function findingOf(
  { help, path, part }: Speaker,
  { message, reason }: Pick<Finding, 'message' | 'reason'>,
): Finding {
  return {
    message,
    ...(reason === undefined ? {} : { reason }),
    help,
    path,
    ...(part === undefined ? {} : { part }),
  };
}
