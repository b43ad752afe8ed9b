import { declaredDeadLetterExchange } from '../expand/ownership';
import type { Role } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import { RoleNames } from '../roleNames';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const roleOpensQueues: Rule = {
  code: 'role-opens-queues',
  severity: 'warning',
  title: 'An owner does not get to every queue of the vhost for the sake of its dead letters.',
  reason:
    'To declare a queue whose dead letters go through the default exchange takes write on amq.default, and with it anybody can send to every queue.',
  help: 'Say `deadLetter` in the topology, where it becomes a policy, and let the application declare the queue without it; or let the dead letters go through an exchange of their own.',
  sources: [docs('dlx'), measured('declaring such a queue takes write on amq.default')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      failed:
    families:
      'basket:{id}':
        declaredWith: { x-dead-letter-exchange: '', x-dead-letter-routing-key: failed }
users:
  shop:
    roles: { shop: { owner: ['basket:{id}'] } }
`,
    good: `
vhosts:
  shop:
    queues:
      failed:
    families:
      'basket:{id}': { deadLetter: { queue: failed } }
users:
  shop:
    roles: { shop: { owner: ['basket:{id}'] } }
`,
  },
  check: ({ topology: { vhosts, users } }) => {
    const known = new Map(vhosts.map((vhost) => [vhost.name, new RoleNames(vhost)]));
    return users.flatMap(({ name, roles }) =>
      roles.flatMap((role) => {
        const names = known.get(role.vhost);
        return names === undefined ? [] : checkRole(name, role, names);
      }),
    );
  },
};

function checkRole(user: string, role: Role, names: RoleNames): Finding[] {
  const isOpenAnyway =
    role.publisher.includes(DEFAULT_EXCHANGE) || role.celery.length > 0 || role.administrator;
  if (isOpenAnyway) return [];
  return role.owner.flatMap((name, index): Finding[] => {
    if (declaredDeadLetterExchange(names.find(name)) !== '') return [];
    return [
      {
        message: `As owner of "${name}", "${user}" may send to every queue of the vhost "${role.vhost}".`,
        reason:
          'It declares dead letters through the default exchange, which takes write on amq.default, and that reaches every queue.',
        help: 'Say `deadLetter` in the topology, where it becomes a policy, and let the application declare the queue without it; or let the dead letters go through an exchange of their own.',
        path: [...role.path, 'owner', index],
      },
    ];
  });
}
