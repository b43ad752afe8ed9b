import type { Policy } from '../model';
import { nearest } from '../names';
import type { ArgumentValue } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { ARGUMENT_ONLY, POLICY_KEYS } from './keys';
import { companionFaults } from './policyCompanions';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import { valueFault } from './values';

export const policyKey: Rule = {
  code: 'policy-key',
  severity: 'error',
  title: 'A policy holds only keys that RabbitMQ knows there, with values that it takes.',
  reason: "RabbitMQ refuses the whole policy for one key or value that it doesn't know.",
  help: 'Correct the key; queue type, priorities and durability are no matter of policies: set them on the queue.',
  sources: [
    docs('policies#what-is-a-policy'),
    docs('policies#operator-policies'),
    measured('400: … are not recognised policy settings'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', definition: { queue-type: quorum } }
`,
    good: `
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', definition: { max-length: 5 } }
`,
  },
  check: ({ topology: { vhosts, target } }) =>
    vhosts.flatMap(({ policies, operatorPolicies }) => [
      ...policies.flatMap((policy) => checkPolicy(policy, false, target)),
      // What quotas stand for has rules of its own.
      ...operatorPolicies
        .filter(({ isGenerated }) => isGenerated !== true)
        .flatMap((policy) => checkPolicy(policy, true, target)),
    ]),
};

function checkPolicy(policy: Policy, isOperator: boolean, target: Target): Finding[] {
  const items = Object.entries(policy.definition);
  if (items.length === 0) {
    return [
      {
        message: `The policy "${policy.name}" has no definition.`,
        reason: 'RabbitMQ refuses an empty one.',
        help: 'Add a key, e.g. message-ttl: 60000, or remove the policy.',
        path: [...policy.path, 'definition'],
      },
    ];
  }
  return [
    ...items.flatMap(([key, value]) => checkItem(policy, key, value, isOperator, target)),
    ...companionFaults(policy, target),
  ];
}

function checkItem(
  policy: Policy,
  key: string,
  value: ArgumentValue,
  isOperator: boolean,
  target: Target,
): Finding[] {
  const path = [...policy.path, 'definition', key];
  const bare = key.replace(/^x-/, '');
  const word = ARGUMENT_ONLY[bare];
  if (word !== undefined) {
    return [
      {
        message: `A policy can't set "${key}".`,
        reason: 'It is fixed when a queue is declared.',
        help: `Set it on the queue itself, with \`${word}\`.`,
        path,
        part: 'key',
      },
    ];
  }
  const known = POLICY_KEYS[key];
  if (known === undefined) return [{ ...unknownKey(key, bare, target), path, part: 'key' }];
  // Mirroring has a rule of its own.
  if (known.until !== undefined && isAtLeast(target, known.until)) {
    return key.startsWith('ha-')
      ? []
      : [{ ...wrongSeries(key, `was removed in ${known.until}`), path, part: 'key' }];
  }
  if (known.since !== undefined && !isAtLeast(target, known.since)) {
    return [{ ...wrongSeries(key, `exists from ${known.since} on`), path, part: 'key' }];
  }
  if (isOperator && (known.operator === undefined || !isAtLeast(target, known.operator))) {
    return [{ ...notForOperators(key, target), path, part: 'key' }];
  }
  const expected = valueFault(known.value, value, target);
  if (expected === undefined) return [];
  return [
    {
      message: `The value of "${key}" must be ${expected}.`,
      help: 'Durations are milliseconds and sizes are bytes here, without quotes and units.',
      path,
    },
  ];
}

function unknownKey(key: string, bare: string, target: Target): Omit<Finding, 'path'> {
  const names = Object.entries(POLICY_KEYS)
    .filter(([, { since, until }]) => {
      const isThere = since === undefined || isAtLeast(target, since);
      return isThere && (until === undefined || !isAtLeast(target, until));
    })
    .map(([name]) => name);
  const meant = names.includes(bare) ? bare : nearest(key, names);
  return {
    message: `RabbitMQ knows no policy key "${key}".`,
    reason: 'It would refuse the whole policy.',
    help: meant === undefined ? `Known keys are ${names.join(', ')}.` : `Did you mean "${meant}"?`,
  };
}

function wrongSeries(key: string, when: string): Omit<Finding, 'path'> {
  return {
    message: `The policy key "${key}" ${when}.`,
    reason: 'The target would refuse the whole policy.',
    help: 'Remove it, or change the target.',
  };
}

function notForOperators(key: string, target: Target): Omit<Finding, 'path'> {
  const allowed = Object.entries(POLICY_KEYS)
    .filter(([, { operator }]) => operator !== undefined && isAtLeast(target, operator))
    .map(([name]) => name);
  return {
    message: `An operator policy can't set "${key}".`,
    reason: 'Operator policies hold limits only.',
    help: `Move it to \`policies\`. An operator policy on ${target} may hold ${allowed.join(', ')}.`,
  };
}
