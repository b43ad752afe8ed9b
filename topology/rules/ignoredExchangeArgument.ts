import type { Exchange } from '../model';
import { nearest } from '../names';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import { wordTable } from '../wordTable';

export const ignoredExchangeArgument: Rule = {
  code: 'ignored-exchange-argument',
  severity: 'warning',
  title: 'Every argument of an exchange means something to its type.',
  reason:
    'RabbitMQ takes any argument and ignores what it does not know: what a misspelt one was to say is lost.',
  help: 'Correct the name, or remove it. An argument that a plugin of yours reads may be suppressed with that reason.',
  sources: [docs('exchanges'), docs('consistent-hash-exchange'), measured('an unknown argument is accepted')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      orders: { type: topic, hashOn: { header: customer } }
`,
    good: `
broker: { plugins: [rabbitmq_consistent_hash_exchange] }
vhosts:
  shop:
    exchanges:
      orders: { type: x-consistent-hash, hashOn: { header: customer } }
`,
  },
  check: ({ topology: { vhosts } }) => vhosts.flatMap(({ exchanges }) => exchanges.flatMap(checkExchange)),
};

/** Arguments by the types that read them; undefined: all do. */
const ARGUMENTS = wordTable<string | undefined>({
  'alternate-exchange': undefined,
  'x-super-stream': 'direct',
  'hash-header': 'x-consistent-hash',
  'hash-property': 'x-consistent-hash',
  'x-delayed-type': 'x-delayed-message',
  'x-recent-history-length': 'x-recent-history',
  'x-recent-history-no-store': 'x-recent-history',
});
const KNOWN_TYPES = [
  'direct',
  'topic',
  'fanout',
  'headers',
  'x-local-random',
  'x-consistent-hash',
  'x-random',
];

function checkExchange({ name, type, arguments: given, hashOn, path }: Exchange): Finding[] {
  // Whatever a plugin's exchange reads.
  if (!KNOWN_TYPES.includes(type)) return [];
  const unread = Object.keys(given).filter((key) => {
    const reader = ARGUMENTS[key];
    return !(key in ARGUMENTS) || (reader !== undefined && reader !== type);
  });
  return [
    ...unread.map((key): Finding => {
      const meant = key in ARGUMENTS ? undefined : nearest(key, Object.keys(ARGUMENTS));
      return {
        message: `"${key}" means nothing to "${name}", which is a ${type} exchange.`,
        reason: 'RabbitMQ takes it, and ignores it without a word.',
        help:
          meant === undefined ? 'Remove it, or change the type of the exchange.' : `Did you mean "${meant}"?`,
        path: [...path, 'arguments', key],
        part: 'key',
      };
    }),
    ...(hashOn === undefined || type === 'x-consistent-hash'
      ? []
      : [
          {
            message: `\`hashOn\` means nothing to "${name}", which is a ${type} exchange.`,
            reason: 'Only a consistent hash exchange spreads messages by a hash.',
            help: 'Remove it, or say `type: x-consistent-hash`.',
            path: [...path, 'hashOn'],
            part: 'key' as const,
          },
        ]),
  ];
}
