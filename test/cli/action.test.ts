/** The composite action: its inputs and steps, and its script as GitHub runs it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../tools/processes';

const ROOT = path.join(__dirname, '../..');

interface Step {
  readonly name: string;
  readonly shell: string;
  readonly run: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}
const action = parse(fs.readFileSync(path.join(ROOT, 'action.yml'), 'utf8')) as Action;
const [install, review] = action.runs.steps;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-action-'));
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

it('takes nothing of a pull request into a script', () => {
  expect(action.runs.using).toBe('composite');
  for (const step of action.runs.steps) expect(step.run).not.toContain('${{');
  expect(install?.run).toContain('npm ci --omit=dev');
  const used = Object.values(review?.env ?? {}).flatMap((value) => /inputs\.([\w-]+)/.exec(value)?.[1] ?? []);
  expect(used.sort()).toEqual(['approval-label', 'base', 'fail-on', 'token', 'topology']);
  expect(Object.keys(action.inputs).sort()).toEqual(used);
});

describe('hands its inputs on as they are', () => {
  /** What the script calls in place of Warren: it prints its arguments. */
  const printing = path.join(folder, 'printing.cjs');
  fs.writeFileSync(printing, 'console.log(JSON.stringify(process.argv.slice(2)))');

  const given = async (inputs: Readonly<Record<string, string>>): Promise<unknown> => {
    const env = {
      ...process.env,
      WARREN: printing,
      FAIL_ON: 'destructive',
      APPROVAL_LABEL: '',
      BASE: '',
      ...inputs,
    };
    // As GitHub runs `shell: bash`.
    const bash = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', review?.run ?? ''];
    const { exitCode, output } = await run('bash', bash, { cwd: folder, env });
    expect(exitCode, output).toBe(0);
    return JSON.parse(output);
  };

  it.each([
    ['one file', { TOPOLOGY: 'shop.yaml' }, ['--fail-on', 'destructive', '--', 'shop.yaml']],
    [
      'several, with blanks and signs in their names',
      { TOPOLOGY: 'a b.yaml\n\n$(touch x).yaml\n--base\n', FAIL_ON: 'safe' },
      ['--fail-on', 'safe', '--', 'a b.yaml', '$(touch x).yaml', '--base'],
    ],
    [
      'a label and a base',
      { TOPOLOGY: 'shop.yaml', APPROVAL_LABEL: 'topology approved', BASE: 'main' },
      [
        '--fail-on',
        'destructive',
        '--approval-label',
        'topology approved',
        '--base',
        'main',
        '--',
        'shop.yaml',
      ],
    ],
  ])('%s', async (_, inputs, expected) => {
    expect(await given(inputs)).toEqual(['review', ...expected]);
  });
});
