import { settingsDefinition } from '../resolve/policyDefinitions';
import { declaredDeadLetterKey } from '../expand/retry';
import type { Queue, Settings } from '../model';
import type { Arguments } from '../objects';
import type { Path } from '../source/index';
import { QUEUE_ARGUMENTS } from './queueArguments';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const settingBesideArgument: Rule = {
  code: 'setting-beside-argument',
  severity: 'warning',
  title: 'A limit stands either in the arguments or in the settings of a queue.',
  reason:
    "On the broker the lower of two numbers counts, and of two other values the argument: one of the two says what isn't so.",
  help: 'Remove the setting, or the argument once the application stops declaring it.',
  sources: [
    docs('policies#why-policies-exist'),
    docs('maxlength'),
    measured('what `effective` values a queue has'),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { ttl: 2h, declaredWith: { x-message-ttl: 1800000 } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { declaredWith: { x-message-ttl: 1800000 } }
`,
  },
  check: ({ vhosts }) =>
    vhosts.flatMap(({ queues, families }) => [
      ...queues.flatMap(({ queue }) => contradictions({ ...queue, given: givenBeside(queue) })),
      // Its application's arguments, which nothing here can change.
      ...families.flatMap(({ family }) =>
        contradictions({ ...family, name: family.template, given: family.declaredWith ?? {} }),
      ),
    ]),
};

interface Limited {
  readonly name: string;
  readonly path: Path;
  readonly settings: Settings;
  readonly given: Arguments;
}

/** The dead letters that an application declares beside a retry are an error of their own. */
function givenBeside(queue: Queue): Arguments {
  const given = { ...queue.arguments, ...queue.declaredWith };
  if (declaredDeadLetterKey(queue) === undefined) return given;
  return Object.fromEntries(Object.entries(given).filter(([key]) => !key.startsWith('x-dead-letter-')));
}

const NUMERIC = ['message-ttl', 'expires', 'max-length', 'max-length-bytes', 'delivery-limit'];

function contradictions({ name, path, settings, given }: Limited): Finding[] {
  return Object.entries(settingsDefinition(settings)).flatMap(([key, value]) => {
    const argument = given[`x-${key}`];
    if (argument === undefined || argument === value) return [];
    const word = QUEUE_ARGUMENTS[`x-${key}`]?.word ?? key;
    const wins = NUMERIC.includes(key) ? 'the lower of the two values' : 'the argument';
    return [
      {
        message: `"${name}" has ${word} beside the argument x-${key}: ${String(argument)}.`,
        reason: `On the broker, ${wins} counts.`,
        help: `Remove \`${word}\`, or the argument once the application stops declaring it.`,
        path: [...path, word],
      },
    ];
  });
}
