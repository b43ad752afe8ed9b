import { unmetNeeds } from './pluginNeeds';
import { docs, measured } from './rule';
import type { Rule } from './rule';

export const missingPlugin: Rule = {
  code: 'missing-plugin',
  severity: 'error',
  title: 'The plugins that a topology needs are named in `broker.plugins`.',
  reason: 'Without its plugin RabbitMQ refuses the exchange, the parameter or the whole policy.',
  help: 'Add the plugin to `broker: { plugins: […] }`, and switch it on where the broker is not ours.',
  sources: [
    docs('plugins'),
    measured('400: unknown exchange type, component … not found, not recognised policy settings'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { type: x-consistent-hash }
`,
    good: `
broker:
  plugins: [rabbitmq_consistent_hash_exchange]
vhosts:
  shop:
    exchanges:
      orders: { type: x-consistent-hash }
`,
  },
  check: ({ topology }) => unmetNeeds(topology, new Set(topology.broker?.plugins ?? [])),
};
