/** Random damage to a text: what an editor, a merge or a slip of the hand may leave. */
import fc from 'fast-check';

const noise = fc.constantFrom(
  ...[
    ':',
    '{',
    '}',
    '[',
    '"',
    "'",
    '\n',
    '  ',
    '\t',
    '&a',
    '*a',
    '<<',
    '- ',
    '#',
    '|',
    '\u0000',
    '5',
    'ü',
    '!!x ',
  ],
);

interface Damage {
  /** From 0, the beginning of the text, to 1, its end. */
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}

export const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(30), put: noise }),
  { minLength: 1, maxLength: 4 },
);

export function damage(text: string, done: readonly Damage[]): string {
  return done.reduce((current, { at, cut, put }) => {
    const index = Math.floor(at * current.length);
    return current.slice(0, index) + put + current.slice(index + cut);
  }, text);
}
