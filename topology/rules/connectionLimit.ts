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
  check: ({ topology }) => {
    const [byVhost, byUser] = [new Map<string, number>(), new Map<string, number>()];
    for (const worker of topology.workers) {
      add(byVhost, worker.vhost, worker);
      add(byUser, worker.user, worker);
    }
    return [...full('vhost', topology.vhosts, byVhost), ...full('user', topology.users, byUser)];
  },
};

function add(counts: Map<string, number>, name: string | undefined, { replicas, autoscale }: Worker): void {
  if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + (autoscale?.max ?? replicas ?? 1));
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
