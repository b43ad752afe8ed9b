import type { Topology, Worker } from '../model';
import type { Path } from '../source/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const connectionLimit: Rule = {
  code: 'connection-limit',
  severity: 'warning',
  title: 'A connection limit has room for all workers.',
  reason:
    'Each worker needs a connection at least: those over the limit are refused, start again and are refused again.',
  help: 'Raise `maxConnections`, with room for publishers and for the old and the new workers during a roll-out; -1 is no limit.',
  sources: [docs('vhosts#limits'), docs('user-limits')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    limits: { maxConnections: 5 }
    queues: { paid: }
workers:
  shop: { vhost: shop, queues: [paid], replicas: 10 }
`,
    good: `
vhosts:
  shop:
    limits: { maxConnections: 50 }
    queues: { paid: }
workers:
  shop: { vhost: shop, queues: [paid], replicas: 10 }
`,
  },
  check: ({ topology: { vhosts, users, workers } }) => [
    ...full(
      'vhost',
      vhosts,
      workersOf(workers, ({ vhost }) => vhost),
    ),
    ...full(
      'user',
      users,
      workersOf(workers, ({ user }) => user),
    ),
  ],
};

/** The most that there can be, by what they have in common. */
export function workersOf(
  workers: readonly Worker[],
  ownerOf: (worker: Worker) => string | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const worker of workers) {
    const name = ownerOf(worker);
    const count = worker.autoscale?.max ?? worker.replicas ?? 1;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}

type Limited = (Topology['vhosts'] | Topology['users'])[number];

function full(what: string, owners: readonly Limited[], counts: ReadonlyMap<string, number>): Finding[] {
  return owners.flatMap(({ name, limits, path }): Finding[] => {
    const [max, workers] = [limits?.maxConnections ?? -1, counts.get(name) ?? 0];
    // Of a limit that shuts everyone out, another rule speaks.
    if (max <= 0 || workers <= max) return [];
    const at: Path = [...path, 'limits', 'maxConnections'];
    return [
      {
        message: `The ${what} "${name}" may have ${max} connections, and there can be ${workers} workers.`,
        reason: 'RabbitMQ would refuse the workers over the limit.',
        help: 'Raise `maxConnections`, or lower the number of workers.',
        path: at,
      },
    ];
  });
}
