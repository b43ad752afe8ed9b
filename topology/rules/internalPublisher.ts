import type { Exchange, Topology } from '../model';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const internalPublisher: Rule = {
  code: 'internal-publisher',
  severity: 'error',
  title: 'Nobody publishes to an internal exchange.',
  reason: 'RabbitMQ refuses every message of a client there (403), whatever its permissions say.',
  help: 'Name the exchange that the internal one is bound to, or make it public.',
  sources: [
    docs('exchanges#properties'),
    measured('403 ACCESS_REFUSED, cannot publish to internal exchange'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      audit: { type: fanout, internal: true }
users:
  api:
    roles: { shop: { publisher: [audit] } }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders: { type: topic }
      audit: { type: fanout, internal: true, bindings: [{ exchange: orders, routingKey: '#' }] }
users:
  api:
    roles: { shop: { publisher: [orders] } }
`,
  },
  check: ({ topology }) => check(topology),
};

/** RabbitMQ's own, for its tracing. */
const TRACE = 'amq.rabbitmq.trace';

function check({ vhosts, users }: Topology): Finding[] {
  const byVhost = new Map(
    vhosts.map(({ name, exchanges }) => [name, new Map(exchanges.map((each) => [each.name, each]))]),
  );
  return users.flatMap(({ roles }) =>
    roles.flatMap(({ path, vhost, publisher }) =>
      publisher.flatMap((name, index): Finding[] => {
        const exchange = byVhost.get(vhost)?.get(name);
        if (exchange?.internal !== true && name !== TRACE) return [];
        return [
          {
            message: `The exchange "${name}" is internal.`,
            reason: 'RabbitMQ refuses every message of a client there (403), whatever its permissions say.',
            help: helpFor(exchange),
            path: [...path, 'publisher', index],
          },
        ];
      }),
    ),
  );
}

function helpFor(exchange: Exchange | undefined): string {
  const [source] = exchange?.bindings ?? [];
  const end = exchange?.isGenerated === true ? '.' : ', or make it public.';
  return source === undefined
    ? `Name an exchange whose messages go there${end}`
    : `Name "${source.exchange}", whose messages go there${end}`;
}
