import { nearest } from '../names';
import type { Arguments } from '../objects';
import type { Path } from '../source';
import { KNOWN_QUEUE_ARGUMENTS } from './keys';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const ignoredArgument: Rule = {
  code: 'ignored-argument',
  severity: 'warning',
  title: 'Every argument of a queue is one that RabbitMQ knows.',
  reason:
    'RabbitMQ takes any argument and ignores what it does not know: what a misspelt one was to say is lost.',
  help: 'Correct the name. An argument that only the application or a plugin reads may be suppressed with that reason.',
  sources: [docs('queues#optional-arguments'), measured('an unknown x-argument is accepted')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-mesage-ttl: 7200000 } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-message-ttl: 7200000 } }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ queues, families }) => [
      ...queues.flatMap((queue) => [
        ...ignored(queue.declaredWith ?? {}, [...queue.path, 'declaredWith']),
        ...ignored(queue.arguments, [...queue.path, 'arguments']),
      ]),
      ...families.flatMap((family) => ignored(family.declaredWith ?? {}, [...family.path, 'declaredWith'])),
    ]),
};

function ignored(given: Arguments, path: Path): Finding[] {
  return Object.keys(given).flatMap((key): Finding[] => {
    if (KNOWN_QUEUE_ARGUMENTS.has(key)) return [];
    return [{ ...describe(key), path: [...path, key], part: 'key' }];
  });
}

function describe(key: string): Pick<Finding, 'message' | 'reason' | 'help'> {
  if (/^(x-)?ha-/.test(key)) {
    return {
      message: `"${key}" is no queue argument.`,
      reason: 'Mirroring was a matter of policies, and RabbitMQ ignores it here.',
      help: 'Say `replicated: true`.',
    };
  }
  if (KNOWN_QUEUE_ARGUMENTS.has(`x-${key}`)) {
    return {
      message: `The argument "${key}" lacks its "x-".`,
      reason: 'RabbitMQ would ignore it without a word.',
      help: `Write "x-${key}".`,
    };
  }
  const meant = nearest(key, KNOWN_QUEUE_ARGUMENTS);
  return {
    message: `RabbitMQ knows no queue argument "${key}".`,
    reason: 'It takes it, and ignores it without a word.',
    help:
      meant === undefined
        ? 'Remove it; if the application or a plugin reads it, suppress this with that reason.'
        : `Did you mean "${meant}"?`,
  };
}
