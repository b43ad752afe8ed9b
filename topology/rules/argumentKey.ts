import type { Queue } from '../model';
import { canonicalJson } from '../objects';
import type { ArgumentValue, Arguments } from '../objects';
import type { Path } from '../source';
import type { Target } from '../target';
import { QUEUE_ARGUMENTS, valueFault } from './keys';
import type { Finding, Rule } from './rule';

export const argumentKey: Rule = {
  code: 'argument-key',
  severity: 'error',
  title: 'Queue arguments have names and values that RabbitMQ takes, and stand once.',
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
  return Object.entries(given).flatMap(([key, value]) => checkArgument(key, value, [...path, key], target));
}

function checkArgument(key: string, value: ArgumentValue, path: Path, target: Target): Finding[] {
  if (/^(x-)?ha-/.test(key)) {
    return [
      {
        message: `"${key}" is no queue argument.`,
        reason: 'Mirroring was a matter of policies, and RabbitMQ ignores it here.',
        help: 'Say `replicated: true`.',
        path,
        part: 'key',
      },
    ];
  }
  const prefixed = `x-${key}`;
  if (QUEUE_ARGUMENTS[prefixed] !== undefined) {
    return [
      {
        message: `The argument "${key}" lacks its "x-".`,
        reason: 'RabbitMQ would ignore it without a word.',
        help: `Write "${prefixed}".`,
        path,
        part: 'key',
      },
    ];
  }
  const known = QUEUE_ARGUMENTS[key];
  const expected = known === undefined ? undefined : valueFault(known.value, value, target);
  if (expected === undefined) return [];
  return [
    {
      message: `The value of "${key}" must be ${expected}.`,
      reason: 'RabbitMQ refuses the queue otherwise.',
      help: 'Durations are milliseconds and sizes are bytes here, without quotes and units.',
      path,
    },
  ];
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
