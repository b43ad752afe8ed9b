import type { ResolvedVhost } from '../resolve/index';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const expires: Rule = {
  code: 'expires',
  severity: 'error',
  title: 'An expiry is over 0.',
  reason: 'RabbitMQ refuses a queue that would vanish as soon as it is unused.',
  help: 'Remove it to keep the queue, or say e.g. 5m.',
  sources: [docs('ttl#queue-ttl'), measured('400, and 406 over AMQP')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    families:
      'basket:{id}': { expires: 0 }
`,
    good: `
vhosts:
  shop:
    families:
      'basket:{id}': { expires: 5m }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(zero),
};

function zero({ vhost }: ResolvedVhost): Finding[] {
  const quotas = { settings: vhost.quotas ?? {}, path: [...vhost.path, 'quotas'] };
  return [...vhost.queues, ...vhost.families, quotas]
    .filter(({ settings }) => settings.expiresMs === 0)
    .map(({ path }) => ({
      message: 'A queue expiry must be more than 0.',
      reason: 'RabbitMQ refuses a queue that would vanish as soon as it is unused.',
      help: 'Remove it to keep the queue, or say e.g. 5m.',
      path: [...path, 'expires'],
    }));
}
