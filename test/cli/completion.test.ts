/** `warren completion`, by the shells themselves. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-completion-'));

beforeAll(async () => {
  fs.mkdirSync(path.join(folder, 'stacks'));
  for (const stack of ['dev', 'production'])
    fs.writeFileSync(path.join(folder, `stacks/Pulumi.${stack}.yaml`), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exitCode, stdout, output } = await run(process.execPath, [WARREN, 'completion', shell]);
    expect(exitCode, output).toBe(0);
    fs.writeFileSync(path.join(folder, shell), stdout);
  }
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const LINES = [
  ['a command', ['warren', 'rot'], ['rotate']],
  ['an option', ['warren', 'check', '--ex'], ['--explain']],
  ['what an option may be', ['warren', 'diff', 'a.yaml', 'b.yaml', '--format', 'm'], ['markdown']],
  ['kinds to render', ['warren', 'render', 'shop.yaml', '--to', 'rabbitmq'], ['rabbitmq-conf']],
  ['stacks', ['warren', 'up', '--stack', ''], ['dev', 'production']],
  ['nothing where a value is free', ['warren', 'import', '--target', ''], []],
] as const;

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe.skipIf(!isThere('bash'))('bash', () => {
  it.each(LINES)('completes %s', async (_, words, wanted) => {
    const script = `source ./bash
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
_warren && printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, output } = await run('bash', ['-c', script], { cwd: folder });
    expect(
      stdout.split('\n').filter((line) => line !== ''),
      output,
    ).toEqual(wanted);
  });
});

const zsh = isThere('zsh');
describe.skipIf(!zsh)(zsh ? 'zsh' : 'zsh [skipped: it is not on PATH]', () => {
  it('takes the script', async () => {
    const script = 'autoload -Uz compinit && compinit -D && source ./zsh && print -- ${_comps[warren]}';
    const { stdout, output } = await run('zsh', ['-c', script], { cwd: folder });
    expect(stdout, output).toContain('_warren');
  });
});

const fish = isThere('fish');
describe.skipIf(!fish)(fish ? 'fish' : 'fish [skipped: it is not on PATH]', () => {
  // Where a value is free, fish offers files.
  it.each(LINES.filter(([, , wanted]) => wanted.length > 0))('completes %s', async (_, words, wanted) => {
    const script = `source ./fish; complete -C '${words.join(' ')}'`;
    const { stdout, output } = await run('fish', ['--no-config', '-c', script], { cwd: folder });
    const offered = stdout.split('\n').filter((line) => line !== '');
    expect(
      offered.map((line) => line.split('\t')[0]),
      output,
    ).toEqual(wanted);
  });
});

it('names the shells that there are', async () => {
  const { exitCode, output } = await run(process.execPath, [WARREN, 'completion', 'powershell']);
  expect(exitCode).toBe(2);
  expect(output).toContain('there is no completion for powershell: give bash, zsh, fish');
});
