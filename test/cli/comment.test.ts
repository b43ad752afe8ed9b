/** `warren comment`, as a job of GitHub Actions or GitLab runs it, against a stand-in of their API. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { CodeHost } from './codeHost';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');
const TOKEN = 'very-secret-token';
const MARKER = '<!-- warren diff -->';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-comment-'));
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});
const file = (name: string, text: string): string => {
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

let host: CodeHost;
beforeEach(async () => {
  host = await CodeHost.start(TOKEN);
});
afterEach(() => host.stop());

const gitHubJob = (): NodeJS.ProcessEnv => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_API_URL: host.url,
  GITHUB_REPOSITORY: 'owner/shop',
  GITHUB_EVENT_PATH: file('event.json', JSON.stringify({ pull_request: { number: 12 } })),
  GITHUB_TOKEN: TOKEN,
});
const gitLabJob = (): NodeJS.ProcessEnv => ({
  GITLAB_CI: 'true',
  CI_API_V4_URL: host.url,
  CI_PROJECT_ID: '7',
  CI_MERGE_REQUEST_IID: '12',
  GITLAB_TOKEN: TOKEN,
});

/** Only with the given variables: the tests themselves may run in such a job. */
async function comment(report: string, job: NodeJS.ProcessEnv) {
  const { PATH, HOME } = process.env;
  const ended = await run(process.execPath, [WARREN, 'comment', report], { env: { PATH, HOME, ...job } });
  expect(ended.output).not.toContain(TOKEN);
  expect(ended.output).not.toMatch(/^\s+at /m);
  return ended;
}

describe.each([
  ['GitHub', gitHubJob, 'pull request 12 of owner/shop'],
  ['GitLab', gitLabJob, 'merge request 12 of project 7'],
] as const)('on %s', (_, job, where) => {
  it('is written once, then updated, and left alone where it says the same', async () => {
    const ours = (): string[] =>
      host.comments.filter(({ author }) => author === 'us').map(({ body }) => body);
    const [one, two] = [file('one.md', `${MARKER}\none\n`), file('two.md', `${MARKER}\ntwo\n`)];
    expect(await comment(one, job())).toMatchObject({
      exitCode: 0,
      output: `Wrote the comment on ${where}.\n`,
    });
    expect(await comment(two, job())).toMatchObject({
      exitCode: 0,
      output: `Updated the comment on ${where}.\n`,
    });
    expect(await comment(two, job())).toMatchObject({
      exitCode: 0,
      output: `Left the comment on ${where}.\n`,
    });
    expect(ours()).toEqual([`${MARKER}\ntwo\n`]);
  });

  it('is found behind hundreds of others; what somebody else wrote in its shape is left alone', async () => {
    host.add('mallory', `${MARKER}\nall is well\n`);
    for (let count = 0; count < 230; count++) host.add('alice', `comment ${count}`);
    host.add('us', `${MARKER} and more\n`);
    host.add('us', `${MARKER}\r\nold`);
    host.add('bob', 'after it');
    const before = host.comments.map(({ body }) => body);
    expect((await comment(file('new.md', `${MARKER}\nnew\n`), job())).exitCode).toBe(0);
    const changed = host.comments.filter(({ body }, index) => body !== before[index]);
    expect(changed.map(({ author, body }) => [author, body])).toEqual([['us', `${MARKER}\nnew\n`]]);
    expect(host.comments).toHaveLength(before.length);
  });

  it.each([
    [401, '{"message":"Bad credentials"}', 'HTTP 401 Bad credentials'],
    [403, '{"message":"Resource not accessible by integration"}', 'Resource not accessible by integration'],
    [302, '', 'HTTP 302'],
    [500, '<html>', 'HTTP 500 without a reason'],
  ])('says why it can not be written (%i)', async (status, body, expected) => {
    host.refusal = { status, body };
    const { exitCode, output } = await comment(file('one.md', `${MARKER}\none\n`), job());
    expect(output).toContain(expected);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(exitCode).toBe(2);
    if (status === 403) expect(output).toMatch(/pull-requests: write|scope `api`/);
  });
});

describe('can not be written, and says why', () => {
  const report = (): string => file('one.md', `${MARKER}\none\n`);

  it.each([
    ['outside of a job', () => ({}), 'neither GITHUB_ACTIONS nor GITLAB_CI is set'],
    ['without a token', () => ({ ...gitHubJob(), GITHUB_TOKEN: '' }), 'GITHUB_TOKEN is missing'],
    [
      'without a token of GitLab',
      () => ({ ...gitLabJob(), GITLAB_TOKEN: undefined }),
      'GITLAB_TOKEN is missing',
    ],
    [
      'in a job for a push',
      () => ({ ...gitHubJob(), GITHUB_EVENT_PATH: file('push.json', '{}') }),
      'does not run for a pull request',
    ],
    [
      'in a job whose event is broken',
      () => ({ ...gitHubJob(), GITHUB_EVENT_PATH: file('broken.json', '{') }),
      "can't be read as the event",
    ],
    [
      'where nothing answers',
      () => ({ ...gitHubJob(), GITHUB_API_URL: 'http://127.0.0.1:4' }),
      'ECONNREFUSED',
    ],
  ] as const)('%s', async (_, job, expected) => {
    const { exitCode, output } = await comment(report(), job());
    expect(output).toContain(expected);
    expect(exitCode).toBe(2);
    expect(host.comments).toEqual([]);
  });

  it('from a file that is no report, or not there', async () => {
    const plain = await comment(file('plain.md', '# hello\n'), gitHubJob());
    expect([plain.exitCode, plain.output]).toEqual([
      2,
      expect.stringContaining('does not begin with a line such as'),
    ]);
    const absent = await comment(path.join(folder, 'absent.md'), gitHubJob());
    expect([absent.exitCode, absent.output]).toEqual([2, expect.stringContaining('ENOENT')]);
    expect(host.requests).toEqual([]);
  });
});
