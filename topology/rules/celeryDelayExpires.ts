import { taskQueues } from '../celery';
import type { Policy, Topology, Vhost } from '../model';
import { winningPolicy } from '../resolve/index';
import type { ResolvedVhost } from '../resolve/index';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const celeryDelayExpires: Rule = {
  code: 'celery-delay-expires',
  severity: 'error',
  title: "No policy and no quota deletes the queues in which Celery's tasks wait.",
  reason:
    'On quorum queues, tasks with a countdown, an ETA or a retry wait in queues that nobody ever consumes from: `expires` deletes them, and such tasks are then lost without a trace.',
  help: 'Take `expires` away, or let the pattern leave out celery_delayed_0 to celery_delayed_27.',
  sources: [
    docs('ttl#queue-ttl'),
    measured(
      'Celery 5.6.2 on 4.3: all 28 queues are gone after the time, and a task with a countdown never runs',
    ),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    celery: { exchange: tasks, tasks: { '*': default } }
    quotas: { expires: 1d }
    exchanges: { tasks: { type: topic } }
    queues:
      default: { replicated: true }
users:
  shop: { roles: { shop: { celery: [default] } } }
`,
    good: `
vhosts:
  shop:
    celery: { exchange: tasks, tasks: { '*': default } }
    quotas: { maxLength: 100000 }
    exchanges: { tasks: { type: topic } }
    queues:
      default: { replicated: true }
users:
  shop: { roles: { shop: { celery: [default] } } }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

const DELAY_QUEUES = Array.from({ length: 28 }, (_, level) => `celery_delayed_${level}`);

function checkVhost({ vhost, queues }: ResolvedVhost, topology: Topology): Finding[] {
  if (vhost.celery?.exchange === undefined) return [];
  const tasks = new Set(taskQueues(topology, vhost).map(({ name }) => name));
  if (!queues.some(({ queue, type }) => type === 'quorum' && tasks.has(queue.name))) return [];
  return [vhost.policies, vhost.operatorPolicies].flatMap((policies) => {
    const winners = DELAY_QUEUES.flatMap((name) => winningPolicy(policies, name, 'quorum') ?? []);
    return [...new Set(winners)]
      .filter(({ definition }) => 'expires' in definition)
      .map((policy) => finding(policy, vhost));
  });
}

function finding(policy: Policy, vhost: Vhost): Finding {
  // Quotas are one policy, and go into the explicit ones: both may hold their `expires`.
  const isQuota = policy.isGenerated === true;
  return {
    message: `${isQuota ? 'The quotas delete' : `The policy "${policy.name}" deletes`} the queues in which tasks of "${vhost.name}" wait.`,
    help: isQuota
      ? 'Take `expires` out of the quotas, and set it on the queues that it is meant for.'
      : 'Let its pattern leave out celery_delayed_0 to celery_delayed_27.',
    path: isQuota ? [...policy.path, 'expires'] : policy.path,
    ...(isQuota ? {} : { part: 'key' as const }),
  };
}
