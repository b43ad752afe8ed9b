import { LANGUAGE } from './rule';
import type { Rule } from './rule';

export const autoscaleRange: Rule = {
  code: 'autoscale-range',
  severity: 'error',
  title: 'Workers scale from fewer to more.',
  reason: 'With a minimum over the maximum there is no number of workers that would do.',
  help: 'Raise `max`, or lower `min`.',
  sources: [LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], autoscale: { min: 5, max: 2 } }
`,
    good: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], autoscale: { min: 2, max: 5 } }
`,
  },
  check: ({ topology: { workers } }) =>
    workers
      .filter(({ autoscale }) => autoscale?.max !== undefined && autoscale.min > autoscale.max)
      .map(({ name, path }) => ({
        message: `The workers "${name}" have a minimum over their maximum.`,
        help: 'Raise `max`, or lower `min`.',
        path: [...path, 'autoscale', 'min'],
      })),
};
