import { canMirror } from '../target';
import { docs, measured } from './rule';
import type { Rule } from './rule';

export const mirroringRemoved: Rule = {
  code: 'mirroring-removed',
  severity: 'error',
  title: 'ha-* policy keys are invalid on 4.x.',
  reason: 'Classic queue mirroring is gone since 4.0: the broker refuses the whole policy.',
  help: 'Remove it, and say `replicated: true` on the queues and families that need copies: it compiles to mirrors on 3.x and to quorum queues on 4.x.',
  sources: [docs('3.13/ha'), measured('4.x answers 400: … are not recognised policy settings')],
  isAdvice: false,
  example: {
    bad: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid:
    policies:
      ha-all: { pattern: '.*', definition: { ha-mode: all } }
`,
    good: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid: { replicated: true }
`,
  },
  check: ({ topology: { vhosts, target } }) =>
    canMirror(target)
      ? []
      : vhosts
          .flatMap(({ policies, operatorPolicies }) => [...policies, ...operatorPolicies])
          .flatMap(({ path, definition }) =>
            Object.keys(definition)
              .filter((key) => key.startsWith('ha-'))
              .map((key) => ({
                message: `RabbitMQ ${target} knows no "${key}".`,
                reason: 'Classic queue mirroring is gone since 4.0; the broker refuses the whole policy.',
                help: 'Remove it, and say `replicated: true` on the queues and families that need copies: it compiles to mirrors on 3.x and to quorum queues on 4.x.',
                path: [...path, 'definition', key],
                part: 'key' as const,
              })),
          ),
};
