import type { Topology, Vhost } from '../model';
import { policyIndex } from '../route/policies';
import { Access, shovelled } from './consumers';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const unboundExchange: Rule = {
  code: 'unbound-exchange',
  severity: 'warning',
  title: 'Something is bound to an exchange.',
  reason: 'An exchange without bindings drops whatever is sent to it, without a word to the publisher.',
  help: 'Bind a queue to it, give it an `alternate`, or remove it.',
  sources: [docs('exchanges'), docs('publishers#unroutable')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { type: topic }
    queues:
      paid:
users:
  shop: { roles: { shop: { publisher: [orders], consumer: [paid] } } }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders: { type: topic }
    queues:
      paid: { bindings: [{ exchange: orders, routingKey: order.paid }] }
users:
  shop: { roles: { shop: { publisher: [orders], consumer: [paid] } } }
`,
  },
  check: ({ topology }) => topology.vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

/** Only where nobody may bind anything to it while the system runs: who binds must be allowed to read the exchange. */
function checkVhost(vhost: Vhost, topology: Topology): Finding[] {
  const access = new Access(topology, vhost.name);
  if (access.permissions.length === 0) return [];
  const sources = new Set(
    [...vhost.queues, ...vhost.exchanges].flatMap(({ bindings }) => bindings.map(({ exchange }) => exchange)),
  );
  const policies = policyIndex(vhost.policies);
  const taken = shovelled(vhost);
  return vhost.exchanges.flatMap(({ name, alternate, arguments: given, isGenerated, path }) => {
    if (sources.has(name) || taken.has(name) || isGenerated === true || vhost.celery?.exchange === name)
      return [];
    const definition = policies.forExchange(name)?.definition ?? {};
    const other = alternate ?? given['alternate-exchange'] ?? definition['alternate-exchange'];
    // Queues for its shards are made by the plugin.
    if (other !== undefined || 'shards-per-node' in definition || access.mayRead(name)) return [];
    return [
      {
        message: `Nothing is bound to "${name}", and nobody may bind anything to it.`,
        reason: 'RabbitMQ drops whatever is sent to it.',
        help: 'Bind a queue to it, give it an `alternate`, or remove it.',
        path,
        part: 'key' as const,
      },
    ];
  });
}
