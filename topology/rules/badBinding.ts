import type { Binding } from '../model';
import type { QueueType } from '../objects';
import type { ResolvedVhost } from '../resolve/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const badBinding: Rule = {
  code: 'bad-binding',
  severity: 'error',
  title: "A binding has the key, the arguments and the destination that its exchange's type takes.",
  reason: 'RabbitMQ refuses the binding otherwise.',
  help: "On a consistent hash exchange the key is the weight of the queue, e.g. '1'; x-match is all, any, all-with-x or any-with-x; a local random exchange takes classic queues only.",
  sources: [
    docs('exchanges#headers'),
    docs('consistent-hash-exchange'),
    docs('local-random-exchange'),
    measured(
      '400: the binding key must be an integer; Invalid x-match field value; Non empty binding key not permitted; Queue type not valid for this exchange type; from 4.3 on: The binding key must not exceed 10000',
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
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => checkVhost(vhost, topology.target)),
};

const PREDECLARED_HEADERS = ['amq.headers', 'amq.match'];
const MATCHES = ['all', 'any', 'all-with-x', 'any-with-x'];

/** What is bound: a queue of this type, or an exchange. */
type Destination = QueueType | 'exchange';

function checkVhost({ vhost, queues }: ResolvedVhost, target: Target): Finding[] {
  const types = new Map(vhost.exchanges.map(({ name, type }) => [name, type]));
  for (const name of PREDECLARED_HEADERS) types.set(name, 'headers');
  const check = (bindings: readonly Binding[], destination: Destination): Finding[] =>
    bindings.flatMap((binding) => {
      const type = types.get(binding.exchange);
      return [...checkBinding(binding, type, destination), ...checkWeight(binding, type, target)];
    });
  return [
    ...queues.flatMap(({ queue, type }) => check(queue.bindings, type)),
    ...vhost.exchanges.flatMap(({ bindings }) => check(bindings, 'exchange')),
  ];
}

/** Measured on RabbitMQ 4.3: "The binding key must not exceed 10000". 4.0 takes 100,000. */
const WEIGHT_MAX = 10_000;

function checkWeight(
  { exchange, routingKey, path }: Binding,
  type: string | undefined,
  target: Target,
): Finding[] {
  const isTooHigh =
    type === 'x-consistent-hash' && /^\d+$/.test(routingKey) && Number(routingKey) > WEIGHT_MAX;
  if (!isTooHigh || !isAtLeast(target, '4.3')) return [];
  return [
    {
      message: `"${exchange}" is a consistent hash exchange: the weight ${routingKey} is too high.`,
      reason: `RabbitMQ ${target} takes ${WEIGHT_MAX} at most, and would refuse the binding.`,
      help: 'Divide the weights of all its queues by the same number: only their proportion counts.',
      path: [...path, 'routingKey'],
    },
  ];
}

function checkBinding(
  { exchange, routingKey, arguments: given, path }: Binding,
  type: string | undefined,
  destination: Destination,
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
  if (type === 'x-local-random' && destination !== 'classic') {
    const what = destination === 'exchange' ? 'exchanges' : `${destination} queues`;
    return [
      {
        message: `"${exchange}" is a local random exchange, which takes no ${what}.`,
        reason: `${reason} It chooses among the classic queues of the node that the publisher is connected to.`,
        help: 'Bind classic queues to it (`type: classic`), or use an exchange of another type.',
        path: [...path, 'exchange'],
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
