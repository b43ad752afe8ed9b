import type { Topology } from '../model';
import { quoteList } from '../names';
import type { ResolvedVhost } from '../resolve';
import { deadLetterTargets } from './deadLetterTargets';
import type { Finding, Rule } from './rule';

export const deadLetterIntoWork: Rule = {
  code: 'dead-letter-into-work',
  severity: 'info',
  title: 'Dead letters that end in a queue which workers consume from are worked on again.',
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => worked(vhost, topology)),
};

/** One finding for each such target, however many queues feed it. */
function worked({ vhost, queues }: ResolvedVhost, { workers }: Topology): Finding[] {
  const sources = new Map<string, string[]>();
  for (const resolved of queues) {
    // Messages that wait in a delay queue, which nobody consumes from, are meant to come back.
    if (!workers.some((worker) => consumes(worker, vhost.name, resolved.queue.name))) continue;
    for (const target of deadLetterTargets(resolved, vhost)) {
      sources.set(target, [...(sources.get(target) ?? []), resolved.queue.name]);
    }
  }
  return [...sources].flatMap(([target, names]) => {
    const worker = workers.find((each) => consumes(each, vhost.name, target));
    const queue = vhost.queues.find(({ name }) => name === target);
    if (worker === undefined || queue === undefined) return [];
    return [
      {
        message: `Dead letters of ${quoteList(names, 4)} go to "${target}", and the workers "${worker.name}" consume from it.`,
        reason:
          'Expired and rejected tasks run again there, late, among fresh ones; one that always fails is lost there in the end.',
        help: 'If that is not meant, dead-letter to a queue that nobody consumes from, and look into that one.',
        path: queue.path,
        part: 'key' as const,
      },
    ];
  });
}

type Worker = Topology['workers'][number];

function consumes(worker: Worker, vhost: string, queue: string): boolean {
  return worker.vhost === vhost && worker.queues.includes(queue);
}
