/** Whatever somebody does to a topology: it never crashes, and every finding has its place in the file. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import type { Target } from '../../topology/index';
import { mutated, seedOfRun } from './mutate';

const TARGETS: readonly Target[] = ['3.10', '4.0', '4.3'];

describe.each(TARGETS)('damaged topologies for %s', (target) => {
  it('either compile, or have errors with a place in the file', () => {
    let compiled = 0;
    // With it, WARREN_SEED repeats the run; fast-check adds the topology that it found.
    const seed = seedOfRun();
    fc.assert(
      fc.property(mutated(target, 4), (text) => {
        const { objects, diagnostics } = load(text, 'f.yaml', { target });
        const errors = diagnostics.filter(({ severity }) => severity === 'error');
        expect(objects === undefined, `errors: ${JSON.stringify(errors)}`).toBe(errors.length > 0);
        const lineCount = text.split('\n').length;
        for (const { position, message } of diagnostics) {
          expect(position?.line, message).toBeGreaterThanOrEqual(1);
          expect(position?.line, message).toBeLessThanOrEqual(lineCount);
          expect(position?.column, message).toBeGreaterThanOrEqual(1);
        }
        if (objects !== undefined) compiled += 1;
      }),
      { numRuns: 400, seed },
    );
    expect(compiled, `WARREN_SEED=${seed}`).toBeGreaterThan(20);
  });
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'what every table of JavaScript has is a word like any other: %s',
  (word) => {
    const text = `warren: 1
vhosts:
  ${word}:
    exchanges:
      ${word}: { type: headers, arguments: { ${word}: 1 } }
      typed: { type: ${word}, bindings: [{ exchange: ${word}, arguments: { ${word}: ${word} } }] }
    queues:
      ${word}: { arguments: { ${word}: 1 }, bindings: [{ exchange: ${word}, routingKey: ${word} }] }
      declared: { declaredWith: { ${word}: 1 }, maxLength: 1 }
    policies:
      ${word}: { pattern: '^${word}$', definition: { ${word}: 1 } }
    parameters:
      ${word}: { ${word}: { ${word}: 1 } }
users:
  ${word}: { tags: [${word}], permissions: { ${word}: { read: '^${word}$' } } }
`;
    for (const target of TARGETS) {
      const { diagnostics } = load(text, 'f.yaml', { target });
      const codes = diagnostics.map(({ code }) => code);
      expect(codes).toEqual(
        expect.arrayContaining([
          'ignored-argument',
          'ignored-exchange-argument',
          'exchange-type',
          'policy-key',
        ]),
      );
      expect(codes).not.toContain('unknown-key');
    }
  },
);
