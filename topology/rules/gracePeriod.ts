import { formatDuration } from '../units';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const gracePeriod: Rule = {
  code: 'grace-period',
  severity: 'error',
  title: 'A worker that is stopped has the time to finish its longest task.',
  reason:
    'A worker that is killed in the middle of a task gives its message back: the task runs again from the start, at every roll-out and every time the fleet shrinks.',
  help: 'Raise `gracePeriod` to the longest task at least.',
  sources: [
    'https://keda.sh/docs/latest/concepts/scaling-deployments/',
    docs('consumers#acknowledgement-timeout'),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], longestTask: 10m, gracePeriod: 30s }
`,
    good: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], longestTask: 10m, gracePeriod: 11m }
`,
  },
  check: ({ topology: { workers } }) =>
    workers.flatMap(({ name, longestTaskMs, gracePeriodMs, path }): Finding[] => {
      if (longestTaskMs === undefined || gracePeriodMs === undefined || gracePeriodMs >= longestTaskMs)
        return [];
      return [
        {
          message: `The workers "${name}" get ${formatDuration(gracePeriodMs)} to stop, and their longest task takes ${formatDuration(longestTaskMs)}.`,
          reason: 'A task that is cut off runs again from the start.',
          help: `Say \`gracePeriod: ${formatDuration(longestTaskMs)}\` or more.`,
          path: [...path, 'gracePeriod'],
        },
      ];
    }),
};
