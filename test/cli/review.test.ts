/** A pull request, rehearsed: a real repository with one commit after the other, and a stand-in of the code host. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { CodeHost } from './codeHost';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');
const TOKEN = 'very-secret-token';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-review-'));
afterAll(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

let host: CodeHost;
let folder: string;
beforeEach(async () => {
  host = await CodeHost.start(TOKEN);
  folder = fs.mkdtempSync(path.join(root, 'repository-'));
  await git('init', '--quiet', '--initial-branch', 'main');
  await commit('the shop', { 'shop.yaml': shop('ttl: 2h') });
  await git('checkout', '--quiet', '-b', 'change');
});
afterEach(() => host.stop());

const USER = `users:
  api: { roles: { shop: { publisher: [orders] } } }
`;
const shop = (paid: string, more = '', users = USER): string => `warren: 1
${users}vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { ${paid}, bindings: [{ exchange: orders, routingKey: order.paid }] }
      shipped: { bindings: [{ exchange: orders, routingKey: order.shipped }] }
${more}`;

async function git(...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  const { exitCode, output } = await run('git', [...identity, ...args], { cwd: folder });
  expect(exitCode, output).toBe(0);
  return output.trim();
}

async function commit(message: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  await git('add', '--all');
  await git('commit', '--quiet', '--message', message);
}

interface Job {
  readonly labels?: readonly string[];
  readonly head?: string;
  readonly args?: readonly string[];
  /** The folder that it runs in. */
  readonly within?: string;
}

async function gitHubJob({ labels = [], head = 'owner/shop', args = ['shop.yaml'], within = '' }: Job = {}) {
  const event = {
    pull_request: {
      number: 12,
      base: { sha: await git('rev-parse', 'main') },
      head: { repo: { full_name: head } },
      labels: labels.map((name) => ({ name })),
    },
  };
  const [eventFile, summary] = [path.join(root, 'event.json'), path.join(root, 'summary.md')];
  fs.writeFileSync(eventFile, JSON.stringify(event));
  fs.writeFileSync(summary, '');
  const job = {
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: host.url,
    GITHUB_REPOSITORY: 'owner/shop',
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_TOKEN: TOKEN,
  };
  const ended = await review(args, job, path.join(folder, within));
  return { ...ended, summary: fs.readFileSync(summary, 'utf8') };
}

/** Only with the given variables: the tests themselves may run in such a job. */
async function review(args: readonly string[], job: NodeJS.ProcessEnv, cwd = folder) {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...job };
  const ended = await run(process.execPath, [WARREN, 'review', ...args], { cwd, env });
  expect(ended.output).not.toContain(TOKEN);
  expect(ended.output).not.toMatch(/^\s+at /m);
  return ended;
}

const annotations = (output: string): string[] => output.split('\n').filter((line) => line.startsWith('::'));

