import type { User } from '../model';
import { comparePatterns, isAnchored, patternFault } from '../patterns/languages';
import type { Path } from '../source/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const unanchoredPermission: Rule = {
  code: 'unanchored-permission',
  severity: 'warning',
  title: 'A permission matches whole names.',
  reason: 'RabbitMQ searches the expression anywhere in a name: the user may do more than was meant.',
  help: 'Anchor it with ^ and $; to allow a prefix, end it with .*$',
  sources: [docs('access-control#authorisation')],
  isAdvice: true,
  example: {
    bad: `
vhosts: { shop: {} }
users:
  shop:
    permissions:
      shop: { read: paid }
`,
    good: `
vhosts: { shop: {} }
users:
  shop:
    permissions:
      shop: { read: '^paid$' }
`,
  },
  check: ({ topology: { users } }) => users.flatMap((user) => grants(user).flatMap(checkGrant)),
};

interface Grant {
  readonly pattern: string;
  readonly path: Path;
}

function grants({ permissions }: User): Grant[] {
  return permissions
    .filter(({ isGenerated }) => isGenerated !== true)
    .flatMap(({ path, configure, write, read }) =>
      Object.entries({ configure, write, read }).map(([key, pattern]) => ({ pattern, path: [...path, key] })),
    );
}

function checkGrant({ pattern, path }: Grant): Finding[] {
  // RabbitMQ reads an empty permission as "nothing".
  if (pattern === '' || patternFault(pattern) !== undefined) return [];
  if (isAnchored(pattern) === true) return [];
  const anchored = `^(?:${pattern})$`;
  const comparison = comparePatterns(pattern, anchored);
  if (comparison === undefined) {
    if (pattern.startsWith('^') && pattern.endsWith('$')) return [];
  } else if (comparison.onlyA === undefined) return [];
  const example = comparison?.onlyA === undefined ? '' : `, "${comparison.onlyA}" for example`;
  return [
    {
      message: `This permission matches more than whole names${example}.`,
      reason: 'RabbitMQ searches the expression anywhere in a name.',
      help: `Anchor it: '${pattern.includes('|') ? `^(${pattern.replace(/^\^|\$$/g, '')})$` : `^${pattern.replace(/^\^|\$$/g, '')}$`}'; to allow a prefix, end it with .*$`,
      path,
    },
  ];
}
