import { winningPolicy } from '../resolve/index';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const retryExpires: Rule = {
  code: 'retry-expires',
  severity: 'error',
  title: 'No policy and no quota deletes the queues in which retries wait.',
  reason:
    'Nobody ever consumes from the delay queues of a retry, so `expires` deletes them, with the messages that wait there; from then on every rejected message is lost.',
  help: 'Take `expires` out of the quotas or the policy, and set it on the queues that it is meant for.',
  sources: [docs('ttl#queue-ttl')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    quotas: { expires: 1d }
    queues:
      paid: { retry: { attempts: 3, delay: 1s }, deadLetter: { queue: failed } }
      failed:
`,
    good: `
vhosts:
  shop:
    families:
      'basket:{id}': { expires: 1d }
    queues:
      paid: { retry: { attempts: 3, delay: 1s }, deadLetter: { queue: failed } }
      failed:
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(checkVhost),
};

function checkVhost(resolved: ResolvedVhost): Finding[] {
  const { vhost, queues } = resolved;
  if (queues.every(({ queue }) => queue.retry === undefined)) return [];
  const stages = new Set(queues.flatMap(({ queue }) => queue.stages ?? []));
  const deleted = queues.filter(
    (each) => isDelayQueue(each, stages) && effective(each, vhost, 'expires') !== undefined,
  );
  // One finding for each place that says so, or for each retry where none does alone.
  const findings = deleted.map((each) => finding(each, resolved));
  const byPath = new Map(findings.reverse().map((each) => [JSON.stringify(each.path), each]));
  return [...byPath.values()];
}

function isDelayQueue({ queue }: ResolvedQueue, stages: ReadonlySet<string>): boolean {
  return queue.isGenerated === true && queue.settings.ttlMs !== undefined && !stages.has(queue.name);
}

function finding({ queue, type }: ResolvedQueue, { vhost }: ResolvedVhost): Finding {
  const policy = [vhost.operatorPolicies, vhost.policies]
    .map((policies) => winningPolicy(policies, queue.name, type))
    .find((winner) => winner !== undefined && 'expires' in winner.definition);
  const isQuota = policy?.isGenerated === true;
  const who = isQuota
    ? 'The quotas delete'
    : policy === undefined
      ? 'An expiry deletes'
      : `The policy "${policy.name}" deletes`;
  return {
    message: `${who} the queue "${queue.name}", in which messages wait for their next attempt.`,
    help: isQuota
      ? 'Take `expires` out of the quotas, and set it on the queues that it is meant for.'
      : `Let it leave out "${queue.name}".`,
    path: isQuota ? [...policy.path, 'expires'] : (policy?.path ?? queue.path),
    ...(isQuota ? { part: 'key' as const } : {}),
  };
}
