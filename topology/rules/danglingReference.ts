import type { Binding, Topology, User, Vhost, Worker } from '../model';
import { suggestion } from '../names';
import { templateMatches } from '../patterns/template';
import type { Path } from '../source';
import type { Finding, Rule } from './rule';

/** Exchanges that RabbitMQ itself declares in every vhost. */
const PREDECLARED = [
  'amq.direct',
  'amq.fanout',
  'amq.headers',
  'amq.match',
  'amq.topic',
  'amq.rabbitmq.trace',
];

export const danglingReference: Rule = {
  code: 'dangling-reference',
  severity: 'error',
  title: 'Whatever is referred to must be defined in the same file.',
  check: ({ topology }) => [
    ...topology.vhosts.flatMap(checkVhost),
    ...topology.users.flatMap((user) => checkUser(user, topology)),
    ...topology.workers.flatMap((worker) => checkWorker(worker, topology)),
  ],
};

function checkVhost(vhost: Vhost): Finding[] {
  const owners = [...vhost.queues, ...vhost.families];
  return [
    ...owners.flatMap(({ path, settings: { deadLetter } }) => [
      ...missingQueue(vhost, deadLetter?.queue, [...path, 'deadLetter', 'queue'], 'dead letters'),
      ...missingExchange(vhost, deadLetter?.exchange, [...path, 'deadLetter', 'exchange'], 'dead letters'),
    ]),
    ...vhost.exchanges.flatMap(({ path, alternate }) =>
      missingExchange(vhost, alternate, [...path, 'alternate'], 'unroutable messages'),
    ),
    ...[...vhost.queues, ...vhost.exchanges].flatMap(({ bindings }) =>
      bindings.flatMap((binding) => checkBinding(vhost, binding)),
    ),
    ...[...vhost.policies, ...vhost.operatorPolicies].flatMap(({ path, definition }) =>
      ['dead-letter-exchange', 'alternate-exchange'].flatMap((key) => {
        const exchange = definition[key];
        if (typeof exchange !== 'string' || exchange === '') return [];
        return missingExchange(vhost, exchange, [...path, 'definition', key], 'messages');
      }),
    ),
  ];
}

function checkBinding(vhost: Vhost, { exchange, path }: Binding): Finding[] {
  if (exchange !== '') return missingExchange(vhost, exchange, [...path, 'exchange'], 'messages');
  return [
    {
      message: 'The default exchange takes no bindings.',
      reason: 'It routes to every queue by its name already.',
      help: 'Remove the binding, or name another exchange.',
      path: [...path, 'exchange'],
    },
  ];
}

function missingQueue(vhost: Vhost, name: string | undefined, path: Path, what: string): Finding[] {
  if (name === undefined || knowsQueue(vhost, name)) return [];
  return [
    {
      message: `There is no queue "${name}" in the vhost "${vhost.name}".`,
      reason: `The ${what} would be lost without a trace.`,
      help: suggestion(
        name,
        vhost.queues.map((queue) => queue.name),
        'queue',
      ),
      path,
    },
  ];
}

function missingExchange(vhost: Vhost, name: string | undefined, path: Path, what: string): Finding[] {
  const names = vhost.exchanges.map((exchange) => exchange.name);
  if (name === undefined || names.includes(name) || PREDECLARED.includes(name)) return [];
  return [
    {
      message: `There is no exchange "${name}" in the vhost "${vhost.name}".`,
      reason: `The ${what} would go nowhere.`,
      help: suggestion(name, names, 'exchange'),
      path,
    },
  ];
}

function knowsQueue(vhost: Vhost, name: string): boolean {
  return (
    vhost.queues.some((queue) => queue.name === name) ||
    vhost.families.some(({ template }) => template === name || templateMatches(template, name))
  );
}

function missingVhost(topology: Topology, name: string, path: Path): Finding[] {
  const names = topology.vhosts.map((vhost) => vhost.name);
  if (names.includes(name)) return [];
  return [
    { message: `There is no vhost "${name}".`, help: suggestion(name, names, 'vhost'), path, part: 'key' },
  ];
}

function checkUser({ permissions, topicPermissions }: User, topology: Topology): Finding[] {
  return [
    ...[...permissions, ...topicPermissions].flatMap(({ vhost, path }) =>
      missingVhost(topology, vhost, path),
    ),
    ...topicPermissions.flatMap(({ vhost: vhostName, exchanges }) => {
      const vhost = topology.vhosts.find(({ name }) => name === vhostName);
      if (vhost === undefined) return [];
      return exchanges.flatMap(({ exchange, path }) =>
        missingExchange(vhost, exchange, path, 'permissions').map((finding): Finding => ({
          ...finding,
          part: 'key',
        })),
      );
    }),
  ];
}

function checkWorker({ path, vhost: vhostName, queues, user }: Worker, topology: Topology): Finding[] {
  const users = topology.users.map(({ name }) => name);
  const unknownUser: Finding[] =
    user === undefined || users.includes(user)
      ? []
      : [
          {
            message: `There is no user "${user}".`,
            reason: 'The workers could not log in.',
            help: suggestion(user, users, 'user'),
            path: [...path, 'user'],
          },
        ];
  if (vhostName === undefined) return unknownUser;
  const vhost = topology.vhosts.find(({ name }) => name === vhostName);
  if (vhost === undefined) {
    const missing = missingVhost(topology, vhostName, [...path, 'vhost']);
    return [...missing.map((finding): Finding => ({ ...finding, part: 'value' })), ...unknownUser];
  }
  const unknownQueues = queues
    .map((name, index) => missingQueue(vhost, name, [...path, 'queues', index], 'tasks'))
    .flat()
    .map((finding): Finding => ({
      ...finding,
      reason: 'The workers would wait for messages that never come.',
    }));
  return [...unknownQueues, ...unknownUser];
}
