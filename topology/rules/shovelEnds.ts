import type { Parameter } from '../model';
import { parameterField, shovelsOf } from './parameterField';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const shovelEnds: Rule = {
  code: 'shovel-ends',
  severity: 'error',
  title: 'A shovel takes from one queue or exchange, and brings to one.',
  reason: 'RabbitMQ refuses a shovel that does not know where it takes from, or has two such places.',
  help: 'Name a queue, or an exchange with its routingKey; for AMQP 1.0, an address.',
  sources: [
    docs('shovel-dynamic'),
    measured(
      "400: Must specify 'src-exchange' or 'src-queue'; Cannot specify 'src-exchange' and 'src-queue'",
    ),
  ],
  isAdvice: false,
  example: {
    bad: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    shovels:
      move: { source: { uri: 'amqp:///shop' }, destination: { uri: 'amqp:///shop', queue: paid } }
    queues: { paid: }
`,
    good: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    shovels:
      move: { source: { uri: 'amqp:///shop', queue: old }, destination: { uri: 'amqp:///shop', queue: paid } }
    queues: { paid: , old: }
`,
  },
  check: ({ topology: { vhosts } }) =>
    shovelsOf(vhosts).flatMap((shovel) => [
      ...checkEnd(shovel, 'source'),
      ...checkEnd(shovel, 'destination'),
    ]),
};

function checkEnd(shovel: Parameter, end: 'source' | 'destination'): Finding[] {
  const { path, name } = shovel;
  const prefix = end === 'source' ? 'src' : 'dest';
  const said = ['queue', 'exchange', 'address'].filter(
    (key) => parameterField(shovel, `${prefix}-${key}`) !== undefined,
  );
  const isAmqp10 = parameterField(shovel, `${prefix}-protocol`) === 'amqp10';
  const at = { path: [...path, end], part: 'key' as const };
  const place = `The ${end} of the shovel "${name}"`;
  if (isAmqp10) {
    if (said.length === 1 && said[0] === 'address') return [];
    return [
      {
        ...at,
        message: `${place} needs an address, and nothing else: it speaks AMQP 1.0.`,
        help: 'Write `address: /queues/NAME`.',
      },
    ];
  }
  if (said.includes('address')) {
    return [
      {
        ...at,
        message: `${place} has an address, which is for AMQP 1.0.`,
        help: 'Say `queue`, or `protocol: amqp10`.',
      },
    ];
  }
  if (said.length > 1) {
    return [{ ...at, message: `${place} names a queue and an exchange.`, help: 'Keep one of the two.' }];
  }
  if (said.length === 1 || end === 'destination') return [];
  return [
    {
      ...at,
      message: `${place} names neither a queue nor an exchange.`,
      help: 'Name the queue that it empties, or an exchange with its routingKey.',
    },
  ];
}
