import { nearest } from '../names';
import type { Arguments, QueueType } from '../objects';
import type { Path } from '../source/index';
import type { Target } from '../target';
import { QUEUE_ARGUMENTS, argumentFate } from './queueArguments';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const ignoredArgument: Rule = {
  code: 'ignored-argument',
  severity: 'warning',
  title: 'Every argument of a queue means something to RabbitMQ, on that type of queue and that series.',
  reason:
    'RabbitMQ takes any argument and ignores what it does not know: what a misspelt one was to say is lost.',
  help: 'Correct the name. An argument that only the application or a plugin reads may be suppressed with that reason.',
  sources: [
    docs('queues#optional-arguments'),
    measured(
      'an unknown x-argument is accepted, and so are, before 4.3, consumer timeouts and delayed retries on other types than quorum; a full quorum queue with reject-publish-dlx drops its oldest messages',
    ),
  ],
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
  check: ({ topology: { target }, vhosts }) =>
    vhosts.flatMap(({ queues, families }) => [
      ...queues.flatMap(({ queue, type }) => [
        ...ignored(queue.declaredWith ?? {}, [...queue.path, 'declaredWith'], target, type),
        ...ignored(queue.arguments, [...queue.path, 'arguments'], target, type),
      ]),
      // The application chooses the type of its queues.
      ...families.flatMap(({ family }) =>
        ignored(family.declaredWith ?? {}, [...family.path, 'declaredWith'], target, undefined),
      ),
    ]),
};

function ignored(given: Arguments, path: Path, target: Target, type: QueueType | undefined): Finding[] {
  return Object.entries(given).flatMap(([key, value]): Finding[] => {
    const at = { path: [...path, key], part: 'key' as const };
    if (key === 'x-overflow' && value === 'reject-publish-dlx' && type === 'quorum')
      return [{ ...IGNORED_OVERFLOW, path: at.path, part: 'value' }];
    if (QUEUE_ARGUMENTS[key] === undefined) return [{ ...describeUnknown(key), ...at }];
    if (type === undefined || argumentFate(key, type, target) !== 'ignored') return [];
    return [
      {
        message: `RabbitMQ ${target} ignores "${key}" on a ${type} queue.`,
        reason: 'It takes it without a word.',
        help: 'Remove it once the application stops declaring it, or change the type or the target.',
        ...at,
      },
    ];
  });
}

/** RabbitMQ takes it there, from 3.10 to 4.3. */
const IGNORED_OVERFLOW = {
  message: 'RabbitMQ ignores the overflow reject-publish-dlx on a quorum queue.',
  reason: 'A full one drops its oldest messages, as with drop-head: its publishers are not refused.',
  help: 'Have it declared with reject-publish, or with drop-head and a dead letter target.',
};

function describeUnknown(key: string): Pick<Finding, 'message' | 'reason' | 'help'> {
  if (/^(x-)?ha-/.test(key)) {
    return {
      message: `"${key}" is no queue argument.`,
      reason: 'Mirroring was a matter of policies, and RabbitMQ ignores it here.',
      help: 'Say `replicated: true`.',
    };
  }
  if (QUEUE_ARGUMENTS[`x-${key}`] !== undefined) {
    return {
      message: `The argument "${key}" lacks its "x-".`,
      reason: 'RabbitMQ would ignore it without a word.',
      help: `Write "x-${key}".`,
    };
  }
  const meant = nearest(key, Object.keys(QUEUE_ARGUMENTS));
  return {
    message: `RabbitMQ knows no queue argument "${key}".`,
    reason: 'It takes it, and ignores it without a word.',
    help:
      meant === undefined
        ? 'Remove it; if the application or a plugin reads it, suppress this with that reason.'
        : `Did you mean "${meant}"?`,
  };
}
