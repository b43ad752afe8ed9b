import type { User, Vhost, Worker } from '../model';
import { comparePatterns, patternFault, patternMatches } from '../patterns/languages';
import { templateRegex } from '../patterns/template';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const workerPermission: Rule = {
  code: 'worker-permission',
  severity: 'error',
  title: 'The user of a worker may consume from its queues.',
  reason: 'RabbitMQ would refuse the workers (403): they would start, fail and start again.',
  help: 'Add the queues to the consumer role of the user, or let its read permission match them.',
  sources: [docs('access-control#authorisation')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues: { paid: }
users:
  shop:
    permissions:
      shop: { write: '^amq\\.default$' }
workers:
  shop: { vhost: shop, user: shop, queues: [paid] }
`,
    good: `
vhosts:
  shop:
    queues: { paid: }
users:
  shop: { roles: { shop: { consumer: [paid] } } }
workers:
  shop: { vhost: shop, user: shop, queues: [paid] }
`,
  },
  check: ({ topology }) => {
    const users = new Map(topology.users.map((user) => [user.name, user]));
    const vhosts = new Map(topology.vhosts.map((vhost) => [vhost.name, vhost]));
    return topology.workers.flatMap((worker) => checkWorker(worker, users, vhosts));
  },
};

function checkWorker(
  worker: Worker,
  users: ReadonlyMap<string, User>,
  vhosts: ReadonlyMap<string, Vhost>,
): Finding[] {
  const user = users.get(worker.user ?? '');
  const vhost = vhosts.get(worker.vhost ?? '');
  // What isn't there is another rule's.
  if (user === undefined || vhost === undefined) return [];
  const permission = user.permissions.find((each) => each.vhost === vhost.name);
  if (permission === undefined) {
    return [
      {
        message: `The workers "${worker.name}" log in as "${user.name}", which may not enter the vhost "${vhost.name}".`,
        reason: 'RabbitMQ would refuse the connection.',
        help: `Give "${user.name}" a role, or permissions, in "${vhost.name}".`,
        path: [...worker.path, 'user'],
      },
    ];
  }
  const { read } = permission;
  if (patternFault(read) !== undefined) return [];
  const templates = new Set(vhost.families.map(({ template }) => template));
  return worker.queues.flatMap((name, index) => {
    const mayRead = templates.has(name) ? coversFamily(read, name) : patternMatches(read, name);
    if (mayRead) return [];
    return [
      {
        message: `The workers "${worker.name}" log in as "${user.name}", which may not consume from "${name}".`,
        reason: 'RabbitMQ would refuse them.',
        help: `Add "${name}" to the consumer role of "${user.name}", or let its read permission match it.`,
        path: [...worker.path, 'queues', index],
      },
    ];
  });
}

function coversFamily(read: string, template: string): boolean {
  const comparison = comparePatterns(read, templateRegex(template), 'onlyB');
  return comparison?.onlyB === undefined;
}
