import { docs } from './rule';
import type { Rule } from './rule';

export const guestUser: Rule = {
  code: 'guest-user',
  severity: 'error',
  title: 'guest is not a user of a topology.',
  reason: 'Its name and password are known to everyone, and it works on the loopback interface only.',
  help: 'Name a user for each application; guest is deleted once the administrator works.',
  sources: [docs('access-control#default-state'), docs('production-checklist#users')],
  isAdvice: false,
  example: {
    bad: `
users:
  guest:
`,
    good: `
users:
  shop:
`,
  },
  check: ({ topology: { users } }) =>
    users
      .filter(({ name }) => name === 'guest')
      .map(({ path }) => ({
        message: 'The user "guest" can\'t be part of a topology.',
        reason: 'Its name and password are known to everyone, and it works on the loopback interface only.',
        help: 'Name a user for each application; guest is deleted once the administrator works.',
        path,
        part: 'key',
      })),
};
