import type { Worker } from '../model';
import { docs } from './rule';
import type { Rule } from './rule';

export const autoscaleHeld: Rule = {
  code: 'autoscale-held',
  severity: 'warning',
  title: 'A worker is there for no fewer messages than it holds at once.',
  reason:
    'The scaler counts messages that a worker holds, too. Where one holds more than the messages for which another one is started, those that are started find nothing to do, and the fleet never shrinks while the first one is busy.',
  help: 'Raise `messagesPerReplica` to the prefetch (or the concurrency, where that is more), or lower the prefetch.',
  sources: [docs('consumer-prefetch'), 'https://keda.sh/docs/latest/scalers/rabbitmq-queue/'],
  isAdvice: true,
  example: {
    bad: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], prefetch: 50, autoscale: { min: 1, max: 5, messagesPerReplica: 10 } }
`,
    good: `
vhosts: { shop: { queues: { paid: } } }
workers:
  shop: { vhost: shop, queues: [paid], prefetch: 50, autoscale: { min: 1, max: 5, messagesPerReplica: 200 } }
`,
  },
  check: ({ topology: { workers } }) =>
    workers.flatMap((worker) => {
      const { name, path, autoscale } = worker;
      const { messagesPerReplica } = autoscale ?? {};
      const { held, setting } = heldBy(worker);
      if (messagesPerReplica === undefined || messagesPerReplica >= held) return [];
      return [
        {
          message: `Each of the workers "${name}" holds ${held} messages (${setting}), and the scaler starts another one for every ${messagesPerReplica}.`,
          reason: 'Those that are started find nothing to do.',
          help: `Say \`messagesPerReplica: ${held}\` or more${setting === 'prefetch' ? ', or lower the prefetch' : ''}.`,
          path: [...path, 'autoscale', 'messagesPerReplica'],
        },
      ];
    }),
};

function heldBy({ prefetch = 1, concurrency = 1, autoscale }: Worker): {
  readonly held: number;
  readonly setting: string;
} {
  // Over AMQP the scaler sees ready messages only: what is held counts for nothing.
  if (prefetch > concurrency && autoscale?.protocol === 'http')
    return { held: prefetch, setting: 'prefetch' };
  return { held: concurrency, setting: 'concurrency' };
}
