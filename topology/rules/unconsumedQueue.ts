import type { Topology } from '../model';
import type { ResolvedVhost } from '../resolve/index';
import { Access, shovelled, workersByQueue } from './consumers';
import { deadLetterTargets } from './deadLetterTargets';
import { drainsItself, effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const unconsumedQueue: Rule = {
  code: 'unconsumed-queue',
  severity: 'warning',
  title: 'Somebody consumes from a queue, or it empties itself.',
  reason:
    'What nobody reads and nothing limits grows until the disk or the memory of the broker is full, and then all publishers are blocked.',
  help: 'Add a worker or a consumer role, or a ttl or maxLength; or remove the queue.',
  sources: [docs('production-checklist'), docs('maxlength')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
      copies:
users:
  shop: { roles: { shop: { consumer: [paid] } } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
      copies: { maxLength: 1000 }
users:
  shop: { roles: { shop: { consumer: [paid] } } }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

/** Only where the topology says who consumes: elsewhere nothing can be told. */
function checkVhost({ vhost, queues }: ResolvedVhost, topology: Topology): Finding[] {
  const consuming = workersByQueue(topology.workers, vhost.name);
  const saysWho = topology.users.some(({ roles }) =>
    roles.some((role) => role.vhost === vhost.name && role.consumer.length + role.owner.length > 0),
  );
  const access = new Access(topology, vhost.name);
  // Workers without a user may log in as anybody.
  const areWorkersKnown = consuming.size > 0 && access.permissions.length > 0;
  if (!saysWho && !areWorkersKnown) return [];
  const taken = shovelled(vhost);
  // Whoever looks into dead letters often does it as an administrator, whom the topology doesn't know.
  const forDeadLetters = new Set(queues.flatMap((each) => [...deadLetterTargets(each, vhost)]));
  return queues.flatMap((resolved) => {
    const { queue, type } = resolved;
    if (consuming.has(queue.name) || taken.has(queue.name) || forDeadLetters.has(queue.name)) return [];
    // Another rule speaks of delay queues, and another one of streams.
    if (type === 'stream' || effective(resolved, vhost, 'dead-letter-exchange') !== undefined) return [];
    if (drainsItself(resolved, vhost) || access.mayRead(queue.name)) return [];
    return [
      {
        message: `Nobody may consume from "${queue.name}", and nothing limits it.`,
        reason: 'Its messages stay until the broker has no room left.',
        help: 'Add a worker or a consumer role, or a ttl or maxLength; or remove the queue.',
        path: queue.path,
        part: 'key' as const,
      },
    ];
  });
}
