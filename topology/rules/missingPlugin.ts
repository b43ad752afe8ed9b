import { unmetNeeds } from './pluginNeeds';
import { docs, measured } from './rule';
import type { Rule } from './rule';

export const missingPlugin: Rule = {
  code: 'missing-plugin',
  severity: 'error',
  title: 'Where `broker.plugins` lists plugins, those that the topology needs are among them.',
  reason: 'Without its plugin RabbitMQ refuses the exchange, the parameter or the whole policy.',
  help: 'Add the plugin to `broker: { plugins: […] }`, and switch it on where the broker is not ours.',
  sources: [
    docs('plugins'),
    measured('400: unknown exchange type, component … not found, not recognised policy settings'),
  ],
  isAdvice: false,
  example: {
    bad: `
broker:
  plugins: [rabbitmq_shovel]
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
  check: ({ topology }) => {
    const plugins = topology.broker?.plugins;
    return plugins === undefined ? [] : unmetNeeds(topology, new Set(plugins));
  },
};
