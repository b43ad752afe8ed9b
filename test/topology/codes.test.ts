/** What is said about every code is there, is true, and stands in the page that is made from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import type { Diagnostic } from '../../topology/index';
import { renderPolicyPage } from '../../topology/render/policyPage';
import { fullExample, renderExplanation, renderRulePage } from '../../topology/render/ruleReference';
import { CODES, describeCode } from '../../topology/rules/index';
import { readFrom } from './memoryFiles';
import type { Files } from './memoryFiles';

function check(yaml: string, beside: Files = {}): readonly Diagnostic[] {
  return load(yaml, 'example.yaml', { readFile: readFrom(beside) }).diagnostics;
}

describe('codes', () => {
  it('are unique, and sorted', () => {
    const codes = CODES.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes.every((code) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(code))).toBe(true);
  });

  describe.each(CODES.map((description) => [description.code, description] as const))(
    '%s',
    (code, description) => {
      const { title, reason, help, sources, isAdvice, severity } = description;

      it('is described', () => {
        for (const text of [title, reason, help]) expect(text).toMatch(/^\S.*[.?$]$/);
        expect(sources.length).toBeGreaterThan(0);
        for (const source of sources) expect(source).toMatch(/^(https:\/\/|Measured on |The language: )/);
        if (!isAdvice) expect(severity).toBe('error');
      });

      it('has an example that it finds something in, and one that is fine', () => {
        const { bad, good, beside } = fullExample(description);
        expect(check(bad, beside).map((each) => each.code)).toContain(code);
        const findings = check(good, beside);
        expect(findings.filter((each) => each.code === code || each.severity === 'error')).toEqual([]);
      });
    },
  );
});

it('docs/rules.md is what the code says (npm run docs)', () => {
  const committed = readFileSync(join(__dirname, '../../docs/rules.md'), 'utf8');
  expect(committed).toBe(renderRulePage(CODES));
});

it('docs/policy.md is what the code says (npm run docs)', () => {
  const committed = readFileSync(join(__dirname, '../../docs/policy.md'), 'utf8');
  expect(committed).toBe(renderPolicyPage());
});

it('an explanation holds all that there is to say', () => {
  const description = describeCode('zero-limit');
  if (description === undefined) throw new Error('there is no such code');
  const text = renderExplanation(description, { format: 'text' });
  for (const part of [
    description.title,
    description.reason,
    description.help,
    'warning',
    ...description.sources,
  ])
    expect(text).toContain(part);
  const parsed = JSON.parse(renderExplanation(description, { format: 'json' })) as Record<string, unknown>;
  expect(parsed).toMatchObject({ code: 'zero-limit', severity: 'warning', isAdvice: true });
});
