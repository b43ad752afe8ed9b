import type { User } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import { patternFault, patternMatches } from '../patterns/languages';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const openDefaultExchange: Rule = {
  code: 'open-default-exchange',
  severity: 'info',
  title: 'Who may write to the default exchange reaches every queue.',
  reason:
    'RabbitMQ checks the default exchange under the name amq.default, and it routes to any queue by its name: no permission limits which.',
  help: 'Let the user publish to an exchange of its own that is bound to the queues it is for.',
  sources: [docs('access-control#authorisation'), docs('exchanges#default-exchange')],
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
`,
    good: `
vhosts:
  shop:
    exchanges: { orders: }
    queues: { paid: { bindings: [{ exchange: orders, routingKey: paid }] } }
users:
  shop:
    permissions:
      shop: { write: '^orders$' }
`,
  },
  check: ({ topology: { users } }) => users.flatMap(checkUser),
};

/** Two names that no pattern with a purpose has in common: who may write to both may write to everything. */
const ANY_NAMES = ['~any~', '0123456789'];

function checkUser({ name, tags, permissions }: User): Finding[] {
  if (tags.includes('administrator')) return [];
  return permissions
    .filter(
      ({ write, isGenerated }) =>
        isGenerated !== true &&
        patternFault(write) === undefined &&
        patternMatches(write, DEFAULT_EXCHANGE) &&
        !ANY_NAMES.every((any) => patternMatches(write, any)),
    )
    .map(({ vhost, path }) => ({
      message: `"${name}" may send to every queue of the vhost "${vhost}".`,
      reason:
        'Its write permission matches amq.default, the default exchange, which routes to any queue by its name.',
      help: 'Let it publish to an exchange of its own that is bound to the queues it is for.',
      path: [...path, 'write'],
    }));
}
