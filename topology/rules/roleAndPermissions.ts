import { LANGUAGE, docs } from './rule';
import type { Rule } from './rule';

export const roleAndPermissions: Rule = {
  code: 'role-and-permissions',
  severity: 'error',
  title: 'A user has either a role or permissions in a vhost.',
  reason: 'RabbitMQ keeps one set of permissions per user and vhost: one of the two would be lost.',
  help: 'Keep one of the two; several uses can stand in one role.',
  sources: [LANGUAGE, docs('access-control#authorisation')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { type: fanout }
users:
  api:
    permissions: { shop: { read: '^$' } }
    roles: { shop: { publisher: [orders] } }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders: { type: fanout }
users:
  api:
    roles: { shop: { publisher: [orders] } }
`,
  },
  check: ({ topology: { users } }) =>
    users.flatMap(({ name, permissions, roles }) => {
      const explicit = new Set(
        permissions.filter(({ isGenerated }) => isGenerated !== true).map(({ vhost }) => vhost),
      );
      return roles
        .filter(({ vhost }) => explicit.has(vhost))
        .map(({ path, vhost }) => ({
          message: `"${name}" has permissions in the vhost "${vhost}" already.`,
          reason: 'RabbitMQ keeps one set of permissions per user and vhost: one of the two would be lost.',
          help: 'Remove the permissions, or the role.',
          path,
          part: 'key' as const,
        }));
    }),
};
