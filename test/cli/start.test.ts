/** The first thing that somebody may type in a fresh clone. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';

const ROOT = path.resolve(__dirname, '../..');
const clone = mkdtempSync(path.join(tmpdir(), 'warren-clone-'));
afterAll(() => {
  rmSync(clone, { recursive: true });
});

describe('the command', () => {
  it('says what is missing where its packages are not installed', async () => {
    for (const file of ['cli/warren.cjs', 'tools/bootstrap.cjs', 'tools/bundle.cjs', 'package.json'])
      cpSync(path.join(ROOT, file), path.join(clone, file));
    const started = await run(process.execPath, [path.join(clone, 'cli/warren.cjs'), '--version']);
    expect(started).toMatchObject({ exitCode: 2, stdout: '' });
    expect(started.output).toMatch(/^warren: its npm packages are not installed. Run `npm ci` in .+\n$/);
  });

  it('refuses an empty name of a stack, and a settings file that is not there', async () => {
    const warren = (...args: string[]) => run(process.execPath, [path.join(ROOT, 'cli/warren.cjs'), ...args]);
    const [empty, missing] = await Promise.all([
      warren('destroy', '--stack', '', '--yes'),
      warren('status', '--stack', 'dev', '--config-file', 'stacks/Pulumi.nope.yaml'),
    ]);
    expect(empty.exitCode).toBe(2);
    expect(empty.output).toContain('--stack is empty');
    expect(missing.exitCode).toBe(2);
    expect(missing.output).toContain('there is no file stacks/Pulumi.nope.yaml for --config-file');
  });
});
