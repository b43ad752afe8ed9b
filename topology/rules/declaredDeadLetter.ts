import type { Topology, User, Vhost } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import { comparePatterns, patternFault, patternMatches } from '../patterns/languages';
import { templateRegex } from '../patterns/template';
import type { Path } from '../source/index';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const declaredDeadLetter: Rule = {
  code: 'declared-dead-letter',
  severity: 'warning',
  title: 'Who declares a queue with a dead-letter exchange may read the queue and write to that exchange.',
  reason:
    'RabbitMQ refuses the declaration (403) to a user who could otherwise get at messages by way of their dead letters.',
  help: 'Grant read on the queue and write on the exchange (amq.default for the default exchange), or say `deadLetter` in the topology and let the application declare the queue without it.',
  sources: [
    docs('dlx#configuration'),
    measured('401 over HTTP without either; declaring again a queue that is there asks for neither'),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges: { dead: { type: fanout } }
    queues: { failed: { maxLength: 1000, bindings: [{ exchange: dead }] } }
    families:
      'basket:{id}': { declaredWith: { x-dead-letter-exchange: dead } }
users:
  shop:
    permissions:
      shop: { configure: '^basket:.+$', read: '^basket:.+$' }
`,
    good: `
vhosts:
  shop:
    exchanges: { dead: { type: fanout } }
    queues: { failed: { maxLength: 1000, bindings: [{ exchange: dead }] } }
    families:
      'basket:{id}': { declaredWith: { x-dead-letter-exchange: dead } }
users:
  shop:
    permissions:
      shop: { configure: '^basket:.+$', write: '^dead$', read: '^basket:.+$' }
`,
  },
  check: ({ topology }) => topology.vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

interface Declared {
  readonly name: string;
  /** Matches its name, or the names of the family. */
  readonly pattern: string;
  readonly exchange: string;
}

function checkVhost(vhost: Vhost, { users }: Topology): Finding[] {
  const declared = declaredQueues(vhost);
  if (declared.length === 0) return [];
  return users.flatMap((user) => declared.flatMap((each) => checkUser(user, vhost.name, each)));
}

/** Only queues that the application makes itself: declaring one again that is there needs no such permission. */
function declaredQueues(vhost: Vhost): Declared[] {
  return vhost.families.flatMap(({ template, declaredWith }) => {
    const exchange = declaredWith?.['x-dead-letter-exchange'];
    if (typeof exchange !== 'string') return [];
    return [
      {
        name: template,
        pattern: templateRegex(template),
        exchange: exchange === '' ? DEFAULT_EXCHANGE : exchange,
      },
    ];
  });
}

function checkUser({ name, permissions }: User, vhost: string, declared: Declared): Finding[] {
  return permissions
    .filter((permission) => permission.vhost === vhost && permission.isGenerated !== true)
    .flatMap(({ configure, write, read, path }) => {
      if ([configure, write, read].some((pattern) => patternFault(pattern) !== undefined)) return [];
      const example = comparePatterns(configure, declared.pattern, 'both')?.both;
      if (example === undefined) return [];
      const lacking: [word: string, object: string, path: Path][] = [];
      if (!patternMatches(read, example)) lacking.push(['read', example, [...path, 'read']]);
      if (!patternMatches(write, declared.exchange))
        lacking.push(['write', declared.exchange, [...path, 'write']]);
      return lacking.map(([word, object, at]) => ({
        message: `"${name}" may declare queues of "${declared.name}", but not with their dead-letter exchange: it lacks ${word} on "${object}".`,
        reason: 'RabbitMQ refuses such a declaration.',
        help: `Let ${word} match "${object}", or say \`deadLetter\` in the topology instead.`,
        path: at,
      }));
    });
}
