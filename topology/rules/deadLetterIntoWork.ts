import type { Topology } from '../model';
import { quoteList } from '../names';
import type { ResolvedVhost } from '../resolve/index';
import { workersByQueue } from './consumers';
import { deadLetterTargets } from './deadLetterTargets';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterIntoWork: Rule = {
  code: 'dead-letter-into-work',
  severity: 'info',
  title: 'Dead letters that end in a queue which workers consume from are worked on again.',
  reason:
    'Expired and rejected tasks run again there, late, among fresh ones; one that always fails is lost there in the end.',
  help: 'If that is not meant, dead-letter to a queue that nobody consumes from, and look into that one.',
  sources: [docs('dlx')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: default } }
      default:
workers:
  shop: { vhost: shop, queues: [paid, default] }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
workers:
  shop: { vhost: shop, queues: [paid] }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => worked(vhost, topology)),
};

/** One finding for each such target, however many queues feed it. */
function worked({ vhost, queues }: ResolvedVhost, { workers }: Topology): Finding[] {
  const consuming = workersByQueue(workers, vhost.name);
  const sources = new Map<string, string[]>();
  for (const resolved of queues) {
    // Messages that wait in a delay queue, which nobody consumes from, are meant to come back.
    if (!consuming.has(resolved.queue.name)) continue;
    for (const target of deadLetterTargets(resolved, vhost)) {
      const names = sources.get(target);
      if (names === undefined) sources.set(target, [resolved.queue.name]);
      else names.push(resolved.queue.name);
    }
  }
  return vhost.queues.flatMap((queue) => {
    const names = sources.get(queue.name);
    const [worker] = consuming.get(queue.name) ?? [];
    if (worker === undefined || names === undefined) return [];
    return [
      {
        message: `Dead letters of ${quoteList(names, 4)} go to "${queue.name}", and the workers "${worker.name}" consume from it.`,
        reason:
          'Expired and rejected tasks run again there, late, among fresh ones; one that always fails is lost there in the end.',
        help: 'If that is not meant, dead-letter to a queue that nobody consumes from, and look into that one.',
        path: queue.path,
        part: 'key' as const,
      },
    ];
  });
}
