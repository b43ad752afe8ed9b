import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PATTERN_BYTES_MAX,
  compilePattern,
  escapeRegex,
  toByteText,
} from '../../topology/patterns/brokerRegex';
import { comparePatterns, isAnchored } from '../../topology/patterns/languages';
import { namesPattern } from '../../topology/patterns/namesPattern';
import { templateMatches, templateRegex } from '../../topology/patterns/template';

const ALWAYS_SHORTEN = 0;
const NEVER_SHORTEN = Infinity;

function patternOf(
  names: readonly string[],
  templates: readonly string[] = [],
  plainBytesMax?: number,
): string {
  return namesPattern({ names, templates, expressions: [] }, plainBytesMax);
}

/** What the pattern must mean, written down without any cleverness. */
function alternation(names: readonly string[], templates: readonly string[]): string {
  const all = [...names.map((name) => `^${escapeRegex(name)}$`), ...templates.map(templateRegex)];
  return all.length === 0 ? '^$' : all.join('|');
}

const name = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'c',
      '0',
      '1',
      '2',
      '.',
      ':',
      '-',
      ']',
      '^',
      '[',
      '\\',
      '|',
      'ü',
      'é',
      '$',
      '+',
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((letters) => letters.join(''));
const template = fc
  .array(fc.constantFrom('a', 'b', '.', 'ü', '{x}'), { maxLength: 4 })
  .map((parts) => `${parts.join('')}{id}`);

describe('the pattern of a list of names', () => {
  it('is a plain list as long as that is short', () => {
    expect(patternOf([])).toBe('^$');
    expect(patternOf(['paid'])).toBe('^paid$');
    expect(patternOf(['paid', 'amq.default', 'paid'])).toBe('^(amq\\.default|paid)$');
    expect(patternOf(['b', 'user:7'], ['user:{id}', 'a{x}'])).toBe('^(a.+|b|user:.+)$');
    expect(namesPattern({ names: ['a'], templates: [], expressions: ['x(\\..+)?'] })).toBe('^(a|x(\\..+)?)$');
  });

  it('takes beginnings, endings and digits together where the list is too long', () => {
    const numbered = Array.from({ length: 500 }, (_, index) => `jobs.${index}`);
    expect(patternOf(numbered)).toBe('^(jobs\\.(0|[1-4]([0-9][0-9]?)?|[5-9][0-9]?))$');
    const endings = Array.from(
      { length: 60 },
      (_, index) => `${String.fromCharCode(97 + (index % 26))}${index}_of_the_notifications`,
    );
    expect(Buffer.byteLength(patternOf(endings))).toBeLessThan(PATTERN_BYTES_MAX);
    expect(patternOf(endings)).toMatch(/^\^\(.*\)_of_the_notifications\)\$$/);
  });

  it.each([
    ['shortened', ALWAYS_SHORTEN],
    ['listed', NEVER_SHORTEN],
  ])('matches the listed names and families, and nothing else: %s', (_, plainBytesMax) => {
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 12 }),
        fc.array(template, { maxLength: 2 }),
        (names, templates) => {
          const pattern = patternOf(names, templates, plainBytesMax);
          expect(isAnchored(pattern)).toBe(true);
          const { onlyA, onlyB } = comparePatterns(pattern, alternation(names, templates)) ?? {
            onlyA: 'undecided',
          };
          expect({ pattern, onlyA, onlyB }).toEqual({ pattern, onlyA: undefined, onlyB: undefined });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('agrees with a regular expression engine on other names than the automaton thought of', () => {
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 30 }),
        fc.array(name, { maxLength: 30 }),
        (names, others) => {
          const compiled = compilePattern(patternOf(names, [], ALWAYS_SHORTEN));
          if ('fault' in compiled) throw new Error(compiled.fault);
          for (const each of [...names, ...others]) {
            expect(compiled.regex.test(toByteText(each)), each).toBe(names.includes(each));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('lists no name that a family covers', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 9 }), template, (names, family) => {
        const others = names.filter((each) => !templateMatches(family, each));
        expect(patternOf(names, [family])).toBe(patternOf(others, [family]));
      }),
    );
  });

  it('survives what is no name', () => {
    expect(patternOf(['', 'a'], [])).toBe('^a$');
    const endless = 'x'.repeat(200_000);
    expect(patternOf([endless, `${endless}y`], [])).toContain(`${endless}y)$`);
  });
});
