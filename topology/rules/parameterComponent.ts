import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import type { Parameter, Vhost } from '../model';
import { wordTable } from '../wordTable';

export const parameterComponent: Rule = {
  code: 'parameter-component',
  severity: 'error',
  title: 'What has words of its own stands below those, not below `parameters`.',
  reason:
    'RabbitMQ refuses policies as parameters, and limits that stand in two places would overwrite each other.',
  help: 'Say it with `policies`, `operatorPolicies` or `limits`.',
  sources: [docs('parameters'), measured('400: policies may not be set using this method')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    parameters:
      vhost-limits: { limits: { max-queues: 100 } }
`,
    good: `
vhosts:
  shop:
    limits: { maxQueues: 100 }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ parameters }: Vhost) => parameters.flatMap(checkParameter)),
};

const OWN_WORDS = wordTable<string>({
  policy: 'policies',
  operator_policy: 'operatorPolicies',
  'vhost-limits': 'limits',
});

function checkParameter({ component, path }: Parameter): Finding[] {
  const word = OWN_WORDS[component];
  if (word === undefined) return [];
  return [
    {
      message: `"${component}" is no parameter of a topology.`,
      reason: 'RabbitMQ would refuse it, or two places would contradict each other.',
      help: `Use \`${word}\`.`,
      path,
      part: 'key',
    },
  ];
}
