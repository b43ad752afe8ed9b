import { workersOf } from './connectionLimit';
import { docs } from './rule';
import type { Rule } from './rule';

export const rotationHeadroom: Rule = {
  code: 'rotation-headroom',
  severity: 'info',
  title: "A vhost's connection limit has room for a rotation.",
  reason:
    'While logins rotate, clients that are deployed anew are there twice for a while, with the old login and with the new one. What comes over the limit is refused, and the rotation waits for it.',
  help: 'Let `maxConnections` be twice what the workers need, and room for publishers. Limits of users need no such room: each generation of a login is a user of its own.',
  sources: [docs('vhosts#limits')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    limits: { maxConnections: 12 }
    queues: { paid: }
workers:
  shop: { vhost: shop, queues: [paid], replicas: 10 }
`,
    good: `
vhosts:
  shop:
    limits: { maxConnections: 30 }
    queues: { paid: }
workers:
  shop: { vhost: shop, queues: [paid], replicas: 10 }
`,
  },
  check: ({ topology: { vhosts, workers } }) => {
    const needed = workersOf(workers, ({ vhost }) => vhost);
    return vhosts.flatMap(({ name, limits, path }) => {
      const [max, count] = [limits?.maxConnections ?? -1, needed.get(name) ?? 0];
      // Where there is no room for them even once, another rule speaks.
      if (max <= 0 || max < count || max >= 2 * count) return [];
      return [
        {
          message: `The vhost "${name}" may have ${max} connections, and there can be ${count} workers, twice as many for a while when their logins rotate.`,
          reason: 'RabbitMQ would refuse those over the limit.',
          help: `Let \`maxConnections\` be ${2 * count} at least.`,
          path: [...path, 'limits', 'maxConnections'],
        },
      ];
    });
  },
};
