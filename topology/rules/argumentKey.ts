import type { Queue } from '../model';
import { canonicalJson } from '../objects';
import type { ArgumentValue, Arguments } from '../objects';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { booleanMeant } from '../units';
import { QUEUE_ARGUMENTS } from './queueArguments';
import { valueFault } from './values';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const argumentKey: Rule = {
  code: 'argument-key',
  severity: 'error',
  title: 'Queue arguments have values that RabbitMQ takes, and each property one value.',
  reason: 'RabbitMQ refuses a queue whose argument has a value of the wrong type or out of range.',
  help: 'Write milliseconds and bytes as numbers, without quotes and units, and say each property once.',
  sources: [docs('queues#optional-arguments')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-message-ttl: '7200000' } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-message-ttl: 7200000 } }
`,
  },
  check: ({ topology: { vhosts, target } }) =>
    vhosts.flatMap(({ queues }) =>
      queues.flatMap((queue) => [
        ...checkArguments(queue.declaredWith ?? {}, [...queue.path, 'declaredWith'], target),
        ...checkArguments(queue.arguments, [...queue.path, 'arguments'], target),
        ...saidTwice(queue),
      ]),
    ),
};

function checkArguments(given: Arguments, path: Path, target: Target): Finding[] {
  const [exchange, key] = [given['x-dead-letter-exchange'], 'x-dead-letter-routing-key'];
  return [
    ...Object.entries(given).flatMap(([name, value]) => checkArgument(name, value, [...path, name], target)),
    ...(exchange === undefined && key in given
      ? [
          {
            message: `"${key}" needs "x-dead-letter-exchange" beside it.`,
            reason: 'RabbitMQ refuses the queue otherwise.',
            help: "Add it; '' is the default exchange, which routes to the queue that the key names.",
            path: [...path, key],
            part: 'key' as const,
          },
        ]
      : []),
  ];
}

function checkArgument(key: string, value: ArgumentValue, path: Path, target: Target): Finding[] {
  const known = QUEUE_ARGUMENTS[key];
  // An argument that this series doesn't know yet may hold anything.
  if (known === undefined || (known.since !== undefined && !isAtLeast(target, known.since))) return [];
  // Version 1 is gone: as a policy it is ignored, as an argument refused.
  const kind = key === 'x-queue-version' && isAtLeast(target, '4.3') ? { oneOf: [2] } : known.value;
  const expected = valueFault(kind, value, target);
  if (expected === undefined) return [];
  const meant = kind === 'flag' && typeof value === 'string' ? booleanMeant(value) : undefined;
  return [
    {
      message: `The value of "${key}" must be ${expected}.`,
      reason: 'RabbitMQ refuses the queue otherwise.',
      help: helpFor(kind, meant),
      path,
    },
  ];
}

function helpFor(kind: Parameters<typeof valueFault>[0], meant: boolean | undefined): string {
  if (kind === 'flag') return `Write ${meant ?? 'true or false'}, without quotes.`;
  return typeof kind === 'object' && 'oneOf' in kind
    ? 'Write what RabbitMQ knows, or leave it out.'
    : 'Durations are milliseconds and sizes are bytes here, without quotes and units.';
}

/** The same property by its own word and as an argument, with two values. */
function saidTwice(queue: Queue): Finding[] {
  const words: readonly (readonly [string, ArgumentValue | undefined])[] = [
    ['x-queue-type', queue.type],
    ['x-max-priority', queue.priorities],
    ['x-single-active-consumer', queue.singleActiveConsumer],
  ];
  return words.flatMap(([key, value]) => {
    const other = queue.arguments[key];
    if (value === undefined || other === undefined || canonicalJson(value) === canonicalJson(other))
      return [];
    return [
      {
        message: `"${queue.name}" has two values for ${QUEUE_ARGUMENTS[key]?.word ?? key}: ${String(value)} and ${String(other)}.`,
        help: `Remove "${key}" from \`arguments\`.`,
        path: [...queue.path, 'arguments', key],
        part: 'key' as const,
      },
    ];
  });
}
