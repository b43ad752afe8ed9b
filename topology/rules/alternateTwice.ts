import type { Exchange, Vhost } from '../model';
import { policyIndex } from '../route/policies';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const alternateTwice: Rule = {
  code: 'alternate-twice',
  severity: 'warning',
  title: 'The alternate exchange stands either at the exchange or in a policy.',
  reason: "The exchange's own one counts: the policy would say what isn't so.",
  help: 'Keep one of the two. A policy can be changed without making the exchange anew.',
  sources: [docs('ae'), measured('the message goes to the alternate exchange of the argument')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { alternate: unrouted }
      unrouted: { type: fanout }
      lost: { type: fanout }
    queues:
      a: { maxLength: 1000, bindings: [{ exchange: unrouted }, { exchange: lost }] }
    policies:
      alternate: { pattern: '^orders$', applyTo: exchanges, definition: { alternate-exchange: lost } }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders:
      lost: { type: fanout }
    queues:
      a: { maxLength: 1000, bindings: [{ exchange: orders, routingKey: a }, { exchange: lost }] }
    policies:
      alternate: { pattern: '^orders$', applyTo: exchanges, definition: { alternate-exchange: lost } }
`,
  },
  check: ({ topology: { vhosts } }) => vhosts.flatMap(checkVhost),
};

function checkVhost(vhost: Vhost): Finding[] {
  const policies = policyIndex(vhost.policies.filter(({ definition }) => 'alternate-exchange' in definition));
  return vhost.exchanges.flatMap((exchange) => {
    const own = exchange.alternate ?? exchange.arguments['alternate-exchange'];
    const policy = own === undefined ? undefined : policies.forExchange(exchange.name);
    const other = policy?.definition['alternate-exchange'];
    if (policy === undefined || other === own) return [];
    return [finding(exchange, String(own), policy.name, String(other))];
  });
}

function finding({ name, alternate, path }: Exchange, own: string, policy: string, other: string): Finding {
  return {
    message: `"${name}" has the alternate exchange "${own}", and the policy "${policy}" says "${other}".`,
    reason: "On the broker, the exchange's own one counts.",
    help: 'Remove one of the two.',
    path: alternate === undefined ? [...path, 'arguments', 'alternate-exchange'] : [...path, 'alternate'],
  };
}
