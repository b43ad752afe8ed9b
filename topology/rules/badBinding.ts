import type { Binding, Vhost } from '../model';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const badBinding: Rule = {
  code: 'bad-binding',
  severity: 'error',
  title: "A binding has the key and the arguments that its exchange's type takes.",
  reason: 'RabbitMQ refuses the binding otherwise.',
  help: "On a consistent hash exchange the key is the weight of the queue, e.g. '1'; x-match is all, any, all-with-x or any-with-x.",
  sources: [
    docs('exchanges#headers'),
    docs('consistent-hash-exchange'),
    docs('local-random-exchange'),
    measured(
      '400: the binding key must be an integer; Invalid x-match field value; Non empty binding key not permitted',
    ),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { bindings: [{ exchange: amq.headers, arguments: { x-match: every, kind: paid } }] }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { bindings: [{ exchange: amq.headers, arguments: { x-match: all, kind: paid } }] }
`,
  },
  check: ({ topology: { vhosts } }) => vhosts.flatMap(checkVhost),
};

const PREDECLARED_HEADERS = ['amq.headers', 'amq.match'];
const MATCHES = ['all', 'any', 'all-with-x', 'any-with-x'];

function checkVhost(vhost: Vhost): Finding[] {
  const types = new Map(vhost.exchanges.map(({ name, type }) => [name, type]));
  for (const name of PREDECLARED_HEADERS) types.set(name, 'headers');
  return [...vhost.queues, ...vhost.exchanges].flatMap(({ bindings }) =>
    bindings.flatMap((binding) => checkBinding(binding, types.get(binding.exchange))),
  );
}

function checkBinding(
  { exchange, routingKey, arguments: given, path }: Binding,
  type: string | undefined,
): Finding[] {
  const reason = 'RabbitMQ would refuse the binding.';
  if (type === 'x-consistent-hash' && !/^\d*[1-9]\d*$/.test(routingKey)) {
    return [
      {
        message: `"${exchange}" is a consistent hash exchange: "${routingKey}" is no weight.`,
        reason,
        help: "Write a whole number over 0 in quotes: how large the queue's share is, e.g. routingKey: '1'.",
        path: [...path, 'routingKey'],
      },
    ];
  }
  if (type === 'x-local-random' && routingKey !== '') {
    return [
      {
        message: `"${exchange}" is a local random exchange, which takes no routing key in a binding.`,
        reason,
        help: 'Remove the routing key.',
        path: [...path, 'routingKey'],
      },
    ];
  }
  const match = given['x-match'];
  if (type !== 'headers' || match === undefined || MATCHES.some((each) => each === match)) return [];
  return [
    {
      message: `"${String(match)}" is no way to match headers.`,
      reason,
      help: `Use one of ${MATCHES.join(', ')}.`,
      path: [...path, 'arguments', 'x-match'],
    },
  ];
}
