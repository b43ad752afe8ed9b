import type { Rule } from './rule';

export const policySplitsFamily: Rule = {
  code: 'policy-splits-family',
  severity: 'error',
  title: 'A policy applies to a whole family or to none of it.',
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
