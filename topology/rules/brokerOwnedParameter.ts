import { BROKERS_GLOBAL_PARAMETERS } from '../objects';
import { docs } from './rule';
import type { Rule } from './rule';

export const brokerOwnedParameter: Rule = {
  code: 'broker-owned-parameter',
  severity: 'error',
  title: 'Global parameters that the broker keeps for itself are left to it.',
  reason:
    'The broker writes them itself: a topology that does so too would break what they are for, or fight with it for ever.',
  help: 'Remove it. The name of a cluster is set with `rabbitmqctl set_cluster_name` or cluster_name in rabbitmq.conf.',
  sources: [docs('parameters#parameter-management'), docs('definitions')],
  isAdvice: false,
  example: {
    bad: `
globalParameters:
  internal_cluster_id: rabbitmq-cluster-id-1
`,
    good: `
globalParameters:
  shop_settings: { region: eu }
`,
  },
  check: ({ topology: { globalParameters } }) =>
    globalParameters
      .filter(({ name }) => BROKERS_GLOBAL_PARAMETERS.has(name))
      .map(({ name, path }) => ({
        message: `The global parameter "${name}" belongs to the broker.`,
        reason: BROKERS_GLOBAL_PARAMETERS.get(name) ?? '',
        help: 'Remove it.',
        path,
        part: 'key',
      })),
};
