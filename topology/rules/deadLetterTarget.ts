import type { DeadLetter } from '../model';
import type { Path } from '../source/index';
import { docs, LANGUAGE } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterTarget: Rule = {
  code: 'dead-letter-target',
  severity: 'error',
  title: 'deadLetter names either a queue or an exchange.',
  reason:
    'A queue is reached through the default exchange, with its name as the routing key: with another exchange or key beside it, one of the two would be ignored.',
  help: 'Keep either `queue`, or `exchange` with `routingKey`.',
  sources: [docs('dlx'), LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: failed, routingKey: failed } }
      failed: { maxLength: 1000 }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts
      .flatMap(({ queues, families }) => [...queues, ...families])
      .flatMap(({ path, settings }) =>
        settings.deadLetter === undefined ? [] : checkTarget(settings.deadLetter, [...path, 'deadLetter']),
      ),
};

function checkTarget({ queue, exchange, routingKey }: DeadLetter, path: Path): Finding[] {
  const at = { path, part: 'key' as const };
  if (queue === undefined && exchange === undefined) {
    return [
      {
        ...at,
        message: 'deadLetter names no target.',
        help: 'Say `queue:` for a queue of this vhost, or `exchange:`, with `routingKey:` where it needs one.',
      },
    ];
  }
  if (queue !== undefined && (exchange !== undefined || routingKey !== undefined)) {
    return [
      {
        ...at,
        message: `deadLetter names a queue and ${exchange === undefined ? 'a routing key' : 'an exchange'}.`,
        reason: 'A queue is reached through the default exchange, with its name as the routing key.',
        help: 'Keep either `queue`, or `exchange` with `routingKey`.',
      },
    ];
  }
  return [];
}
