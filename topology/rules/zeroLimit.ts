import type { Path } from '../source/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const zeroLimit: Rule = {
  code: 'zero-limit',
  severity: 'warning',
  title: 'A limit of 0 shuts everyone out.',
  reason: '0 allows none; it does not mean "no limit".',
  help: 'Say -1, or remove the limit, for no limit.',
  sources: [docs('vhosts#limits'), docs('user-limits')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    limits: { maxConnections: 0 }
`,
    good: `
vhosts:
  shop:
    limits: { maxConnections: 500 }
`,
  },
  check: ({ topology: { vhosts, users } }) => [
    ...vhosts.flatMap(({ name, path, limits }) => zeros(`the vhost "${name}"`, limits, path)),
    ...users.flatMap(({ name, path, limits }) => zeros(`the user "${name}"`, limits, path)),
  ],
};

function zeros(owner: string, limits: Readonly<Record<string, number>> | undefined, path: Path): Finding[] {
  return Object.entries(limits ?? {})
    .filter(([, limit]) => limit === 0)
    .map(([key]) => ({
      message: `A ${key} of 0 shuts everyone out of ${owner}.`,
      reason: '0 allows none; it does not mean "no limit".',
      help: 'Say -1, or remove the limit, for no limit.',
      path: [...path, 'limits', key],
    }));
}
