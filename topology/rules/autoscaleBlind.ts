import type { Rule } from './rule';

export const autoscaleBlind: Rule = {
  code: 'autoscale-blind',
  severity: 'warning',
  title: 'Workers that scale to zero are counted over HTTP.',
  reason:
    'Over AMQP the scaler sees ready messages only: the last job in work counts for nothing, and its worker is stopped in the middle of it.',
  help: 'Say `protocol: http`, which counts unacknowledged messages too, or `min: 1`.',
  sources: [
    'https://keda.sh/docs/latest/scalers/rabbitmq-queue/',
    'Measured on KEDA 2.17: over HTTP unacknowledged messages keep the workers, over AMQP they do not.',
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], autoscale: { min: 0, max: 5, protocol: amqp } }
`,
    good: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], autoscale: { min: 0, max: 5, protocol: http } }
`,
  },
  check: ({ topology: { workers } }) =>
    workers
      .filter(({ autoscale }) => autoscale?.min === 0 && autoscale.protocol === 'amqp')
      .map(({ name, path }) => ({
        message: `The workers "${name}" scale to zero while they still work.`,
        reason: 'Over AMQP the scaler does not see messages that are in work.',
        help: 'Say `protocol: http`, or `min: 1`.',
        path: [...path, 'autoscale', 'protocol'],
      })),
};
