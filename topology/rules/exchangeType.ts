import type { Exchange } from '../model';
import { nearest } from '../names';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { EXCHANGE_TYPES } from './exchangeTypes';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const exchangeType: Rule = {
  code: 'exchange-type',
  severity: 'error',
  title: 'An exchange is of a type that RabbitMQ, or a plugin, has.',
  reason: 'RabbitMQ refuses an exchange of an unknown type.',
  help: 'Use direct, topic, fanout, headers, x-local-random (4.0 and later), or the type of a plugin, which begins with "x-".',
  sources: [docs('exchanges#types'), measured('400: unknown exchange type; 3.10 has no x-local-random')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { type: topics }
`,
    good: `
vhosts:
  shop:
    exchanges:
      orders: { type: topic }
`,
  },
  check: ({ topology: { target, vhosts } }) =>
    vhosts.flatMap(({ exchanges }) => exchanges.flatMap((exchange) => checkType(exchange, target))),
};

function checkType({ name, type, path }: Exchange, target: Target): Finding[] {
  const at = { path: [...path, 'type'] };
  const known = EXCHANGE_TYPES[type];
  if (known?.since !== undefined && !isAtLeast(target, known.since)) {
    return [
      {
        ...at,
        message: `RabbitMQ ${target} has no exchanges of the type "${type}".`,
        reason: `They exist from ${known.since} on.`,
        help: 'Use another type, or change the target.',
      },
    ];
  }
  // A type that begins so may be that of any plugin: another rule asks for it.
  if (known !== undefined || type.startsWith('x-')) return [];
  const meant =
    nearest(type, Object.keys(EXCHANGE_TYPES)) ?? nearest(`x-${type}`, Object.keys(EXCHANGE_TYPES));
  return [
    {
      ...at,
      message: `"${name}" is of the type "${type}", which RabbitMQ doesn't know.`,
      reason: 'It would refuse the exchange.',
      help: meant === undefined ? 'Use direct, topic, fanout or headers.' : `Did you mean "${meant}"?`,
    },
  ];
}
