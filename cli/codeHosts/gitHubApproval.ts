/**
 * Whether a label of a pull request was given for the commit that a job looks at. GitHub's own record of pushes says
 * since when that is there, and the events of the pull request when the label was given. Any event may start a job
 * while an old label is still there (a push whose own job is late or cancelled, then another label, or a reopening), so
 * what a job was started by proves nothing but in two cases: a label that it was given with, and a push that came after.
 */
import { UserError } from '../userError';
import { call, wholeList } from './api';
import type { Api } from './api';
import { ABSENT, GIVEN, isAbout, latestOf, MOVED_ON, OUTDATED, timeOf, unknown } from './approval';
import type { Approval } from './approval';
import type { PullRequestRun } from './gitHubEvent';

/**
 * What changes a pull request without a push to its branch while it is open: another base, and what was pushed while it
 * was closed, which shows with the reopening only.
 */
const CHANGES = ['base_ref_changed', 'automatic_base_change_succeeded', 'head_ref_force_pushed', 'reopened'];

const GIVE_ANEW = 'Take it off, and give it anew: the run that begins with it needs not to ask.';

/** @param api throws UserError where there is no token */
export async function approvalOnGitHub(
  api: () => Api,
  run: PullRequestRun,
  label: string,
): Promise<Approval> {
  try {
    return await askedApproval(api(), run, label);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Repeated, it may be of a label that was taken off since.
    if (beginsWith(run, label) && !run.isRepeated) return GIVEN;
    return run.labels.includes(label) ? unknown(`${sentence(error)} ${GIVE_ANEW}`) : ABSENT;
  }
}

async function askedApproval(api: Api, run: PullRequestRun, label: string): Promise<Approval> {
  const { repository, number, head } = run;
  const now = (await call(api, 'GET', `/repos/${repository}/pulls/${number}`)) as PullRequest;
  if (!(now.labels ?? []).some(({ name }) => name === label)) return ABSENT;
  if (now.head?.sha !== head.revision) return MOVED_ON;
  const events = await wholeList(api, `/repos/${repository}/issues/${number}/events`);
  const givenMs = latestOf(events, (event) => event.event === 'labeled' && isAbout(event, label));
  // A label that was renamed: under the old name, somebody else may have had the say.
  if (givenMs === undefined) return unknown(`GitHub does not say when it was given. ${GIVE_ANEW}`);
  const changedMs = latestOf(events, ({ event }) => CHANGES.includes(String(event)));
  if (changedMs !== undefined && givenMs <= changedMs) return OUTDATED;
  const pushed = await pushOf(api, head);
  if (typeof pushed === 'number') return givenMs > pushed ? GIVEN : OUTDATED;
  if (beginsWith(run, label)) return GIVEN;
  // A later label has a later time than the event that shows the push.
  if (run.action === 'synchronize' && run.eventMs !== undefined && givenMs <= run.eventMs) return OUTDATED;
  return unknown(`${pushed} ${GIVE_ANEW}`);
}

/** The event says of which commit it is: what it gives is given for that one. */
function beginsWith({ action, eventLabel }: PullRequestRun, label: string): boolean {
  return action === 'labeled' && eventLabel === label;
}

/** When the branch came to this commit, or why that is not known. */
async function pushOf(
  api: Api,
  { repository, branch, revision }: PullRequestRun['head'],
): Promise<number | string> {
  const what = `when ${revision.slice(0, 10)} was pushed`;
  if (repository === undefined) return `The repository that it comes from is gone, and with it ${what}.`;
  const query = `ref=${encodeURIComponent(`refs/heads/${branch}`)}&per_page=1`;
  let found: unknown;
  try {
    found = await call(api, 'GET', `/repos/${repository}/activity?${query}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `GitHub does not say ${what}: ${sentence(error)}`;
  }
  const [newest] = (Array.isArray(found) ? found : []) as readonly Activity[];
  // The record may be behind the branch.
  const pushedMs = newest?.after === revision ? timeOf(newest.timestamp) : undefined;
  return pushedMs ?? `GitHub does not say ${what} to ${branch} of ${repository}.`;
}

interface PullRequest {
  readonly labels?: readonly { readonly name?: string }[];
  readonly head?: { readonly sha?: string };
}

interface Activity {
  readonly after?: string;
  readonly timestamp?: string;
}

function sentence({ message }: UserError): string {
  return message.replace(/\.?$/, '.');
}
