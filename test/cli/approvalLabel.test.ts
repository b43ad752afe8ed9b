/** A label approves what was there when it was given, and nothing that is pushed afterwards. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rehearsal, shop } from './pullRequest';

const LABEL = 'topology approved';
const args = ['shop.yaml', '--approval-label', LABEL];

const rig = rehearsal();
const { commit, event, gitHubJob, gitLabJob } = rig;
beforeEach(async () => {
  await rig.begin();
  await commit('harmless', { 'shop.yaml': shop('ttl: 3h') });
});
afterEach(() => rig.end());

const pushLoss = (): Promise<void> => commit('a loss', { 'shop.yaml': shop('ttl: 1h') });
const change = (): typeof rig.host.change => rig.host.change;
const takenOff = (): string[] => rig.host.requests.filter((request) => request.startsWith('DELETE'));

const APPROVED = {
  exitCode: 0,
  output: expect.stringContaining(`The label "${LABEL}" approves it.`) as string,
};
const refused = (why: string): object => ({ exitCode: 1, output: expect.stringContaining(why) as string });
const TAKEN_OFF = `The label "${LABEL}" on pull request 12 of owner/shop was given for what was there before the last push, and is taken off.`;
const ANEW = 'Whoever may approve the change as it is now gives it anew.';
const OLD = 'was given for what was there before the last push, and approves nothing.';
const UNKNOWN = "is older than the last push can't be known, so it approves nothing:";

describe('on GitHub, with a label that was given before the push', () => {
  it('it is taken off, which the log, the comment and the summary say; given anew, it approves', async () => {
    change().give(LABEL);
    await pushLoss();
    const push = await event();
    const first = await gitHubJob({ args, event: push });
    expect(first).toMatchObject(refused(`${TAKEN_OFF} ${ANEW}`));
    expect(takenOff()).toEqual(['DELETE /repos/owner/shop/issues/12/labels/topology%20approved']);
    expect([...change().labels]).toEqual([]);
    expect(rig.host.comments[0]?.body).toMatch(/^> The label .* is taken off\. Whoever may approve/m);
    expect(first.summary).toContain('is taken off');

    change().give(LABEL);
    expect(await gitHubJob({ args, event: await event('labeled', LABEL) })).toMatchObject(APPROVED);
    expect(rig.host.comments[0]?.body).not.toContain('taken off');
    // The push's own job once more, and one for something else: neither takes off what was given after the push.
    expect(await gitHubJob({ args, event: push, env: { GITHUB_RUN_ATTEMPT: '2' } })).toMatchObject(APPROVED);
    expect(await gitHubJob({ args, event: await event('unlabeled', 'bug') })).toMatchObject(APPROVED);
    expect(takenOff()).toHaveLength(1);
  });

  it.each([
    ['another label', 'labeled', 'bug'],
    ['a reopening', 'reopened', undefined],
    ['a new title', 'edited', undefined],
  ])('it approves nothing in the job of %s either, should that come first', async (_, action, label) => {
    change().give(LABEL);
    await pushLoss();
    expect(await gitHubJob({ args, event: await event(action, label) })).toMatchObject(refused(TAKEN_OFF));
  });

  it('it is taken off where the push is harmless, too: the deployment reads it', async () => {
    change().give(LABEL);
    await commit('harmless', { 'shop.yaml': shop('ttl: 4h') });
    const { exitCode, output } = await gitHubJob({ args });
    expect([exitCode, output]).toEqual([0, expect.stringContaining(TAKEN_OFF)]);
    expect([...change().labels]).toEqual([]);
  });

  it('it stays where nobody asked for labels', async () => {
    change().give(LABEL);
    await pushLoss();
    expect((await gitHubJob()).exitCode).toBe(1);
    expect([...change().labels]).toEqual([LABEL]);
    expect(
      rig.host.requests.filter((request) => !request.includes('comments') && !request.includes('/user')),
    ).toEqual([]);
  });

  it('of a fork: it stays, approves nothing, and the job says who can help', async () => {
    change().give(LABEL);
    await pushLoss();
    const { output } = await gitHubJob({ args, head: 'mallory/shop' });
    expect(output).toContain(
      `${OLD} Whoever may approve the change as it is now takes it off, and gives it anew.`,
    );
    expect(output).toContain("This job can't take it off: it comes from a fork, whose jobs may not write");
    expect(takenOff()).toEqual([]);
    expect(rig.host.requests).toContainEqual(
      expect.stringContaining('/repos/mallory/shop/activity?ref=refs'),
    );
    const reopened = await event('reopened', undefined, 'mallory/shop');
    expect(await gitHubJob({ args, event: reopened })).toMatchObject(refused(OLD));
  });

  it('a token that may only read: it stays, approves nothing, and the job says what to permit', async () => {
    change().give(LABEL);
    await commit('as it was', { 'shop.yaml': shop('ttl: 2h') });
    rig.host.refusal = { status: 403, body: '{"message":"Resource not accessible by integration"}' };
    const { exitCode, output } = await gitHubJob({ args });
    expect([exitCode, output]).toEqual([0, expect.stringContaining(OLD)]);
    expect(output).toMatch(/can't take it off: DELETE .* HTTP 403 .* `pull-requests: write`/);
  });

  it('that another run has taken off meanwhile', async () => {
    change().give(LABEL);
    await pushLoss();
    rig.host.whileDeleting = () => change().takeOff(LABEL);
    const { output } = await gitHubJob({ args });
    expect(output).toContain(TAKEN_OFF);
    expect(output).not.toContain("can't");
  });
});

describe('on GitHub, what changes a pull request without a push', () => {
  it.each(['reopened', 'base_ref_changed', 'automatic_base_change_succeeded'])('%s', async (happening) => {
    await pushLoss();
    change().give(LABEL);
    change().happens(happening);
    expect(await gitHubJob({ args, event: await event('edited') })).toMatchObject(refused(TAKEN_OFF));
    change().give(LABEL);
    expect(await gitHubJob({ args, event: await event('labeled', LABEL) })).toMatchObject(APPROVED);
  });
});

describe('on GitHub, a job of an older commit', () => {
  it('counts no label that came since, and leaves it', async () => {
    await pushLoss();
    const old = await event();
    change().push('f'.repeat(40));
    change().give(LABEL);
    expect(await gitHubJob({ args, event: old })).toMatchObject(refused(`${UNKNOWN} more was pushed since`));
    expect([...change().labels]).toEqual([LABEL]);
  });

  it('repeated, counts no label that was taken off since', async () => {
    await pushLoss();
    change().give('bug');
    change().give(LABEL);
    const given = await event('labeled', LABEL);
    change().takeOff(LABEL);
    const again = { args, event: given, env: { GITHUB_RUN_ATTEMPT: '2' } };
    expect(await gitHubJob(again)).toMatchObject(refused('gives pull request 12 of owner/shop the label'));
    const withoutToken = { ...again, env: { ...again.env, GITHUB_TOKEN: '' } };
    expect(await gitHubJob(withoutToken)).toMatchObject(refused(UNKNOWN));
  });
});

describe('on GitHub, where not everything can be read', () => {
  it.each([
    ['no token', (): NodeJS.ProcessEnv => ({ GITHUB_TOKEN: '' }), undefined, 'GITHUB_TOKEN is missing'],
    ['no events', (): NodeJS.ProcessEnv => ({}), /events$/, '`contents: read` and `pull-requests: write`'],
    [
      'no pull request',
      (): NodeJS.ProcessEnv => ({}),
      /pulls/,
      '`contents: read` and `pull-requests: write`',
    ],
    ['no pushes', (): NodeJS.ProcessEnv => ({}), /activity$/, '`contents: read` and `pull-requests: write`'],
    [
      'no answer',
      (): NodeJS.ProcessEnv => ({ GITHUB_API_URL: 'http://127.0.0.1:4' }),
      undefined,
      'ECONNREFUSED',
    ],
  ])('%s: only the job that begins with the label knows', async (_, env, hidden, why) => {
    await pushLoss();
    change().give(LABEL);
    rig.host.hidden = hidden;
    const other = await gitHubJob({ args, event: await event('reopened'), env: env() });
    expect(other.output).toContain(UNKNOWN);
    expect(other.output).toContain(why);
    expect(other.output).toContain('Take it off, and give it anew');
    expect([...change().labels]).toEqual([LABEL]);
    const given = await gitHubJob({ args, event: await event('labeled', LABEL), env: env() });
    // Without an answer there is no comment either, which is told as that.
    if (why !== 'ECONNREFUSED') expect(given).toMatchObject(APPROVED);
    expect(given.output).not.toContain(UNKNOWN);
  });

  it('no pushes: a label is older than the push that a job begins with, unless it came later', async () => {
    change().give(LABEL);
    await pushLoss();
    rig.host.hidden = /activity$/;
    const push = await event();
    expect(await gitHubJob({ args, event: push })).toMatchObject(refused(TAKEN_OFF));
    change().give(LABEL);
    const again = { args, event: push, env: { GITHUB_RUN_ATTEMPT: '2' } };
    expect(await gitHubJob(again)).toMatchObject(refused(UNKNOWN));
    expect([...change().labels]).toEqual([LABEL]);
  });

  it('a record of pushes that is behind the branch', async () => {
    change().give(LABEL);
    await pushLoss();
    change().activities.shift();
    expect(await gitHubJob({ args, event: await event('reopened') })).toMatchObject(
      refused(`${UNKNOWN} GitHub does not say when`),
    );
  });

  it('more events than anybody reads', async () => {
    await pushLoss();
    change().give(LABEL);
    for (let count = 0; count < 5000; count++) change().happens('mentioned');
    expect(await gitHubJob({ args })).toMatchObject(refused('too many to read. Take it off'));
  });

  it('a label that had another name when it was given', async () => {
    await pushLoss();
    change().labels.add(LABEL);
    expect(await gitHubJob({ args })).toMatchObject(refused('GitHub does not say when it was given.'));
  });
});

describe('on GitLab', () => {
  it('a label counts where it was given after the newest version was made', async () => {
    await pushLoss();
    change().give('bug');
    change().give(LABEL);
    expect(await gitLabJob({ args })).toMatchObject(APPROVED);
    await commit('another loss', { 'shop.yaml': shop('ttl: 30m') });
    const WAY_OUT = `${OLD} Whoever may approve the change as it is now takes it off, and gives it anew. Then run this job again.`;
    expect(await gitLabJob({ args })).toMatchObject(refused(WAY_OUT));
    expect(rig.host.comments[0]?.body).toContain('and approves nothing');
    expect([...change().labels]).toContain(LABEL);
    change().takeOff(LABEL);
    expect(await gitLabJob({ args })).toMatchObject(refused('gives merge request 12 of project 7 the label'));
    change().give(LABEL);
    // As GitLab told it when it made the pipeline: the label came later, and the job was repeated.
    expect(await gitLabJob({ args, env: { CI_MERGE_REQUEST_LABELS: 'bug' } })).toMatchObject(APPROVED);
  });

  it('a pipeline of merged results runs for a commit of its own', async () => {
    await pushLoss();
    change().give(LABEL);
    const env = { CI_COMMIT_SHA: 'f'.repeat(40), CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: change().revision };
    expect(await gitLabJob({ args, env })).toMatchObject(APPROVED);
  });

  it('a job of an older commit', async () => {
    await pushLoss();
    change().push('f'.repeat(40));
    change().give(LABEL);
    expect(await gitLabJob({ args })).toMatchObject(refused(`${UNKNOWN} more was pushed since`));
  });

  it.each([
    ['no token', { GITLAB_TOKEN: '' }, undefined, 'the variable GITLAB_TOKEN is missing'],
    ['no versions', {}, /versions$/, 'GITLAB_TOKEN must be a token with the scope `api`'],
    [
      'no events of labels',
      {},
      /resource_label_events$/,
      'GITLAB_TOKEN must be a token with the scope `api`',
    ],
  ])('%s: the label may be older than the last push, and approves nothing', async (_, env, hidden, why) => {
    await pushLoss();
    change().give(LABEL);
    rig.host.hidden = hidden;
    const ended = await gitLabJob({ args, env });
    expect(ended).toMatchObject(refused(UNKNOWN));
    expect(ended.output).toContain(why);
  });

  it('without a token and without a label: only who may give it', async () => {
    await pushLoss();
    const { output } = await gitLabJob({ args, env: { GITLAB_TOKEN: '' } });
    expect(output).toContain('gives merge request 12 of project 7 the label');
    expect(output).not.toContain(UNKNOWN);
  });
});
