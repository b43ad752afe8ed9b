import { isRecord } from '../build/values';
import { parameterField, shovelsOf } from './parameterField';
import { docs } from './rule';
import type { Rule } from './rule';

export const shovelUserId: Rule = {
  code: 'shovel-user-id',
  severity: 'warning',
  title: 'A shovel writes no user name into the messages that it moves.',
  reason:
    'RabbitMQ takes a message with a `user_id` only from that very user. A user of the topology has another name with each generation of its login (`celery-g1`, `celery-g2`): after a rotation, if not at once, all messages are refused.',
  help: 'Leave `user_id` out of `publish-properties`; applications that must know the sender can have it in a header.',
  sources: [docs('validated-user-id'), docs('shovel-dynamic')],
  isAdvice: true,
  example: {
    bad: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    parameters:
      shovel:
        move:
          src-uri: 'amqp:///shop'
          src-queue: old
          dest-uri: 'amqp:///shop'
          dest-queue: paid
          dest-publish-properties: { user_id: celery }
    queues: { paid: , old: }
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
    shovelsOf(vhosts).flatMap((shovel) =>
      ['dest-publish-properties', 'publish-properties'].flatMap((key) => {
        const properties = parameterField(shovel, key);
        if (!isRecord(properties) || typeof properties.user_id !== 'string') return [];
        return [
          {
            message: `The shovel "${shovel.name}" writes the user "${properties.user_id}" into its messages, which only a login of exactly that name may do.`,
            help: 'Leave `user_id` out of its properties; a header can hold it.',
            path: shovel.path,
            part: 'key' as const,
          },
        ];
      }),
    ),
};
