import { docs } from './rule';
import type { Rule } from './rule';
import { POLICY_KEYS } from './keys';
import { QUEUE_ARGUMENTS } from './queueArguments';

export const argumentInsteadOfPolicy: Rule = {
  code: 'argument-instead-of-policy',
  severity: 'warning',
  title: 'What a policy can set is better not an argument.',
  reason:
    'An argument is fixed for good: a change needs the queue deleted, with its messages, and an application that declares the queue without it is refused (406).',
  help: 'Use the word of the language (ttl, maxLength, …), which compiles to a policy; or `declaredWith` if the application declares the queue with that argument.',
  sources: [docs('queues#optional-arguments'), docs('policies#why-policies-exist')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { arguments: { x-message-ttl: 7200000 } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { ttl: 2h }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ queues }) =>
      queues.flatMap((queue) =>
        Object.keys(queue.arguments)
          .filter(
            (key) =>
              POLICY_KEYS[key.replace(/^x-/, '')] !== undefined && QUEUE_ARGUMENTS[key]?.word !== undefined,
          )
          .map((key) => ({
            message: `"${key}" of the queue "${queue.name}" is fixed for good as an argument.`,
            reason:
              'A change needs the queue deleted, and an application that declares the queue without it is refused (406).',
            help: `Say \`${QUEUE_ARGUMENTS[key]?.word ?? key}\` instead, or put it below \`declaredWith\` if the application declares the queue with it.`,
            path: [...queue.path, 'arguments', key],
            part: 'key' as const,
          })),
      ),
    ),
};
