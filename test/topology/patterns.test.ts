import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compilePattern,
  escapeRegex,
  hasRangeFromClass,
  toByteText,
} from '../../topology/patterns/brokerRegex';
import { comparePatterns, isAnchored, patternFault, patternMatches } from '../../topology/patterns/languages';
import { templateMatches, templateRegex, templatesIntersect } from '../../topology/patterns/template';

/** Every text over a small alphabet up to a length: what "all names" means for brute force. */
function allTexts(alphabet: string, lengthMax: number): string[] {
  let layer = [''];
  const texts: string[] = [];
  for (let length = 1; length <= lengthMax; length += 1) {
    layer = layer.flatMap((text) => Array.from(alphabet, (character) => text + character));
    texts.push(...layer);
  }
  return texts;
}

const TEXTS = allTexts('ab', 8);

describe('templates', () => {
  const template = fc
    .array(fc.constantFrom('a', 'b', '{x}'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''));

  it('match what their regular expressions match', () => {
    fc.assert(
      fc.property(template, fc.constantFrom(...TEXTS), (text, name) => {
        expect(templateMatches(text, name)).toBe(new RegExp(templateRegex(text)).test(name));
      }),
    );
  });

  it('intersect exactly where a name matches both (brute force)', () => {
    fc.assert(
      fc.property(template, template, (a, b) => {
        // Two templates of four parts meet, if at all, in a text of eight characters or less.
        const meet = TEXTS.some((name) => templateMatches(a, name) && templateMatches(b, name));
        expect(templatesIntersect(a, b)).toBe(meet);
      }),
      { numRuns: 300 },
    );
  });

  it('take everything but placeholders literally', () => {
    expect(templateMatches('a.b:{id}', 'a.b:1')).toBe(true);
    expect(templateMatches('a.b:{id}', 'aXb:1')).toBe(false);
    expect(templateMatches('a.b:{id}', 'a.b:')).toBe(false);
    expect(templateRegex('a.b:{id}+')).toBe('^a\\.b:.+\\+$');
    expect(templatesIntersect('{a}ü', 'x{b}')).toBe(true);
  });
});

describe('comparing patterns', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    'a*',
    'b+',
    '(a|b)',
    '(ab)?',
    'a{2,3}',
    '^',
    '$',
    '',
  );
  const pattern = fc
    .array(piece, { maxLength: 5 })
    .chain((parts) =>
      fc.constantFrom(parts.join(''), `^${parts.join('')}`, `^${parts.join('')}$`, `${parts.join('')}|b`),
    );

  it('the automaton finds what the regular expression engine finds', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...TEXTS), (text, name) => {
        const compiled = compilePattern(text);
        expect(patternMatches(text, name)).toBe('regex' in compiled && compiled.regex.test(toByteText(name)));
      }),
      { numRuns: 2000 },
    );
  });

  it('what is anchored matches whole names only', () => {
    fc.assert(
      fc.property(pattern, (text) => {
        if (isAnchored(text) !== true) return;
        expect(comparePatterns(text, `^(?:${text})$`)?.onlyA).toBeUndefined();
      }),
    );
    const shapes = ['$', '^', '$^', '^a$', '^(a|b)$', '^a$|^b$', '^a|b$', 'a$', '^a', '^a$|b'].map(
      isAnchored,
    );
    expect(shapes).toEqual([false, false, true, true, true, true, false, false, false, false]);
  });

  it('patterns that would take for ever are refused, or matched in no time', () => {
    expect(patternMatches('^(a+)+$', `${'a'.repeat(200)}b`)).toBe(false);
    expect(patternFault(`(${'a{1,60}'.repeat(3)}){1,60}`)?.what).toContain('multiply');
  });

  it('long lists of names are no trouble', () => {
    const names = Array.from({ length: 1500 }, (_, index) => `${(index * 7919) % 1500}-of-the-queues`);
    const pattern = `^(${names.join('|')})$`;
    expect(patternFault(pattern)).toBeUndefined();
    expect(names.filter((name) => !patternMatches(pattern, name))).toEqual([]);
    expect(patternMatches(pattern, '1500-of-the-queues')).toBe(false);
    expect(comparePatterns(pattern, '^1500.+$', 'both')).toEqual({});
  });

  it('agrees with matching (brute force)', () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const comparison = comparePatterns(a, b);
        expect(comparison).toBeDefined();
        const short = TEXTS.filter((text) => text.length <= 6);
        const inA = new Set(short.filter((name) => patternMatches(a, name)));
        const inB = new Set(short.filter((name) => patternMatches(b, name)));
        if (short.some((name) => inA.has(name) && inB.has(name))) expect(comparison?.both).toBeDefined();
        if (short.some((name) => inA.has(name) && !inB.has(name))) expect(comparison?.onlyA).toBeDefined();
        if (short.some((name) => !inA.has(name) && inB.has(name))) expect(comparison?.onlyB).toBeDefined();
        const { both, onlyA, onlyB } = comparison ?? {};
        if (both !== undefined)
          expect([patternMatches(a, both), patternMatches(b, both)]).toEqual([true, true]);
        if (onlyA !== undefined)
          expect([patternMatches(a, onlyA), patternMatches(b, onlyA)]).toEqual([true, false]);
        if (onlyB !== undefined)
          expect([patternMatches(a, onlyB), patternMatches(b, onlyB)]).toEqual([false, true]);
        for (const goal of ['both', 'onlyB'] as const) {
          const found = comparePatterns(a, b, goal)?.[goal];
          expect(found === undefined).toBe(comparison?.[goal] === undefined);
          if (found === undefined) continue;
          expect([patternMatches(a, found), patternMatches(b, found)]).toEqual([goal === 'both', true]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['^a(?=b)', '^a'],
    ['(a)\\1', 'a'],
    ['a\\b', 'a'],
    ['(?i)a', 'a'],
    [`(${'a{1,60}'.repeat(3)}){1,60}`, 'a'],
  ])('says so where it can not decide: %s', (a, b) => {
    expect(comparePatterns(a, b)).toBeUndefined();
  });
});

