/** The workflows of docs/ci.md: whole, and clean to actionlint (github.com/rhysd/actionlint) where it is on PATH. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../tools/processes';

const ROOT = path.join(__dirname, '../..');
const blocks = [
  ...fs.readFileSync(path.join(ROOT, 'docs/ci.md'), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms),
].map(([, text = '']) => text);
const [workflow = '', deployment = '', gitLab = ''] = blocks;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-workflows-'));
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

describe('docs/ci.md', () => {
  it('has a workflow that may only read and comment, and never runs with more for a fork', () => {
    const { on, permissions, jobs } = parse(workflow) as {
      on: object;
      permissions: object;
      jobs: { review: { steps: Step[] } };
    };
    expect(Object.keys(on)).toEqual(['pull_request']);
    expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    expect(jobs.review.steps.map(({ uses }) => uses?.split('@')[0])).toEqual([
      'actions/checkout',
      'OWNER/warren',
    ]);
  });

  it('has a deployment that takes nothing of a pull request into its script', () => {
    for (const { run: script = '' } of parse(deployment) as Step[]) expect(script).not.toContain('${{');
  });

  it('has a job of GitLab for merge requests', () => {
    const { topology } = parse(gitLab) as { topology: { rules: { if: string }[]; script: string[] } };
    expect(topology.rules[0]?.if).toContain('merge_request_event');
    expect(topology.script.at(-1)).toMatch(/^npx warren review /);
  });
});

const isInstalled = spawnSync('actionlint', ['-version']).status === 0;
describe.skipIf(!isInstalled)(isInstalled ? 'actionlint' : 'actionlint [skipped: it is not on PATH]', () => {
  /** With the action where the workflow finds it, so that its inputs are known. */
  const lint = async (text: string): Promise<string> => {
    const workflows = path.join(folder, '.github/workflows');
    fs.mkdirSync(workflows, { recursive: true });
    fs.mkdirSync(path.join(folder, 'warren'), { recursive: true });
    fs.mkdirSync(path.join(folder, '.git'), { recursive: true }); // what it takes for the root
    fs.copyFileSync(path.join(ROOT, 'action.yml'), path.join(folder, 'warren/action.yml'));
    fs.writeFileSync(path.join(workflows, 'topology.yml'), text.replace('OWNER/warren@REVISION', './warren'));
    return (await run('actionlint', ['-no-color'], { cwd: folder })).output;
  };
  const deploying = `name: deploy\non: { push: { branches: [main] } }\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n${deployment.replace(/^(?=.)/gm, '      ')}`;

  it.each([
    ['the review', workflow],
    ['the deployment', deploying],
  ])('finds nothing in %s', async (_, text) => {
    expect(await lint(text)).toBe('');
  });

  it('knows the inputs of the action', async () => {
    expect(await lint(workflow.replace('approval-label:', 'approvals:'))).toContain(
      '"approvals" is not defined',
    );
  });
});
