import { docs, LANGUAGE } from './rule';
import type { Rule } from './rule';

export const policySplitsFamily: Rule = {
  code: 'policy-splits-family',
  severity: 'error',
  title: 'A policy applies to a whole family or to none of it.',
  reason:
    "A family compiles to one policy that wins over the explicit ones and contains them: one that applies to some of its queues only can't be contained.",
  help: 'Move those keys into the family, make the pattern cover the whole family or none of it, or split the family.',
  sources: [docs('policies#combining-policy-definitions'), LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    families:
      'basket:{id}': { ttl: 1h }
    policies:
      vip: { pattern: '^basket:vip', definition: { max-length: 5 } }
`,
    good: `
vhosts:
  shop:
    families:
      'basket:{id}': { ttl: 1h }
    policies:
      baskets: { pattern: '^basket:', definition: { max-length: 5 } }
`,
  },
  check: ({ vhosts }) =>
    vhosts.flatMap(({ families }) =>
      families.flatMap(({ family, splitBy }) =>
        splitBy.map(({ policy, example }) => ({
          message:
            example === undefined
              ? `It can't be decided whether the policy "${policy.name}" applies to all queues of "${family.template}".`
              : `The policy "${policy.name}" applies to some queues of the family "${family.template}" (e.g. "${example}"), not to all.`,
          reason:
            'A family compiles to one policy that wins over yours, so your policy could not count for some of its queues only.',
          help:
            'Move those keys into the family, make the pattern cover the whole family or none of it, ' +
            'or split the family. A pattern with look-around or back references, or an applyTo that names a queue type, is never sure to cover all.',
          path: policy.path,
          part: 'key' as const,
        })),
      ),
    ),
};