describe("the broker's regular expressions", () => {
  it.each(['(', 'a)', '[a', '*a', 'a{2,1}', '[z-a]', 'a\\', 'x**', '\\u0041', '(?#', '[[:nope:]]'])(
    'refuses %s',
    (pattern) => {
      expect(compilePattern(pattern)).toHaveProperty('fault');
    },
  );

  it.each(['\\1', '(a)\\2', '[a-\\d]'])('refuses %s, as the broker does', (pattern) => {
    expect(patternFault(pattern)).toMatchObject({ isUnread: false });
  });

  // Measured: some versions take these, and not all of them mean to JavaScript what they mean to the broker.
  it.each([
    ...[
      'a(?i)b',
      '(?i:a)b',
      '(?x) a b',
      '(?|a|b)',
      '(a(?R)?b)',
      '(?(1)a|b)',
      '(?C)a',
      '(?1)(a)',
      '(?&n)(?<n>a)',
      '(*UTF8)ü',
    ],
    ...[
      '\\p{L}+',
      'a\\Kb',
      '\\R',
      '\\N',
      '\\X',
      '\\cA',
      '\\H',
      '\\G',
      '\\x{41}',
      '\\x',
      '\\777',
      '\\g1(a)',
      '\\i',
      'a{65535}',
    ],
    ...['(?<!a*)b', '(?<=a?b)c', '(?<=(a|bb))c', '[[.a.]]', '[[=a=]]', '[a[:^alpha:]]', "(?'n'a)"],
  ])('says of %s that it can not read it', (pattern) => {
    expect(patternFault(pattern)).toMatchObject({ isUnread: true });
  });

  it.each([
    '[[.]x',
    '[[:]',
    '(?<=a|bc)d',
    '(?<n>x)\\k<n>',
    '(a)\\1',
    '\\x41',
    '[\\w-]',
    '[-\\w]',
    '[\\w.-]+',
  ])('reads %s', (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
    expect(hasRangeFromClass(pattern)).toBe(false);
  });

  it.each(['[\\w-.]+', '^[a\\d-z]', '(?i)x[[:alpha:]-z]'])(
    'knows that %s is refused from RabbitMQ 4.3 on',
    (pattern) => {
      expect(patternFault(pattern)).toBeUndefined();
      expect(hasRangeFromClass(pattern)).toBe(true);
    },
  );

  it.each([
    ['(?i)abc', 'xABCx', true],
    ['\\Aab\\z', 'ab', true],
    ['\\Aab\\z', 'abc', false],
    ['a++b', 'aab', true],
    ['(?>a)b', 'ab', true],
    ['(?P<n>a)b', 'ab', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['^[]a]$', ']', true],
    ['^[[:alpha:]]$', 'x', true],
    ['^[[:alpha:]]$', '1', false],
    // One byte per dot: the broker sees UTF-8, not characters.
    ['^.$', 'ü', false],
    ['^..$', 'ü', true],
    ['^ü$', 'ü', true],
  ])('%s on %s: %s', (pattern, name, isMatch) => {
    expect(patternMatches(pattern, name)).toBe(isMatch);
  });

  it('an escaped name matches itself and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (name, other) => {
        const pattern = `^${escapeRegex(name)}$`;
        expect(patternMatches(pattern, name)).toBe(true);
        expect(patternMatches(pattern, other)).toBe(name === other);
      }),
    );
  });
});
