import type { Binding, Celery, User, Vhost, Worker } from '../model';
import { DEFAULT_EXCHANGE, PREDECLARED_EXCHANGES, suggestion } from '../names';
import type { Path } from '../source/index';
import { KnownNames } from './knownNames';
import { roleReferences } from './roleReferences';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const danglingReference: Rule = {
  code: 'dangling-reference',
  severity: 'error',
  title:
    'What a binding, a permission, a role, a worker or a Celery application names is defined in the topology.',
  reason:
    "RabbitMQ refuses a binding or a permission that names something that isn't there, and workers can't start without their vhost, user and queues.",
  help: 'Correct the name, or define what is missing.',
  sources: [
    docs('queues#bindings'),
    measured('a binding to nothing is 404, permissions for an unknown vhost are 400 or 404'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { bindings: [{ exchange: orders }] }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders: { type: fanout }
    queues:
      paid: { bindings: [{ exchange: orders }] }
`,
  },
  check: ({ topology }) => {
    const vhosts = new Map(topology.vhosts.map((vhost) => [vhost.name, new KnownNames(vhost)]));
    const users = new Set(topology.users.map(({ name }) => name));
    return [
      ...topology.vhosts.flatMap(checkVhost),
      ...topology.users.flatMap((user) => checkUser(user, vhosts)),
      ...roleReferences(topology),
      ...topology.workers.flatMap((worker) => checkWorker(worker, vhosts, users)),
    ];
  },
};

function checkVhost(vhost: Vhost): Finding[] {
  const known = new KnownNames(vhost);
  return [
    ...[...vhost.queues, ...vhost.exchanges].flatMap(({ bindings }) =>
      bindings.flatMap((binding) => checkBinding(known, binding)),
    ),
    ...(vhost.celery === undefined ? [] : checkCelery(known, vhost.celery)),
  ];
}

/** Celery refuses to send a task to a queue that its settings don't have, and an exchange that isn't there drops it. */
function checkCelery(known: KnownNames, { path, tasks, exchange }: Celery): Finding[] {
  return [
    ...Object.entries(tasks).flatMap(([task, queue]) =>
      known.missingQueue(queue, [...path, 'tasks', task], 'tasks'),
    ),
    ...(exchange === undefined || exchange === DEFAULT_EXCHANGE || exchange === ''
      ? []
      : checkCeleryExchange(known, exchange, [...path, 'exchange'])),
  ];
}

/** The application's settings say how its exchange is declared, and that stands in the topology only. */
function checkCeleryExchange(known: KnownNames, exchange: string, path: Path): Finding[] {
  if (!PREDECLARED_EXCHANGES.includes(exchange)) return known.missingExchange(exchange, path, 'tasks');
  return [
    {
      message: `"${exchange}" is an exchange of RabbitMQ's own: it can't be that of a Celery application.`,
      reason: 'Every other application may bind queues to it, which would get the tasks, too.',
      help: 'Define one, e.g. `tasks: { type: topic }` below `exchanges:`, and name that.',
      path,
    },
  ];
}

function checkBinding(known: KnownNames, { exchange, path }: Binding): Finding[] {
  if (exchange !== '' && exchange !== DEFAULT_EXCHANGE)
    return known.missingExchange(exchange, [...path, 'exchange'], 'messages');
  return [
    {
      message: 'The default exchange takes no bindings.',
      reason: 'It routes to every queue by its name already.',
      help: 'Remove the binding, or name another exchange.',
      path: [...path, 'exchange'],
    },
  ];
}

function missingVhost(names: ReadonlySet<string>, name: string, path: Path): Finding[] {
  if (names.has(name)) return [];
  return [
    {
      message: `There is no vhost "${name}".`,
      help: suggestion(name, [...names], 'vhost'),
      path,
      part: 'key',
    },
  ];
}

function checkUser(
  { permissions, roles, topicPermissions }: User,
  vhosts: ReadonlyMap<string, KnownNames>,
): Finding[] {
  const names = new Set(vhosts.keys());
  return [
    ...[...permissions, ...roles, ...topicPermissions].flatMap(({ vhost, path }) =>
      missingVhost(names, vhost, path),
    ),
    ...topicPermissions.flatMap(({ vhost, exchanges }) =>
      exchanges.flatMap(({ exchange, path }) =>
        (vhosts.get(vhost)?.missingExchange(exchange, path, 'permissions') ?? []).map((finding): Finding => ({
          ...finding,
          part: 'key',
        })),
      ),
    ),
  ];
}

function checkWorker(
  { path, vhost: vhostName, queues, user }: Worker,
  vhosts: ReadonlyMap<string, KnownNames>,
  users: ReadonlySet<string>,
): Finding[] {
  const unknownUser: Finding[] =
    user === undefined || users.has(user)
      ? []
      : [
          {
            message: `There is no user "${user}".`,
            reason: 'The workers could not log in.',
            help: suggestion(user, [...users], 'user'),
            path: [...path, 'user'],
          },
        ];
  if (vhostName === undefined) return unknownUser;
  const vhost = vhosts.get(vhostName);
  if (vhost === undefined) {
    const missing = missingVhost(new Set(vhosts.keys()), vhostName, [...path, 'vhost']);
    return [...missing.map((finding): Finding => ({ ...finding, part: 'value' })), ...unknownUser];
  }
  const unknownQueues = queues
    .flatMap((name, index) => vhost.missingQueue(name, [...path, 'queues', index], 'tasks'))
    .map((finding): Finding => ({
      ...finding,
      reason: 'The workers would wait for messages that never come.',
    }));
  return [...unknownQueues, ...unknownUser];
}
