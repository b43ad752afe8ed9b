/**
 * The workflows of docs/ci.md: whole, clean to actionlint (github.com/rhysd/actionlint) where it is on PATH, and to the
 * schema that GitLab publishes, which check-jsonschema (PyPI) brings along.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, type RunResult } from '../../tools/processes';
import { withClients } from '../rigs/python';

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
      on: { pull_request: { types: string[] } };
      permissions: object;
      jobs: { review: { steps: Step[] } };
    };
    expect(Object.keys(on)).toEqual(['pull_request']);
    // A label approves what is pushed before it; another base is told by `edited` alone.
    expect(on.pull_request.types).toEqual(
      expect.arrayContaining(['synchronize', 'reopened', 'edited', 'labeled', 'unlabeled']),
    );
    expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    expect(jobs.review.steps.map(({ uses }) => uses?.split('@')[0])).toEqual([
      'actions/checkout',
      'OWNER/warren',
    ]);
  });

  it('has a deployment that takes nothing of a pull request into its script', () => {
    for (const { run: script = '' } of parse(deployment) as Step[]) expect(script).not.toContain('${{');
  });

  it('has a job of GitLab for merge requests that change a topology', () => {
    const { topology } = parse(gitLab) as { topology: GitLabJob };
    const [rule, ...more] = topology.rules;
    expect(more).toEqual([]);
    expect(rule?.if).toBe('$CI_PIPELINE_SOURCE == "merge_request_event"');
    // Otherwise git has not the commit where the branch left.
    expect(topology.variables.GIT_DEPTH).toBe(0);
    const [, reviewed = ''] = /^npx warren review .* (\S+)$/.exec(topology.script.at(-1) ?? '') ?? [];
    expect(rule?.changes).toEqual([`${path.dirname(reviewed)}/**/*`]);
  });
});

interface GitLabJob {
  readonly rules: readonly { readonly if: string; readonly changes: readonly string[] }[];
  readonly variables: { readonly GIT_DEPTH: number };
  readonly script: readonly string[];
}

describe('the schema of GitLab', () => {
  withClients('ci-schemas', (python) => {
    const check = (text: string): Promise<RunResult> => {
      const file = path.join(folder, 'gitlab-ci.yml');
      fs.writeFileSync(file, text);
      return run(python, ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.gitlab-ci', file]);
    };

    it('takes the job', async () => {
      const { exitCode, output } = await check(gitLab);
      expect(exitCode, output).toBe(0);
    });

    it.each([
      ['a misspelt key', 'rules:', 'rule:', "'rule' was unexpected"],
      ['a rule that it has not', 'changes:', 'changed:', "'changed' was unexpected"],
      ['a variable that is a list', 'GIT_DEPTH: 0', 'GIT_DEPTH: [0]', 'GIT_DEPTH'],
    ])('refuses %s', async (_, right, wrong, said) => {
      const { exitCode, output } = await check(gitLab.replace(right, wrong));
      expect(exitCode).toBe(1);
      expect(output).toContain(said);
    });
  });
});

describe("the repository's own files for GitHub", () => {
  withClients('ci-schemas', (python) => {
    it.each([
      ['vendor.dependabot', '.github/dependabot.yml'],
      ['vendor.github-issue-config', '.github/ISSUE_TEMPLATE/config.yml'],
      ['vendor.github-issue-forms', '.github/ISSUE_TEMPLATE/bug.yml'],
      ['vendor.github-issue-forms', '.github/ISSUE_TEMPLATE/idea.yml'],
    ])('are right to %s: %s', async (schema, file) => {
      const { exitCode, output } = await run(
        python,
        ['-m', 'check_jsonschema', '--builtin-schema', schema, file],
        { cwd: ROOT },
      );
      expect(exitCode, output).toBe(0);
    });
  });

  it('name folders that are there', () => {
    const { updates } = parse(fs.readFileSync(path.join(ROOT, '.github/dependabot.yml'), 'utf8')) as {
      updates: { directory?: string; directories?: string[] }[];
    };
    const named = updates.flatMap(({ directory, directories = [] }) => [directory ?? '/', ...directories]);
    expect(named.filter((folder) => !fs.existsSync(path.join(ROOT, folder)))).toEqual([]);
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
