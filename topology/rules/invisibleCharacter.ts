import { named } from './badName';
import { LANGUAGE } from './rule';
import type { Rule } from './rule';

/** Format characters (direction, joiners, marks of no width), separators of lines, and letters that are blank. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/u;

export const invisibleCharacter: Rule = {
  code: 'invisible-character',
  severity: 'warning',
  title: 'Names hold no characters that are not seen.',
  reason:
    'Characters without width, and those that turn the direction of a text, make two different names look alike to whoever reviews them.',
  help: 'Take the character out: write the name anew instead of copying it.',
  sources: ['https://www.unicode.org/reports/tr36/', LANGUAGE],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      "paid\\u200B":
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
`,
  },
  check: ({ topology }) =>
    named(topology).flatMap(({ what, name, path }) => {
      const [found] = INVISIBLE.exec(name) ?? [];
      if (found === undefined) return [];
      const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      return [
        {
          message: `The name of this ${what} holds a character that is not seen: U+${code}.`,
          reason: 'Another name may look just like it.',
          help: 'Take the character out: write the name anew instead of copying it.',
          path,
          part: 'key' as const,
        },
      ];
    }),
};
