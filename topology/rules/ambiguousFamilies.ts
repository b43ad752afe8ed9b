import { canonicalJson } from '../objects';
import { templatesIntersect } from '../patterns/template';
import type { ResolvedFamily } from '../resolve/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const ambiguousFamilies: Rule = {
  code: 'ambiguous-families',
  severity: 'error',
  title: 'Families that can match the same name say the same.',
  reason:
    'At most one policy applies to a queue: to which family a name belongs that both match would be undefined.',
  help: 'Make the fixed parts of the templates differ, or give both families the same settings.',
  sources: [docs('policies#combining-policy-definitions')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    families:
      'basket:{id}': { ttl: 1h }
      'basket:vip:{id}': { ttl: 2h }
`,
    good: `
vhosts:
  shop:
    families:
      'basket:user:{id}': { ttl: 1h }
      'basket:vip:{id}': { ttl: 2h }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(({ families }) => overlaps(families)),
};

function overlaps(families: readonly ResolvedFamily[]): Finding[] {
  return families.flatMap((later, index) =>
    families.slice(0, index).flatMap((earlier) => {
      const [a, b] = [earlier.family.template, later.family.template];
      const isSame = canonicalJson(earlier.definition) === canonicalJson(later.definition);
      if (isSame || !templatesIntersect(a, b)) return [];
      return [
        {
          message: `The families "${a}" and "${b}" can match the same queue, and say different things about it.`,
          reason: 'At most one policy applies to a queue: which family it belongs to would be undefined.',
          help: 'Make the fixed parts of the templates differ, or give both families the same settings.',
          path: later.family.path,
          part: 'key' as const,
        },
      ];
    }),
  );
}
