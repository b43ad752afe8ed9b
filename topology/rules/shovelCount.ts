import { parameterField, shovelsOf } from './parameterField';
import { docs, measured } from './rule';
import type { Rule } from './rule';

export const shovelCount: Rule = {
  code: 'shovel-count',
  severity: 'error',
  title: 'A shovel that ends after a number of messages acknowledges them.',
  reason: 'It counts what was acknowledged: RabbitMQ refuses a number in `deleteAfter` together with no-ack.',
  help: 'Use `ackMode: on-publish` or `on-confirm`; or `deleteAfter: queue-length`, or `never`.',
  sources: [docs('shovel-dynamic'), measured("400: Cannot specify 'no-ack' and numerical 'delete-after'")],
  isAdvice: false,
  example: {
    bad: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    shovels:
      move: { source: { uri: 'amqp:///shop', queue: old, deleteAfter: 100 }, destination: { uri: 'amqp:///shop', queue: paid }, ackMode: no-ack }
    queues: { paid: , old: }
`,
    good: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    shovels:
      move: { source: { uri: 'amqp:///shop', queue: old, deleteAfter: 100 }, destination: { uri: 'amqp:///shop', queue: paid }, ackMode: on-confirm }
    queues: { paid: , old: }
`,
  },
  check: ({ topology: { vhosts } }) =>
    shovelsOf(vhosts)
      .filter((shovel) => {
        const deleteAfter =
          parameterField(shovel, 'src-delete-after') ?? parameterField(shovel, 'delete-after');
        return typeof deleteAfter === 'number' && parameterField(shovel, 'ack-mode') === 'no-ack';
      })
      .map(({ name, path }) => ({
        message: `The shovel "${name}" would end after a number of messages, and acknowledges none.`,
        help: 'Use `ackMode: on-publish` or `on-confirm`.',
        path,
        part: 'key' as const,
      })),
};
