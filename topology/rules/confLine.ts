import type { Topology } from '../model';
import { wordedLines } from '../render/rabbitmqConf';
import type { WordedLine } from '../render/rabbitmqConf';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const confLine: Rule = {
  code: 'conf-line',
  severity: 'error',
  title: 'A key and a value below `broker.conf` make one line of rabbitmq.conf, and all of it.',
  reason:
    'A line break would begin another setting, which nobody reviews as one, and what stands behind a # would be a comment.',
  help: 'Write the key as rabbitmq.conf has it, and a value that fits on its line; from RabbitMQ 4.0 on, one that holds a # in single quotes.',
  sources: [
    docs('configure#config-file'),
    'Measured on RabbitMQ 3.10, 4.0 and 4.3: the parsers of rabbitmq.conf in each of them.',
  ],
  isAdvice: false,
  example: {
    bad: `
broker:
  conf: { default_vhost: "shop\\nloopback_users = none" }
`,
    good: `
broker:
  conf: { default_vhost: shop, loopback_users: none }
`,
  },
  check: ({ topology: { broker, target } }: { readonly topology: Topology }) =>
    broker === undefined ? [] : wordedLines(broker).flatMap((line) => checkLine(line, target)),
};

/** Words parted by dots; a dot with a backslash belongs to its word. */
const KEY = /^(\\\.|[\w-])+(\.(\\\.|[\w-])+)*$/;

/** Neither key nor value is repeated: there may be anything in them. */
function checkLine({ key, value, path }: WordedLine, target: Target): Finding[] {
  if (!KEY.test(key)) {
    return [
      {
        message: 'This is no key that rabbitmq.conf can have.',
        reason: 'The node would not start, or would read something else than what stands here.',
        help: 'Write letters, digits, - and _, in words parted by dots, e.g. log.console.level.',
        path,
        part: 'key',
      },
    ];
  }
  const fault = typeof value === 'string' ? valueFault(value, target) : undefined;
  return fault === undefined ? [] : [{ ...fault, path }];
}

type Fault = Pick<Finding, 'message' | 'reason' | 'help'>;

function valueFault(value: string, target: Target): Fault | undefined {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    return {
      message: 'This value does not fit on one line of rabbitmq.conf.',
      reason: 'What stands behind a line break would be a setting of its own.',
      help: 'Write it without line breaks and control characters, and each setting under its own key.',
    };
  }
  if (value.trim() !== value || value === '') {
    return {
      message: value.trim() === '' ? 'This value is empty.' : 'This value begins or ends with a blank.',
      reason: 'RabbitMQ takes the blanks away, and does not start where nothing is left.',
      help: 'Write the value that RabbitMQ should see, or remove the key.',
    };
  }
  const knowsQuotes = isAtLeast(target, '4.0');
  const isQuoted = /^'[^']*'$/.test(value);
  if (knowsQuotes && value.startsWith("'") && !isQuoted) {
    return {
      message: 'The quote at the beginning of this value is not closed at its end.',
      reason: 'RabbitMQ would read on to the next quote, over the lines that follow.',
      help: 'Put the whole value into single quotes, with none in it, or begin it with another character.',
    };
  }
  if (!value.includes('#') || (knowsQuotes && isQuoted)) return undefined;
  return {
    message: 'A # in this value begins a comment.',
    reason: 'RabbitMQ would see only what stands in front of it.',
    help: knowsQuotes
      ? `Put the value into single quotes for RabbitMQ, too: "'…'".`
      : `Write a value without it: RabbitMQ ${target} has no way to say a #.`,
  };
}
