import { unmetNeeds } from './pluginNeeds';
import { docs } from './rule';
import type { Rule } from './rule';

export const unnamedPlugin: Rule = {
  code: 'unnamed-plugin',
  severity: 'warning',
  title: 'A topology that needs plugins says which.',
  reason: 'A fresh broker has none of them, and would refuse a part of the topology.',
  help: 'Name them with `broker: { plugins: […] }`: then they are switched on where the broker is ours, and checked.',
  sources: [docs('plugins')],
  isAdvice: true,
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
  check: ({ topology }) => (topology.broker?.plugins === undefined ? unmetNeeds(topology, new Set()) : []),
};
