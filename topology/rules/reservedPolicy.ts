import { RESERVED_POLICY_PREFIXES, RESERVED_PRIORITY } from '../compile/policies';
import type { Policy } from '../model';
import { LANGUAGE } from './rule';
import type { Finding, Rule } from './rule';

export const reservedPolicy: Rule = {
  code: 'reserved-policy',
  severity: 'error',
  title: 'Priorities from 1000 on, and names with "warren.", belong to the generated policies.',
  reason: 'The generated policies of queues and families contain the explicit ones and must win over them.',
  help: 'Use a priority below 1000, and a name that doesn\'t begin with "warren.".',
  sources: [LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', priority: 5000, definition: { max-length: 5 } }
`,
    good: `
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', priority: 5, definition: { max-length: 5 } }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ policies, operatorPolicies }) => [
      ...policies.flatMap(checkPolicy),
      ...operatorPolicies.filter(({ isGenerated }) => isGenerated !== true).flatMap(checkName),
    ]),
};

function checkName({ name, path }: Policy): Finding[] {
  const prefix = RESERVED_POLICY_PREFIXES.find((each) => name.startsWith(each));
  if (prefix === undefined) return [];
  return [
    {
      message: `Policy names that begin with "${prefix}" are reserved.`,
      reason: 'The compiler names the policies of queues, families and quotas so.',
      help: 'Choose another name.',
      path,
      part: 'key',
    },
  ];
}

function checkPolicy(policy: Policy): Finding[] {
  const { priority, path } = policy;
  return [
    ...checkName(policy),
    ...(priority < RESERVED_PRIORITY
      ? []
      : [
          {
            message: `The priority ${priority} is reserved.`,
            reason: `The policies of queues and families have priorities from ${RESERVED_PRIORITY} on: they contain yours already, and must win.`,
            help: `Use a priority below ${RESERVED_PRIORITY}.`,
            path: [...path, 'priority'],
          },
        ]),
  ];
}
