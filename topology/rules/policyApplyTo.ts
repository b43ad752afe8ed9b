import { isAtLeast } from '../target';
import { docs, measured } from './rule';
import type { Rule } from './rule';

const BY_TYPE = ['classic_queues', 'quorum_queues', 'streams'];

export const policyApplyTo: Rule = {
  code: 'policy-apply-to',
  severity: 'error',
  title: 'A policy applies to kinds of objects that the target can tell apart.',
  reason: 'RabbitMQ refuses the policy; operator policies are for queues only.',
  help: 'Use `applyTo: queues`, with a pattern that matches those queues only, or change the target.',
  sources: [docs('policies#defining'), measured('3.10 answers 400 to the kinds that exist from 3.12 on')],
  isAdvice: false,
  example: {
    bad: `
target: '3.10'
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', applyTo: quorum_queues, definition: { max-length: 5 } }
`,
    good: `
target: '3.10'
vhosts:
  shop:
    policies:
      paid: { pattern: '^paid', applyTo: queues, definition: { max-length: 5 } }
`,
  },
  check: ({ topology: { vhosts, target } }) =>
    vhosts.flatMap(({ policies, operatorPolicies }) => [
      ...policies
        .filter(({ applyTo }) => BY_TYPE.includes(applyTo) && !isAtLeast(target, '3.12'))
        .map(({ path, applyTo }) => ({
          message: `RabbitMQ ${target} knows no policies for ${applyTo} only.`,
          reason: 'They exist from 3.12 on.',
          help: 'Use `applyTo: queues` with a pattern that matches those queues only, or change the target.',
          path: [...path, 'applyTo'],
        })),
      ...operatorPolicies
        .filter(
          ({ applyTo }) =>
            applyTo === 'exchanges' || (BY_TYPE.includes(applyTo) && !isAtLeast(target, '3.12')),
        )
        .map(({ path, applyTo }) => ({
          message: `On ${target}, an operator policy can't apply to ${applyTo}.`,
          reason: 'Operator policies limit queues.',
          help: 'Use `applyTo: queues`.',
          path: [...path, 'applyTo'],
        })),
    ]),
};
