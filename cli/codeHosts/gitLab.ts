/** Merge requests on GitLab, in a job of GitLab CI. */
import { call, commentOf, pages, required } from './api';
import type { Api } from './api';
import { approvalOnGitLab } from './gitLabApproval';
import type { Review } from './review';

const TOKEN_HELP =
  "make a project access token with the scope `api`, and give it as a masked CI variable: a job's own token is not enough.";

export function gitLab(env: NodeJS.ProcessEnv): Review {
  const project = required(env, 'CI_PROJECT_ID', 'GitLab sets it in every job.');
  const number = required(
    env,
    'CI_MERGE_REQUEST_IID',
    'let the job run `if: $CI_PIPELINE_SOURCE == "merge_request_event"`, or leave the comment out.',
  );
  const api = (): Api => ({
    url: required(env, 'CI_API_V4_URL', 'GitLab sets it in every job.'),
    headers: { 'private-token': required(env, 'GITLAB_TOKEN', TOKEN_HELP) },
    tokenHelp: 'GITLAB_TOKEN must be a token with the scope `api` and at least the role Reporter.',
  });
  const path = `/projects/${encodeURIComponent(project)}/merge_requests/${number}`;
  const own = `${path}/notes`;
  const run = {
    path,
    // The former in pipelines of merged results only, where the latter is a commit of GitLab's.
    headRevision: [env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA, env.CI_COMMIT_SHA].find(Boolean) ?? '',
    labels: (env.CI_MERGE_REQUEST_LABELS ?? '').split(','),
  };
  return {
    inWords: `merge request ${number} of project ${project}`,
    baseRevision: env.CI_MERGE_REQUEST_DIFF_BASE_SHA ?? '',
    approval: (label) => approvalOnGitLab(api, run, label),
    // Masked variables don't reach the jobs of a fork.
    ...((env.GITLAB_TOKEN ?? '') === ''
      ? { obstacleToComment: `there is no GITLAB_TOKEN: ${TOKEN_HELP}` }
      : {}),
    comments: async () => {
      const [us, found] = await Promise.all([call(api(), 'GET', '/user'), pages(api(), own)]);
      const { id: ourId } = us as { id?: unknown };
      return found.map((entry) => {
        const authorId = (entry.author as { id?: unknown } | null | undefined)?.id;
        return commentOf(entry, authorId !== undefined && authorId === ourId);
      });
    },
    create: async (body) => {
      await call(api(), 'POST', own, { body });
    },
    update: async (id, body) => {
      await call(api(), 'PUT', `${own}/${id}`, { body });
    },
  };
}
