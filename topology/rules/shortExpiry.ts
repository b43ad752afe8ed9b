import type { ResolvedVhost } from '../resolve/index';
import { formatDuration } from '../units';
import { effective } from './effective';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const shortExpiry: Rule = {
  code: 'short-expiry',
  severity: 'error',
  title: 'A listed queue lives for a minute at least while nobody uses it.',
  reason:
    'A topology is applied object by object: a queue that is gone before it is bound makes the rest of it fail.',
  help: 'Say 1m or more; a queue that lives for a moment is declared by its application, and described as a family.',
  sources: [docs('ttl#queue-ttl'), measured('binding an expired queue fails: not_found')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { expires: 1s }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { expires: 1h }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(checkVhost),
};

const EXPIRY_MIN_MS = 60_000;

function checkVhost({ vhost, queues }: ResolvedVhost): Finding[] {
  return queues.flatMap((resolved) => {
    const { queue } = resolved;
    // It stands in no file: there is no place for a longer expiry.
    if (queue.isGenerated === true) return [];
    const expiresMs = effective(resolved, vhost, 'expires');
    // An expiry of 0 is refused as such.
    if (typeof expiresMs !== 'number' || expiresMs <= 0 || expiresMs >= EXPIRY_MIN_MS) return [];
    return [
      {
        message: `"${queue.name}" vanishes after ${formatDuration(expiresMs)} without use.`,
        reason: 'It could be gone before the topology is applied to the end.',
        help: 'Say 1m or more, or describe it as a family if its application declares it.',
        path: [...queue.path, 'expires'],
      },
    ];
  });
}
