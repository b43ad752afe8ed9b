/**
 * Every fixture holds the expected findings as comments on the offending lines (`# expect: code …`), and nothing else
 * may be found. A first line `# target: 3.10` sets the target.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTarget, load } from '../../topology/index';
import { CODES, describeCode } from '../../topology/rules/index';
import { COMPOSITIONS, expectedFindings, expectedIn } from './expectedFindings';

const FOLDER = join(__dirname, 'fixtures');
const fixtures = readdirSync(FOLDER).sort();

/** Codes whose files can't hold a comment; test/topology/source.test.ts has them. */
const WITHOUT_FIXTURE = ['not-text', 'empty-file', 'alias-bomb'];

describe('rules find what the fixtures expect', () => {
  it.each(fixtures)('%s', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const target = /^# target: (.*)$/m.exec(text)?.[1];
    const { diagnostics, objects } = load(text, file, isTarget(target) ? { target } : {});
    const found = diagnostics.map(({ position, code }) => `${position?.line ?? 0} ${code}`);
    expect(found.sort()).toEqual(expectedFindings(text).sort());
    const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
    expect(objects === undefined).toBe(hasErrors);
  });

  it('every code has a fixture', () => {
    const texts = fixtures.map((file) => readFileSync(join(FOLDER, file), 'utf8'));
    const findings = [...texts.flatMap(expectedFindings), ...expectedIn(COMPOSITIONS)];
    const expected = new Set(findings.map((finding) => finding.split(' ')[1]));
    const codes = CODES.map(({ code }) => code);
    expect(codes.filter((code) => !expected.has(code) && !WITHOUT_FIXTURE.includes(code))).toEqual([]);
  });

  it('every finding says what to do, and is an error unless its rule is advice', () => {
    for (const file of fixtures) {
      const { diagnostics } = load(readFileSync(join(FOLDER, file), 'utf8'), file);
      for (const { code, message, help, severity } of diagnostics) {
        expect(message).toMatch(/[.?]$/);
        if (severity !== 'info') expect(help, message).toBeDefined();
        if (describeCode(code)?.isAdvice !== true) expect(severity, code).toBe('error');
      }
    }
  });
});
