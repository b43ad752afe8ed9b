/** A pull request, rehearsed: a real repository with one commit after the other, and a stand-in of the code rig.host. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rehearsal, shop } from './pullRequest';

const rig = rehearsal();
const { git, commit, gitHubJob, gitLabJob } = rig;
beforeEach(() => rig.begin());
afterEach(() => rig.end());

const annotations = (output: string): string[] => output.split('\n').filter((line) => line.startsWith('::'));

describe('three commits of a pull request', () => {
  it('safe, disruptive and destructive: one comment that follows, the right status, annotations at the lines', async () => {
    await commit('safe', { 'shop.yaml': shop('ttl: 3h') });
    const safe = await gitHubJob();
    expect([safe.exitCode, annotations(safe.output)]).toEqual([0, []]);
    expect(rig.host.comments.map(({ body }) => body.split('\n')[0])).toEqual([
      '<!-- warren diff shop.yaml -->',
    ]);
    expect(rig.host.comments[0]?.body).toMatch(/^### 🟢 RabbitMQ topology: 1 change: 1 safe$/m);

    await commit('disruptive', { 'shop.yaml': shop('ttl: 3h', '', '') });
    const disruptive = await gitHubJob();
    expect(disruptive.exitCode, disruptive.output).toBe(0);
    expect((await gitHubJob({ args: ['shop.yaml', '--fail-on', 'disruptive'] })).exitCode).toBe(1);
    expect(rig.host.comments[0]?.body).toMatch(
      /^### 🟠 RabbitMQ topology: \d changes: \d disruptive, \d safe$/m,
    );

    await commit('destructive', { 'shop.yaml': shop('ttl: 1h') });
    const destructive = await gitHubJob({ args: ['shop.yaml', '--approval-label', 'topology approved'] });
    expect(destructive.exitCode).toBe(1);
    expect(destructive.output).toContain('This change is destructive: --fail-on destructive refuses it.');
    expect(annotations(destructive.output)).toEqual([
      expect.stringMatching(/^::error file=shop\.yaml,line=8,endLine=8,.*title=destructive%3A .*paid.*::/),
    ]);
    expect(rig.host.comments).toHaveLength(1);
    expect(rig.host.comments[0]?.body).toMatch(/^### 🔴 RabbitMQ topology: 1 change: 1 destructive$/m);
    expect(destructive.summary).toContain(rig.host.comments[0]?.body);

    rig.host.change.give('topology approved');
    const args = ['shop.yaml', '--approval-label', 'topology approved'];
    expect(await gitHubJob({ args })).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('The label "topology approved" approves it.') as string,
    });
    await commit('as it was', { 'shop.yaml': shop('ttl: 2h') });
    expect((await gitHubJob()).exitCode).toBe(0);
    expect(rig.host.comments.map(({ body }) => body)).toEqual([expect.stringContaining('nothing changes')]);
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
  expect(rig.host.requests).toEqual([]);
});

it('a new topology, one without changes, and one with errors, in one run', async () => {
  await commit('more', { 'new.yaml': shop('ttl: 1h'), 'bad.yaml': shop('ttl: soon') });
  const { exitCode, output } = await gitHubJob({ args: ['new.yaml', 'shop.yaml', 'bad.yaml'] });
  expect(exitCode).toBe(1);
  expect(annotations(output)).toContainEqual(expect.stringMatching(/^::error file=bad\.yaml,line=8,/));
  expect(rig.host.comments.map(({ body }) => body.split('\n')[0])).toEqual(['<!-- warren diff new.yaml -->']);
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
  rig.host.change.give('approved');
  expect((await gitHubJob({ args })).exitCode).toBe(0);
});

it('from a folder: annotations name the file as the repository does', async () => {
  fs.mkdirSync(path.join(rig.folder, 'a folder'));
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

it('on GitLab: the comment of the merge request', async () => {
  await commit('destructive', { 'shop.yaml': shop('ttl: 1h') });
  expect((await gitLabJob()).exitCode).toBe(1);
  expect(rig.host.comments.map(({ body }) => body)).toEqual([expect.stringContaining('1 destructive')]);
  const { output } = await gitLabJob({ env: { GITLAB_TOKEN: '' } });
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
      fs.writeFileSync(path.join(rig.folder, file), SECRET);
    fs.writeFileSync(path.join(rig.folder, '.git/info/exclude'), 'left.yaml\n');
    fs.symlinkSync('../private.yaml', path.join(rig.folder, 'link.yaml'));
    fs.symlinkSync('..', path.join(rig.folder, 'elsewhere'));
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
    fs.writeFileSync(path.join(rig.folder, '../private.yaml'), SECRET);
    fs.rmSync(path.join(rig.folder, 'shop.yaml'));
    fs.symlinkSync('../private.yaml', path.join(rig.folder, 'shop.yaml'));
    await commit('hostile', {});
    const { exitCode, output } = await gitHubJob();
    expect([exitCode, output]).toEqual([2, expect.stringContaining(`can't read shop.yaml: ${SAYS.out}`)]);
    expect(output).not.toContain('private-line');
  });
});
