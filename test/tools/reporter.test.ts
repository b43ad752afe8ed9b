import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { CHECKOUT, temporaryFolder } from './helpers';

describe('a test run', () => {
  it('ends with its numbers, and before them what was skipped or failed, and why', async () => {
    const result = await runTests({
      'a.test.js': `it('passes', () => {}); it('fails', () => { throw new Error('on purpose'); });
        it('is left out', (context) => { context.skip('no such machine'); }); it.skip('is skipped', () => {});`,
      'b.test.js': `it('passes too', () => {});`,
    });
    expect(result.exitCode).toBe(1);
    expect(result.lines.slice(-4)).toEqual([
      'skipped: a.test.js > is left out [no such machine]',
      'skipped: a.test.js > is skipped',
      'failed: a.test.js > fails: on purpose',
      '2 passed, 1 failed, 2 skipped',
    ]);
  });

  it('says with which seed a property fails again', async () => {
    const result = await runTests({
      'a.test.js': `import fc from 'fast-check';
        it('is small', () => { fc.assert(fc.property(fc.nat(), (n) => n < 5), { seed: 7 }); });`,
    });
    expect(result.lines.at(-2)).toMatch(
      /^failed: a\.test\.js > is small: Property failed after \d+ tests \{ seed: 7, .*\} Counterexample: \[5\]$/,
    );
  });

  it('says the errors in the output that a program was expected to have, or was said to fail with', async () => {
    const output = "'Updating:\\n  shop: running\\nerror: no such queue\\nerror: no such queue\\n'";
    const result = await runTests({
      'a.test.js': `import { expect } from 'vitest';
        it('fits', () => { expect(${output}).toMatch(/paid/); });
        it('ends well', () => { expect(1, ${output}).toBe(0); });`,
    });
    expect(result.lines.slice(-3, -1)).toEqual([
      expect.stringMatching(/^failed: a\.test\.js > fits: expected 'Updating:.* \| error: no such queue$/),
      'failed: a.test.js > ends well: Updating: | error: no such queue',
    ]);
  });

  it('says no more than the numbers when nothing was skipped', async () => {
    const result = await runTests({ 'a.test.js': `it('passes', () => {});` });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.lines.at(-1)).toBe('1 passed, 0 failed');
  });

  it('fails when a file can not be loaded, when nothing ran, and when there are no tests', async () => {
    const broken = await runTests({
      'a.test.js': `import './missing.js';`,
      'b.test.js': `it('passes', () => {});`,
    });
    expect(broken).toMatchObject({ exitCode: 1 });
    expect(broken.lines.at(-1)).toBe('1 passed, 1 failed');
    const nothing = await runTests({ 'a.test.js': `it.skip('is skipped', () => {});` });
    expect(nothing).toMatchObject({ exitCode: 1 });
    expect(nothing.lines.at(-1)).toBe('0 passed, 0 failed, 1 skipped');
    const empty = await runTests({});
    expect(empty).toMatchObject({ exitCode: 1 });
    expect(empty.lines.at(-1)).toBe('0 passed, 0 failed');
  });

  it('counts an error outside of any test', async () => {
    const result = await runTests({
      'a.test.js': `it('passes', () => { setTimeout(() => { throw new Error('later'); }, 0); return new Promise((r) => setTimeout(r, 200)); });`,
    });
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.lines.slice(-2)).toEqual(['failed: outside of any test: later', '1 passed, 1 failed']);
  });
});

async function runTests(
  files: Record<string, string>,
): Promise<{ exitCode: number | null; lines: string[] }> {
  const folder = fs.realpathSync(temporaryFolder());
  fs.symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(folder, 'node_modules'));
  fs.writeFileSync(path.join(folder, 'vitest.config.mjs'), 'export default {};\n');
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), `import { it } from 'vitest';\n${text}`);
  }
  const reporter = path.join(CHECKOUT, 'test/rigs/reporter.ts');
  const vitest = path.join(CHECKOUT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', folder, '--reporter', 'default', '--reporter', reporter];
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const { exitCode, stdout } = await run(process.execPath, args, { cwd: folder, env });
  return { exitCode, lines: stdout.trimEnd().split('\n') };
}
