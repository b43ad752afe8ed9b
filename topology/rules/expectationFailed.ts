/** The code of an `expect:` block that isn't met (route/expectations.ts finds it, in the compiled topology). */
import { LANGUAGE } from './rule';
import type { CodeDescription } from './rule';

export const EXPECTATION_FAILED: CodeDescription = {
  code: 'expectation-failed',
  severity: 'error',
  title: 'What `expect` says of a message is so.',
  reason:
    'Somebody relies on it, or did when it was written: either the topology or the expectation is wrong.',
  help: 'Correct the one that is wrong; `warren route` shows where the message goes and what can happen to it.',
  sources: [LANGUAGE],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { ttl: 1m, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
expect:
  - publish: { routingKey: paid }
    after: [expired]
    endsIn: [paid]
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { ttl: 1m, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
expect:
  - publish: { routingKey: paid }
    reaches: [paid]
    after: [expired]
    endsIn: [failed]
`,
  },
};
