import type { Role } from '../model';
import { LANGUAGE } from './rule';
import type { Finding, Rule } from './rule';

export const emptyRole: Rule = {
  code: 'empty-role',
  severity: 'warning',
  title: 'A role says what its user may do.',
  reason: 'The user could enter the vhost and do nothing there.',
  help: 'Add what it is for, or remove the role; `monitor: true` is for who only looks.',
  sources: [LANGUAGE],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
users:
  api:
    roles: { shop: { consumer: [] } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
users:
  api:
    roles: { shop: { consumer: [paid] } }
`,
  },
  check: ({ topology: { users } }) =>
    users.flatMap(({ name, roles }) => roles.flatMap((role) => checkRole(name, role))),
};

function checkRole(user: string, role: Role): Finding[] {
  const { path, vhost, publisher, subscriber, consumer, owner, celery, monitor, administrator } = role;
  if (subscriber.length > 0 && owner.length === 0) {
    return [
      {
        message: `"${user}" has no queue that it could bind.`,
        reason: 'A binding takes an exchange to read from, and a queue of its own.',
        help: 'Name the queue or the family under owner.',
        path: [...path, 'subscriber'],
      },
    ];
  }
  const uses = [publisher, subscriber, consumer, owner, celery];
  if (monitor || administrator || uses.some(({ length }) => length > 0)) return [];
  return [
    {
      message: `The role of "${user}" in the vhost "${vhost}" is empty.`,
      reason: 'The user could enter the vhost and do nothing there.',
      help: 'Add what it is for, or remove the role; `monitor: true` is for who only looks.',
      path,
      part: 'key',
    },
  ];
}
