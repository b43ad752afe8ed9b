import type { Settings } from '../model';
import type { Path } from '../source/index';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const delayedRetry: Rule = {
  code: 'delayed-retry',
  severity: 'error',
  title: 'A delayed retry waits for some time, and at most for as long as its maximum.',
  reason: 'RabbitMQ refuses the whole policy otherwise.',
  help: 'Say a `min` over 0, and a `max` that is not smaller, or none.',
  sources: [
    docs('quorum-queues'),
    measured('4.3 answers 400: must be a positive integer; must not be smaller than delayed-retry-min'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, delayedRetry: { min: 1m, max: 1s } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { type: quorum, delayedRetry: { min: 1s, max: 1m } }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ queues, families }) =>
      [...queues, ...families].flatMap(({ settings, path }) =>
        checkSettings(settings, [...path, 'delayedRetry']),
      ),
    ),
};

function checkSettings({ delayedRetry: retry }: Settings, path: Path): Finding[] {
  const { minMs, maxMs } = retry ?? {};
  const reason = 'RabbitMQ would refuse the policy.';
  if (minMs === 0) {
    return [
      {
        message: 'A delayed retry of 0 is none.',
        reason,
        help: 'Write e.g. 1s, or remove it.',
        path: [...path, 'min'],
      },
    ];
  }
  if (minMs === undefined || maxMs === undefined || maxMs >= minMs) return [];
  return [
    {
      message: 'The longest wait of this delayed retry is shorter than the first one.',
      reason,
      help: 'Raise `max`, or lower `min`.',
      path: [...path, 'max'],
    },
  ];
}
