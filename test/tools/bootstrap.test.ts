import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { CHECKOUT, temporaryFolder, writeScript } from './helpers';

interface Bootstrap {
  checkNodeVersion(version: string): void;
  packagesMissing(root: string): boolean;
}
// eslint-disable-next-line @typescript-eslint/no-require-imports -- plain JavaScript without types, as old Nodes need it
const bootstrap = require('../../tools/bootstrap.cjs') as Bootstrap;

describe('checkNodeVersion', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '24.1.0'])('takes Node %s', (version) => {
    bootstrap.checkNodeVersion(version);
  });

  it.each(['12.22.0', '18.20.4', '20.18.3', '21.7.0', '22.11.0'])(
    'refuses Node %s with a clear word',
    (version) => {
      expect(() => {
        bootstrap.checkNodeVersion(version);
      }).toThrow(new RegExp(`needs Node 20\\.19 or newer.*this is Node ${version.replaceAll('.', '\\.')}`));
    },
  );
});

describe('packagesMissing', () => {
  it('is true without node_modules, and when a package is missing or has another version', () => {
    const packages = { '': { version: '0' }, 'node_modules/a': { version: '1.0.0' } };
    expect(bootstrap.packagesMissing(checkout(packages, undefined))).toBe(true);
    expect(bootstrap.packagesMissing(checkout(packages, {}))).toBe(true);
    expect(bootstrap.packagesMissing(checkout(packages, { 'node_modules/a': { version: '1.0.1' } }))).toBe(
      true,
    );
    expect(bootstrap.packagesMissing(checkout(packages, { 'node_modules/a': { version: '1.0.0' } }))).toBe(
      false,
    );
  });

  it("doesn't ask for what other platforms need", () => {
    const packages = { 'node_modules/for-another-system': { version: '1.0.0', optional: true } };
    expect(bootstrap.packagesMissing(checkout(packages, {}))).toBe(false);
  });
});

describe('bootstrap', () => {
  it('explains itself when asked for what it does not know', async () => {
    const result = await run(process.execPath, ['tools/bootstrap.cjs', 'constructor'], { cwd: CHECKOUT });
    expect(result.exitCode).toBe(2);
    expect(result.output).toBe(
      'usage: node tools/bootstrap.cjs quickstart|test|test:docker|test:k8s|docs|types|prepare|bench|check|fix [ARGUMENT…]\n',
    );
  });

  it('passes arguments and exit codes on', async () => {
    const root = checkout({}, {});
    fs.mkdirSync(path.join(root, 'tools'));
    fs.copyFileSync(path.join(CHECKOUT, 'tools/bootstrap.cjs'), path.join(root, 'tools/bootstrap.cjs'));
    writeScript(path.join(root, 'node_modules/.bin/tsx'), 'echo "$@"; exit 7');
    const result = await run(process.execPath, ['tools/bootstrap.cjs', 'quickstart', '--json', 'a b'], {
      cwd: root,
    });
    expect(result).toMatchObject({ exitCode: 7, stdout: 'cli/quickstart/main.ts --json a b\n' });
  });

  it('checks everything, and tells what each check found, one after the other', async () => {
    const root = checkout({}, {});
    fs.mkdirSync(path.join(root, 'tools'));
    fs.copyFileSync(path.join(CHECKOUT, 'tools/bootstrap.cjs'), path.join(root, 'tools/bootstrap.cjs'));
    const bin = (name: string, text: string) => {
      writeScript(path.join(root, 'node_modules/.bin', name), text);
    };
    // It ends after the next one.
    bin('prettier', 'while [ ! -e "$(dirname "$0")/done" ]; do sleep 0.05; done; echo one; exit 3');
    bin('eslint', 'echo two; touch "$(dirname "$0")/done"');
    bin('tsc', 'echo three; exit 4');
    const result = await run(process.execPath, ['tools/bootstrap.cjs', 'check'], { cwd: root });
    expect(result).toMatchObject({ exitCode: 3, stdout: 'one\ntwo\nthree\n' });
    expect(result.output).toContain('`prettier` found something');
    expect(result.output).not.toContain('`eslint` found something');
    expect(result.output).toContain('`tsc` found something');
  });

  it('says what to do when npm fails', async () => {
    const root = checkout({ 'node_modules/a': { version: '1.0.0' } }, undefined);
    fs.mkdirSync(path.join(root, 'tools'));
    fs.copyFileSync(path.join(CHECKOUT, 'tools/bootstrap.cjs'), path.join(root, 'tools/bootstrap.cjs'));
    writeScript(path.join(root, 'bin', 'npm'), 'echo "npm error: no network" >&2; exit 1');
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${path.join(root, 'bin')}:${process.env.PATH ?? ''}`,
    };
    delete env.npm_execpath;
    const result = await run(process.execPath, ['tools/bootstrap.cjs', 'test'], { cwd: root, env });
    expect(result.exitCode).toBe(2);
    expect(result.output).toMatch(/installing the npm packages.*no network.*Way out: give npm a network/s);
  });
});

function checkout(locked: object, installed: object | undefined): string {
  const root = temporaryFolder();
  fs.writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
  if (installed !== undefined) {
    fs.mkdirSync(path.join(root, 'node_modules', '.bin'), { recursive: true });
    const hidden = path.join(root, 'node_modules', '.package-lock.json');
    fs.writeFileSync(hidden, JSON.stringify({ packages: installed }));
  }
  return root;
}
