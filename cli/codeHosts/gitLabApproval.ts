/**
 * Whether a label of a merge request was given for the commit that a job looks at. GitLab makes a version of a merge
 * request with every push, another target and a reopening, and keeps when each label was given: its own times, both.
 */
import { UserError } from '../userError';
import { call, wholeList } from './api';
import type { Api } from './api';
import { ABSENT, GIVEN, isAbout, latestOf, MOVED_ON, OUTDATED, timeOf, unknown } from './approval';
import type { Approval } from './approval';

export interface MergeRequestRun {
  /** Its path in the API. */
  readonly path: string;
  readonly headRevision: string;
  /** As they were when the pipeline was made. */
  readonly labels: readonly string[];
}

/** @param api throws UserError where there is no token */
export async function approvalOnGitLab(
  api: () => Api,
  run: MergeRequestRun,
  label: string,
): Promise<Approval> {
  try {
    return await askedApproval(api(), run, label);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return run.labels.includes(label) ? unknown(error.message) : ABSENT;
  }
}

async function askedApproval(
  api: Api,
  { path, headRevision }: MergeRequestRun,
  label: string,
): Promise<Approval> {
  const { labels = [] } = (await call(api, 'GET', path)) as { labels?: readonly string[] };
  if (!labels.includes(label)) return ABSENT;
  const [versions, events] = await Promise.all([
    wholeList(api, `${path}/versions`),
    wholeList(api, `${path}/resource_label_events`),
  ]);
  const pushedMs = latestOf(versions);
  const newest = versions.find((version) => timeOf(version.created_at) === pushedMs);
  if (pushedMs === undefined || newest?.head_commit_sha !== headRevision) return MOVED_ON;
  const givenMs = latestOf(events, (event) => event.action === 'add' && isAbout(event, label));
  if (givenMs === undefined) {
    return unknown(
      'GitLab does not say when it was given. Take it off, give it anew, and run this job again.',
    );
  }
  return givenMs > pushedMs ? GIVEN : OUTDATED;
}
