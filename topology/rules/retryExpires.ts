import type { Vhost } from '../model';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { delayQueues, saying, speakerOf } from './delayQueues';
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
  const { vhost } = resolved;
  const deleted = delayQueues(resolved).filter((each) => effective(each, vhost, 'expires') !== undefined);
  // One finding for each place that says so, or for each retry where none does alone.
  const findings = deleted.map((each) => finding(each, vhost));
  const byPath = new Map(findings.reverse().map((each) => [JSON.stringify(each.path), each]));
  return [...byPath.values()];
}

function finding(resolved: ResolvedQueue, vhost: Vhost): Finding {
  const speaker = speakerOf(resolved, vhost, 'expires', 'expires');
  const { help, path, part } = speaker;
  return {
    message: `${saying(speaker, 'delete')} the queue "${resolved.queue.name}", in which messages wait for their next attempt.`,
    help,
    path,
    ...(part === undefined ? {} : { part }),
  };
}
