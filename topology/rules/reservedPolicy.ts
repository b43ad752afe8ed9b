import { RESERVED_POLICY_PREFIXES, RESERVED_PRIORITY } from '../compile/policies';
import type { Policy } from '../model';
import type { Finding, Rule } from './rule';

export const reservedPolicy: Rule = {
  code: 'reserved-policy',
  severity: 'error',
  title: 'Priorities from 1000 on, and names with "warren.", belong to the generated policies.',
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
