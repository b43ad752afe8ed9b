/** Pull requests on GitHub, in a job of GitHub Actions. */
import { call, commentOf, pages, required } from './api';
import type { Api } from './api';
import { approvalOnGitHub } from './gitHubApproval';
import { pullRequestRun } from './gitHubEvent';
import type { Review } from './review';

const TOKEN_HELP =
  'give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`, and the job the permission `pull-requests: write`.';

const LABEL_HELP = 'Give the job the permissions `contents: read` and `pull-requests: write`.';

/** Who comments with the token of a job. It may not ask who it is. */
const JOB_LOGIN = 'github-actions[bot]';

export function gitHub(env: NodeJS.ProcessEnv): Review {
  const run = pullRequestRun(env);
  const { repository, number, baseRevision, head } = run;
  const apiWith = (tokenHelp: string): Api => ({
    url: env.GITHUB_API_URL ?? 'https://api.github.com',
    headers: {
      authorization: `Bearer ${required(env, 'GITHUB_TOKEN', TOKEN_HELP)}`,
      accept: 'application/vnd.github+json',
    },
    tokenHelp,
  });
  const api = (): Api =>
    apiWith(
      'Give the job the permission `pull-requests: write`. For a pull request of a fork the token may only read: leave the comment out there.',
    );
  const labelApi = (): Api => apiWith(LABEL_HELP);
  const obstacle =
    head.repository !== repository
      ? 'it comes from a fork, whose jobs may not write'
      : (env.GITHUB_TOKEN ?? '') === ''
        ? `there is no GITHUB_TOKEN: ${TOKEN_HELP}`
        : undefined;
  const own = `/repos/${repository}/issues`;
  return {
    inWords: `pull request ${number} of ${repository}`,
    baseRevision,
    approval: (label) => approvalOnGitHub(labelApi, run, label),
    takeOff: async (label) => {
      try {
        await call(labelApi(), 'DELETE', `${own}/${number}/labels/${encodeURIComponent(label)}`);
      } catch (error) {
        // Another run may have been faster.
        if ((await approvalOnGitHub(labelApi, run, label)).is !== 'absent') throw error;
      }
    },
    ...(obstacle === undefined ? {} : { obstacleToComment: obstacle }),
    comments: async () => {
      const [login, found] = await Promise.all([loginOf(api()), pages(api(), `${own}/${number}/comments`)]);
      return found.map((entry) =>
        commentOf(entry, (entry.user as { login?: unknown } | null | undefined)?.login === login),
      );
    },
    create: async (body) => {
      await call(api(), 'POST', `${own}/${number}/comments`, { body });
    },
    update: async (id, body) => {
      await call(api(), 'PATCH', `${own}/comments/${id}`, { body });
    },
  };
}

async function loginOf(api: Api): Promise<string> {
  try {
    const { login } = (await call(api, 'GET', '/user')) as { login?: unknown };
    return typeof login === 'string' ? login : JOB_LOGIN;
  } catch {
    return JOB_LOGIN;
  }
}
