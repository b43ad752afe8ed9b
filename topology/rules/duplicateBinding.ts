import type { Binding } from '../model';
import { canonicalJson } from '../objects';
import { docs, LANGUAGE } from './rule';
import type { Finding, Rule } from './rule';

export const duplicateBinding: Rule = {
  code: 'duplicate-binding',
  severity: 'error',
  title: 'A binding stands once.',
  reason: 'RabbitMQ keeps one of them: removing one line later would change nothing, or too much.',
  help: 'Remove one of the two.',
  sources: [docs('queues#bindings'), LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
        bindings:
          - { exchange: amq.topic, routingKey: order.paid }
          - { exchange: amq.topic, routingKey: order.paid }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
        bindings:
          - { exchange: amq.topic, routingKey: order.paid }
`,
  },
  check: ({ topology }) =>
    topology.vhosts.flatMap(({ queues, exchanges }) =>
      [...queues, ...exchanges].flatMap(({ name, bindings }) => repeated(name, bindings)),
    ),
};

function repeated(destination: string, bindings: readonly Binding[]): Finding[] {
  const seen = new Set<string>();
  return bindings.flatMap((binding) => {
    const key = canonicalJson([binding.exchange, binding.routingKey, binding.arguments]);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      {
        message: `The binding of "${destination}" to "${binding.exchange}" with the key "${binding.routingKey}" stands here a second time.`,
        reason: 'RabbitMQ keeps one of them: removing one line later would change nothing, or too much.',
        help: 'Remove one of the two.',
        path: binding.path,
      },
    ];
  });
}
