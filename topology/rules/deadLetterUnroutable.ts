import type { ResolvedVhost } from '../resolve/index';
import { deadLetterTargets } from './deadLetterTargets';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterUnroutable: Rule = {
  code: 'dead-letter-unroutable',
  severity: 'error',
  title: 'Dead letters reach a queue.',
  reason: "RabbitMQ drops what an exchange can't route: these dead letters would be lost.",
  help: 'Bind a queue to that exchange, with a key that matches, or dead-letter straight to a queue.',
  sources: [docs('dlx#routing')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      dead: { type: direct }
    queues:
      paid: { deadLetter: { exchange: dead, routingKey: paid } }
      failed: { maxLength: 1000, bindings: [{ exchange: dead, routingKey: failed }] }
`,
    good: `
vhosts:
  shop:
    exchanges:
      dead: { type: direct }
    queues:
      paid: { deadLetter: { exchange: dead, routingKey: failed } }
      failed: { maxLength: 1000, bindings: [{ exchange: dead, routingKey: failed }] }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(unroutable),
};

function unroutable({ vhost, queues }: ResolvedVhost): Finding[] {
  return queues.flatMap((resolved) => {
    const { queue } = resolved;
    const exchange = queue.settings.deadLetter?.exchange;
    const isDefined = vhost.exchanges.some(({ name }) => name === exchange);
    // A family's queues may bind themselves when they are declared.
    if (exchange === undefined || !isDefined || vhost.families.length > 0) return [];
    if (deadLetterTargets(resolved, vhost).size > 0) return [];
    const key = queue.settings.deadLetter?.routingKey;
    return [
      {
        message: `The dead letters of "${queue.name}" reach no queue through "${exchange}"${key === undefined ? '' : ` with the key "${key}"`}.`,
        reason: "RabbitMQ drops what it can't route: these messages would be lost.",
        help: 'Bind a queue to that exchange, with a key that matches, or dead-letter straight to a queue.',
        path: [...queue.path, 'deadLetter'],
        part: 'key' as const,
      },
    ];
  });
}
