import type { ResolvedVhost } from '../resolve/index';
import { effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const unboundedAtLeastOnce: Rule = {
  code: 'unbounded-at-least-once',
  severity: 'warning',
  title: 'A queue with at-least-once dead-lettering has a length limit.',
  reason:
    'Dead letters stay in the queue, and in memory, until their target has confirmed them: when it can not, they pile up without end.',
  help: 'Add a maxLength or maxLengthBytes: publishers are refused when it is reached (reject-publish).',
  sources: [docs('quorum-queues#activating-at-least-once-dead-lettering')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
        type: quorum
        overflow: reject-publish
        deadLetter: { queue: failed, strategy: at-least-once }
      failed: { type: quorum }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
        type: quorum
        maxLength: 10000
        overflow: reject-publish
        deadLetter: { queue: failed, strategy: at-least-once }
      failed: { type: quorum }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(checkVhost),
};

function checkVhost({ vhost, queues }: ResolvedVhost): Finding[] {
  return queues
    .filter(
      (resolved) =>
        resolved.type === 'quorum' &&
        // A retry chooses its strategy itself.
        resolved.queue.retry === undefined &&
        resolved.queue.isGenerated !== true &&
        effective(resolved, vhost, 'dead-letter-strategy') === 'at-least-once' &&
        effective(resolved, vhost, 'max-length') === undefined &&
        effective(resolved, vhost, 'max-length-bytes') === undefined,
    )
    .map(({ queue }) => ({
      message: `"${queue.name}" keeps its dead letters until they are confirmed, and has no length limit.`,
      reason: 'While their target is away or full, they pile up in memory without end.',
      help: 'Add a maxLength or maxLengthBytes.',
      path: [...queue.path, 'deadLetter', 'strategy'],
    }));
}
