import { RESERVED_POLICY_PREFIXES, RESERVED_PRIORITY } from '../compile/policies';
import type { Policy } from '../model';
import type { Finding, Rule } from './rule';

export const reservedPolicy: Rule = {
  code: 'reserved-policy',
  severity: 'error',
  title: 'Priorities from 1000 on, and names with "warren.", belong to the generated policies.',
  check: ({ topology: { vhosts } }) => vhosts.flatMap(({ policies }) => policies.flatMap(checkPolicy)),
};

function checkPolicy({ name, priority, path }: Policy): Finding[] {
  const prefix = RESERVED_POLICY_PREFIXES.find((each) => name.startsWith(each));
  return [
    ...(prefix === undefined
      ? []
      : [
          {
            message: `Policy names that begin with "${prefix}" are reserved.`,
            reason: 'The compiler names the policies of queues and families so.',
            help: 'Choose another name.',
            path,
            part: 'key' as const,
          },
        ]),
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
