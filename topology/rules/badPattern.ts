import type { Topology } from '../model';
import { PATTERN_BYTES_MAX, hasRangeFromClass } from '../patterns/brokerRegex';
import { patternFault } from '../patterns/languages';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const badPattern: Rule = {
  code: 'bad-pattern',
  severity: 'error',
  title: 'A regular expression compiles, can be read, and is not longer than the broker allows.',
  reason:
    'RabbitMQ refuses it, from 4.3 on also one that is longer than 1,024 bytes; or it is written in a way of which Warren can not tell what it matches.',
  help: 'Correct it; a character that is meant literally needs a backslash, and YAML text with backslashes single quotes.',
  sources: [
    docs('policies#match-names-using-regex'),
    docs('access-control#authorisation'),
    measured('the broker answers 400'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid(', definition: { max-length: 5 } }
`,
    good: `
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', definition: { max-length: 5 } }
`,
  },
  check: ({ topology }) => patternsOf(topology).flatMap((item) => checkPattern(item, topology)),
};

interface PatternAt {
  readonly pattern: string;
  readonly path: Path;
}

/** Every regular expression of a topology that goes to the broker as it is. */
function patternsOf({ vhosts, users }: Topology): PatternAt[] {
  const policies = vhosts.flatMap((vhost) => [...vhost.policies, ...vhost.operatorPolicies]);
  const grants = users.flatMap(({ permissions, topicPermissions }) => [
    // Those of a role are right by themselves, or too long (role-too-long).
    ...permissions
      .filter(({ isGenerated }) => isGenerated !== true)
      .map(({ path, configure, write, read }) => ({ path, patterns: { configure, write, read } })),
    ...topicPermissions.flatMap(({ exchanges }) =>
      exchanges.map(({ path, write, read }) => ({ path, patterns: { write, read } })),
    ),
  ]);
  return [
    ...policies.map(({ path, pattern }) => ({ path: [...path, 'pattern'], pattern })),
    ...policies.flatMap(({ path, definition: { 'federation-upstream-pattern': pattern } }) =>
      typeof pattern === 'string'
        ? [{ path: [...path, 'definition', 'federation-upstream-pattern'], pattern }]
        : [],
    ),
    ...grants.flatMap(({ path, patterns }) =>
      Object.entries(patterns).map(([key, pattern]) => ({ path: [...path, key], pattern })),
    ),
  ];
}

function checkPattern({ pattern, path }: PatternAt, { target }: Topology): Finding[] {
  const fault = patternFault(pattern);
  if (fault !== undefined) {
    return [
      {
        ...(fault.isUnread ? unread(fault.what) : refused(fault.what)),
        path,
      },
    ];
  }
  if (isAtLeast(target, '4.3') && hasRangeFromClass(pattern)) {
    return [{ ...refused('a hyphen stands between a class such as \\w and a character'), path }];
  }
  const bytes = Buffer.byteLength(pattern);
  if (bytes <= PATTERN_BYTES_MAX || !isAtLeast(target, '4.3')) return [];
  return [
    {
      message: `This regular expression is ${bytes} bytes long.`,
      reason: `RabbitMQ ${target} takes ${PATTERN_BYTES_MAX} bytes.`,
      help: 'Give the objects a common prefix and match that, or split the policy or the user.',
      path,
    },
  ];
}

function refused(what: string): Omit<Finding, 'path'> {
  return {
    message: `This regular expression does not compile: ${what}.`,
    reason: 'RabbitMQ would refuse it.',
    help: 'Correct it; a character that is meant literally needs a backslash, and YAML text with backslashes single quotes.',
  };
}

function unread(what: string): Omit<Finding, 'path'> {
  return {
    message: `This regular expression holds ${what}, which Warren can't read.`,
    reason:
      'It has to know which names the expression takes: which policy wins, and who may do what, follows from that.',
    help: 'Write it with plain groups, classes and repetitions.',
  };
}
