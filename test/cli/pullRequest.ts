/** A repository with a branch `change`, the host that it is on, and `warren review` as the jobs of this host run it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, expect } from 'vitest';
import { run, type RunResult } from '../../tools/processes';
import { CodeHost } from './codeHost';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');
const TOKEN = 'very-secret-token';

const USER = `users:
  api: { roles: { shop: { publisher: [orders] } } }
`;
export const shop = (paid: string, more = '', users = USER): string => `warren: 1
${users}vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { ${paid}, bindings: [{ exchange: orders, routingKey: order.paid }] }
      shipped: { bindings: [{ exchange: orders, routingKey: order.shipped }] }
${more}`;

export interface Job {
  readonly event?: unknown;
  /** Where it comes from. */
  readonly head?: string;
  readonly args?: readonly string[];
  /** The folder that it runs in. */
  readonly within?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export class Rehearsal {
  host!: CodeHost;
  folder = '';

  constructor(private readonly root: string) {}

  readonly begin = async (): Promise<void> => {
    this.host = await CodeHost.start(TOKEN);
    this.folder = fs.mkdtempSync(path.join(this.root, 'repository-'));
    await this.git('init', '--quiet', '--initial-branch', 'main');
    await this.commit('the shop', { 'shop.yaml': shop('ttl: 2h') });
    await this.git('checkout', '--quiet', '-b', 'change');
  };

  readonly end = (): Promise<void> => this.host.stop();

  readonly git = async (...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
    const { exitCode, output } = await run('git', [...identity, ...args], { cwd: this.folder });
    expect(exitCode, output).toBe(0);
    return output.trim();
  };

  /** A commit that is pushed. */
  readonly commit = async (message: string, files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(this.folder, name), text);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
    this.host.change.push(await this.git('rev-parse', 'HEAD'));
  };

  /** What GitHub starts a job with, as things are; a job that is repeated gets the same once more. */
  readonly event = async (action = 'synchronize', label?: string, head = 'owner/shop'): Promise<unknown> => ({
    action,
    ...(label === undefined ? {} : { label: { name: label } }),
    pull_request: {
      number: 12,
      updated_at: this.host.change.now,
      base: { sha: await this.git('rev-parse', 'main') },
      head: { sha: await this.git('rev-parse', 'HEAD'), ref: 'change', repo: { full_name: head } },
      labels: [...this.host.change.labels].map((name) => ({ name })),
    },
  });

  readonly gitHubJob = async (job: Job = {}): Promise<RunResult & { readonly summary: string }> => {
    const { head = 'owner/shop', args = ['shop.yaml'], within = '', env = {} } = job;
    const [eventFile, summary] = [path.join(this.root, 'event.json'), path.join(this.root, 'summary.md')];
    fs.writeFileSync(
      eventFile,
      JSON.stringify(job.event ?? (await this.event('synchronize', undefined, head))),
    );
    fs.writeFileSync(summary, '');
    const variables = {
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: this.host.url,
      GITHUB_REPOSITORY: 'owner/shop',
      GITHUB_EVENT_PATH: eventFile,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_TOKEN: TOKEN,
      ...env,
    };
    const ended = await this.review(args, variables, path.join(this.folder, within));
    return { ...ended, summary: fs.readFileSync(summary, 'utf8') };
  };

  readonly gitLabJob = async ({ args = ['shop.yaml'], env = {} }: Job = {}): Promise<RunResult> =>
    this.review(args, {
      GITLAB_CI: 'true',
      CI_API_V4_URL: this.host.url,
      CI_PROJECT_ID: '7',
      CI_MERGE_REQUEST_IID: '12',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: await this.git('rev-parse', 'main'),
      CI_MERGE_REQUEST_LABELS: [...this.host.change.labels].join(','),
      CI_COMMIT_SHA: await this.git('rev-parse', 'HEAD'),
      GITLAB_TOKEN: TOKEN,
      ...env,
    });

  /** Only with the given variables: the tests themselves may run in such a job. */
  private async review(
    args: readonly string[],
    job: NodeJS.ProcessEnv,
    cwd = this.folder,
  ): Promise<RunResult> {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, ...job };
    const ended = await run(process.execPath, [WARREN, 'review', ...args], { cwd, env });
    expect(ended.output).not.toContain(TOKEN);
    expect(ended.output).not.toMatch(/^\s+at /m);
    return ended;
  }
}

/** In a folder that goes when the file's tests have ended. */
export function rehearsal(): Rehearsal {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-review-'));
  afterAll(() => {
    fs.rmSync(root, { recursive: true, force: true });
  });
  return new Rehearsal(root);
}
