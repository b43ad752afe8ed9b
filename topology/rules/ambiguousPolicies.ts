import type { Policy, Vhost } from '../model';
import { canonicalJson } from '../objects';
import type { PolicyApplyTo } from '../objects';
import { comparePatterns, patternMatches } from '../patterns/languages';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const ambiguousPolicies: Rule = {
  code: 'ambiguous-policies',
  severity: 'error',
  title: 'Policies of equal priority do not overlap: which one wins would be undefined.',
  reason:
    'At most one policy applies to a queue or exchange; of those with the same priority RabbitMQ takes either, and may take the other one after a restart.',
  help: 'Give them different priorities, or make their patterns exclude each other.',
  sources: [docs('policies#priorities')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    policies:
      all: { pattern: '.*', definition: { max-length: 1000 } }
      paid: { pattern: '^paid', definition: { max-length: 5000 } }
`,
    good: `
vhosts:
  shop:
    policies:
      all: { pattern: '.*', definition: { max-length: 1000 } }
      paid: { pattern: '^paid', priority: 1, definition: { max-length: 5000 } }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap((vhost) => [
      ...overlaps(vhost.policies, vhost),
      ...overlaps(vhost.operatorPolicies, vhost),
    ]),
};

function overlaps(policies: readonly Policy[], vhost: Vhost): Finding[] {
  return policies.flatMap((later, index) =>
    policies.slice(0, index).flatMap((earlier) => {
      const example = mayMeet(earlier, later) ? commonName(earlier, later, vhost) : undefined;
      if (example === undefined) return [];
      return [
        {
          message: `The policies "${earlier.name}" and "${later.name}" both match "${example}" with the priority ${later.priority}.`,
          reason: 'At most one policy applies to a queue or exchange; of equal ones RabbitMQ takes either.',
          help: 'Give them different priorities, or make their patterns exclude each other.',
          path: later.path,
          part: 'key' as const,
        },
      ];
    }),
  );
}

function mayMeet(a: Policy, b: Policy): boolean {
  return (
    a.priority === b.priority &&
    canonicalJson(a.definition) !== canonicalJson(b.definition) &&
    kindsOf(a.applyTo).some((kind) => kindsOf(b.applyTo).includes(kind))
  );
}

function kindsOf(applyTo: PolicyApplyTo): readonly string[] {
  const queues = ['classic_queues', 'quorum_queues', 'streams'];
  if (applyTo === 'all') return [...queues, 'exchanges'];
  return applyTo === 'queues' ? queues : [applyTo];
}

/** A name that both match; where the patterns are beyond deciding, one of the names that the file itself has. */
function commonName(a: Policy, b: Policy, vhost: Vhost): string | undefined {
  const comparison = comparePatterns(a.pattern, b.pattern, 'both');
  if (comparison !== undefined) return comparison.both;
  const names = [...vhost.queues, ...vhost.exchanges].map(({ name }) => name);
  return names.find((name) => patternMatches(a.pattern, name) && patternMatches(b.pattern, name));
}
