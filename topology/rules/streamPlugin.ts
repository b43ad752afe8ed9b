import { docs } from './rule';
import type { Rule } from './rule';

export const streamPlugin: Rule = {
  code: 'stream-plugin',
  severity: 'warning',
  title: 'A topology with super streams names the plugin rabbitmq_stream.',
  reason:
    'RabbitMQ takes the exchange and the queues of a super stream without it, but clients of super streams speak the stream protocol, which the plugin brings.',
  help: 'Add rabbitmq_stream to `broker: { plugins: […] }`.',
  sources: [docs('streams#super-streams'), docs('stream')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    superStreams:
      invoices: { partitions: 3, maxAge: 7d }
`,
    good: `
broker: { plugins: [rabbitmq_stream] }
vhosts:
  shop:
    superStreams:
      invoices: { partitions: 3, maxAge: 7d }
`,
  },
  check: ({ topology: { broker, vhosts } }) =>
    broker?.plugins?.includes('rabbitmq_stream') === true
      ? []
      : vhosts.flatMap(({ superStreams }) =>
          superStreams.map(({ name, path }) => ({
            message: `The super stream "${name}" needs the plugin rabbitmq_stream for its clients.`,
            reason: 'They speak the stream protocol, which no broker has without it.',
            help: 'Add rabbitmq_stream to `broker: { plugins: […] }`.',
            path,
            part: 'key' as const,
          })),
        ),
};
