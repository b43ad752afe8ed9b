import type { Binding, Vhost } from '../model';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const patternOnDirect: Rule = {
  code: 'pattern-on-direct',
  severity: 'warning',
  title: 'Patterns with * and # stand in bindings of topic exchanges only.',
  reason:
    'To a direct exchange they are letters like any other: the binding would match almost nothing that is sent.',
  help: 'Make it a topic exchange, or write the whole key.',
  sources: [docs('exchanges#direct'), docs('exchanges#topic')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { type: direct }
    queues:
      paid: { bindings: [{ exchange: orders, routingKey: order.paid.* }] }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders: { type: topic }
    queues:
      paid: { bindings: [{ exchange: orders, routingKey: order.paid.* }] }
`,
  },
  check: ({ topology: { vhosts } }) => vhosts.flatMap(checkVhost),
};

function checkVhost(vhost: Vhost): Finding[] {
  const direct = new Set(vhost.exchanges.filter(({ type }) => type === 'direct').map(({ name }) => name));
  direct.add('amq.direct');
  return [...vhost.queues, ...vhost.exchanges].flatMap(({ bindings }) =>
    bindings.filter(({ exchange }) => direct.has(exchange)).flatMap(checkBinding),
  );
}

function checkBinding({ exchange, routingKey, path }: Binding): Finding[] {
  if (!routingKey.split('.').some((word) => word === '*' || word === '#')) return [];
  return [
    {
      message: `"${routingKey}" is no pattern to "${exchange}", which is a direct exchange.`,
      reason: 'Only messages with exactly this key would arrive.',
      help: 'Say `type: topic` for the exchange, or write the whole key.',
      path: [...path, 'routingKey'],
    },
  ];
}