describe('three commits of a pull request', () => {
  it('safe, disruptive and destructive: one comment that follows, the right status, annotations at the lines', async () => {
    await commit('safe', { 'shop.yaml': shop('ttl: 3h') });
    const safe = await gitHubJob();
    expect([safe.exitCode, annotations(safe.output)]).toEqual([0, []]);
    expect(host.comments.map(({ body }) => body.split('\n')[0])).toEqual(['<!-- warren diff shop.yaml -->']);
    expect(host.comments[0]?.body).toMatch(/^### 🟢 RabbitMQ topology: 1 change: 1 safe$/m);

    await commit('disruptive', { 'shop.yaml': shop('ttl: 3h', '', '') });
    const disruptive = await gitHubJob();
    expect(disruptive.exitCode, disruptive.output).toBe(0);
    expect((await gitHubJob({ args: ['shop.yaml', '--fail-on', 'disruptive'] })).exitCode).toBe(1);
    expect(host.comments[0]?.body).toMatch(/^### 🟠 RabbitMQ topology: \d changes: \d disruptive, \d safe$/m);

    await commit('destructive', { 'shop.yaml': shop('ttl: 1h') });
    const destructive = await gitHubJob({ args: ['shop.yaml', '--approval-label', 'topology approved'] });
    expect(destructive.exitCode).toBe(1);
    expect(destructive.output).toContain('This change is destructive: --fail-on destructive refuses it.');
    expect(annotations(destructive.output)).toEqual([
      expect.stringMatching(/^::error file=shop\.yaml,line=8,endLine=8,.*title=destructive%3A .*paid.*::/),
    ]);
    expect(host.comments).toHaveLength(1);
    expect(host.comments[0]?.body).toMatch(/^### 🔴 RabbitMQ topology: 1 change: 1 destructive$/m);
    expect(destructive.summary).toContain(host.comments[0]?.body);

    const labelled = {
      labels: ['topology approved'],
      args: ['shop.yaml', '--approval-label', 'topology approved'],
    };
    expect(await gitHubJob(labelled)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('The label "topology approved" approves it.') as string,
    });
    await commit('as it was', { 'shop.yaml': shop('ttl: 2h') });
    expect((await gitHubJob()).exitCode).toBe(0);
    expect(host.comments.map(({ body }) => body)).toEqual([expect.stringContaining('nothing changes')]);
  });
});

it('compares with where the branch left, not with what came after', async () => {
  await commit('safe', { 'shop.yaml': shop('ttl: 3h') });
  await git('checkout', '--quiet', 'main');
  await commit('meanwhile', { 'other.txt': 'x' });
  await git('checkout', '--quiet', 'change');
  expect((await gitHubJob()).output).toContain('1 change: 1 safe');
});

it('of a fork: no comment, and the report in the summary of the job', async () => {
  await commit('destructive', { 'shop.yaml': shop('ttl: 1h') });
  const { exitCode, output, summary } = await gitHubJob({ head: 'mallory/shop' });
  expect(exitCode).toBe(1);
  expect(output).toContain('No comment on pull request 12 of owner/shop: it comes from a fork');
  expect(summary).toContain('1 destructive');
  expect(host.requests).toEqual([]);
});

it('a new topology, one without changes, and one with errors, in one run', async () => {
  await commit('more', { 'new.yaml': shop('ttl: 1h'), 'bad.yaml': shop('ttl: soon') });
  const { exitCode, output } = await gitHubJob({ args: ['new.yaml', 'shop.yaml', 'bad.yaml'] });
  expect(exitCode).toBe(1);
  expect(annotations(output)).toContainEqual(expect.stringMatching(/^::error file=bad\.yaml,line=8,/));
  expect(host.comments.map(({ body }) => body.split('\n')[0])).toEqual(['<!-- warren diff new.yaml -->']);
});

it('a renamed topology is compared with what it was, and one that goes with nothing, named or not', async () => {
  await git('mv', 'shop.yaml', 'renamed.yaml');
  await commit('renamed', { 'renamed.yaml': shop('ttl: 1h') });
  const renamed = await gitHubJob({ args: ['renamed.yaml'] });
  expect([renamed.exitCode, renamed.output]).toEqual([
    1,
    expect.stringContaining('renamed.yaml: 1 change: 1 destructive'),
  ]);
  // Nothing of the old one is left to recognise it by.
  await commit('hidden', { 'renamed.yaml': 'warren: 1\nvhosts: { elsewhere: { queues: { a: {} } } }\n' });
  const hidden = await gitHubJob({ args: ['renamed.yaml'] });
  expect([hidden.exitCode, hidden.output]).toEqual([
    1,
    expect.stringMatching(/^shop\.yaml: .* destructive/m),
  ]);
  const gone = await gitHubJob({ args: ['shop.yaml'] });
  expect([gone.exitCode, gone.output]).toEqual([1, expect.stringMatching(/^shop\.yaml: .* destructive/m)]);
});

it('a branch that repairs a topology passes with the label, since nothing can be compared', async () => {
  await git('checkout', '--quiet', 'main');
  await commit('broken', { 'shop.yaml': shop('ttl: soon') });
  await git('checkout', '--quiet', '-b', 'repair');
  await commit('repaired', { 'shop.yaml': shop('ttl: 2h') });
  const args = ['shop.yaml', '--approval-label', 'approved'];
  const refused = await gitHubJob({ args });
  expect([refused.exitCode, refused.output]).toEqual([1, expect.stringContaining('has errors at')]);
  expect((await gitHubJob({ args, labels: ['approved'] })).exitCode).toBe(0);
});

it('from a folder: annotations name the file as the repository does', async () => {
  fs.mkdirSync(path.join(folder, 'a folder'));
  await git('mv', 'shop.yaml', 'a folder/shop.yaml');
  await commit('moved', {});
  await commit('destructive', { 'a folder/shop.yaml': shop('ttl: 1h') });
  const { output } = await gitHubJob({ within: 'a folder' });
  expect(annotations(output)).toEqual([expect.stringContaining('file=a folder/shop.yaml,line=8,')]);
});

it('hostile names begin no workflow command', async () => {
  const name = '"::set-env name=PATH::/x\\n::add-mask::x"';
  await commit('hostile', { 'shop.yaml': shop('ttl: 2h', `      ${name}: { maxLength: 5 }\n`) });
  await gitHubJob();
  await commit('gone', { 'shop.yaml': shop('ttl: 2h') });
  const { output } = await gitHubJob();
  for (const line of output.split('\n')) {
    if (line.trimStart().startsWith('::')) expect(line).toMatch(/^::(error|warning|notice) /);
  }
});

it('on GitLab: the comment of the merge request, and a label of it', async () => {
  await commit('destructive', { 'shop.yaml': shop('ttl: 1h') });
  const job = {
    GITLAB_CI: 'true',
    CI_API_V4_URL: host.url,
    CI_PROJECT_ID: '7',
    CI_MERGE_REQUEST_IID: '12',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: await git('rev-parse', 'main'),
    GITLAB_TOKEN: TOKEN,
  };
  expect((await review(['shop.yaml'], job)).exitCode).toBe(1);
  expect(host.comments.map(({ body }) => body)).toEqual([expect.stringContaining('1 destructive')]);
  const labelled = { ...job, CI_MERGE_REQUEST_LABELS: 'bug,approved' };
  expect((await review(['shop.yaml', '--approval-label', 'approved'], labelled)).exitCode).toBe(0);
  const { output } = await review(['shop.yaml'], { ...job, GITLAB_TOKEN: '' });
  expect(output).toContain('No comment on merge request 12 of project 7: there is no GITLAB_TOKEN');
});

it('in a shallow clone: says what to fetch', async () => {
  const { exitCode, output } = await gitHubJob({ args: ['shop.yaml', '--base', 'f'.repeat(40)] });
  expect([exitCode, output]).toEqual([2, expect.stringContaining('fetch-depth: 0')]);
});

describe('files that are none of the repository', () => {
  const SECRET = 'hidden: very-private-line';
  const SAYS = { out: 'it leads out of the repository', unlisted: 'git lists no such file' };

  it.each([
    ['a path', '../private.yaml', SAYS.out],
    ['a link', 'link.yaml', SAYS.out],
    ['a folder that is a link', 'elsewhere/private.yaml', SAYS.out],
    ['no file behind a link', 'elsewhere/privat.yaml', 'there is no such file'],
    ["git's own folder", '.git/private.yaml', SAYS.unlisted],
    ['what another step has left', 'left.yaml', SAYS.unlisted],
  ])('%s: refused at its line, nothing of it is quoted', async (_, name, why) => {
    for (const file of ['../private.yaml', '.git/private.yaml', 'left.yaml'])
      fs.writeFileSync(path.join(folder, file), SECRET);
    fs.writeFileSync(path.join(folder, '.git/info/exclude'), 'left.yaml\n');
    fs.symlinkSync('../private.yaml', path.join(folder, 'link.yaml'));
    fs.symlinkSync('..', path.join(folder, 'elsewhere'));
    await commit('hostile', { 'shop.yaml': `warren: 1\ninclude: [${name}]\n` });
    const { exitCode, output } = await gitHubJob();
    expect(exitCode, output).toBe(1);
    expect(annotations(output)).toEqual([
      expect.stringMatching(/^::error file=shop\.yaml,line=2,.*title=unreadable-file::/),
    ]);
    expect(output).toContain(why);
    expect(output).not.toContain('private-line');
    expect(output).not.toContain('did you mean');
  });

  it('a link in the place of the topology itself', async () => {
    fs.writeFileSync(path.join(folder, '../private.yaml'), SECRET);
    fs.rmSync(path.join(folder, 'shop.yaml'));
    fs.symlinkSync('../private.yaml', path.join(folder, 'shop.yaml'));
    await commit('hostile', {});
    const { exitCode, output } = await gitHubJob();
    expect([exitCode, output]).toEqual([2, expect.stringContaining(`can't read shop.yaml: ${SAYS.out}`)]);
    expect(output).not.toContain('private-line');
  });
});
