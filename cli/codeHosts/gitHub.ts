/** Pull requests on GitHub, in a job of GitHub Actions. */
import { readFileSync } from 'node:fs';
import { UserError } from '../userError';
import { call, commentOf, pages, required } from './api';
import type { Api } from './api';
import type { Review } from './review';

const TOKEN_HELP =
  'give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`, and the job the permission `pull-requests: write`.';

/** Who comments with the token of a job. It may not ask who it is. */
const JOB_LOGIN = 'github-actions[bot]';

export function gitHub(env: NodeJS.ProcessEnv): Review {
  const repository = required(env, 'GITHUB_REPOSITORY', 'it names the repository, as OWNER/NAME.');
  const { number, baseRevision, labels, headRepository } = pullRequestOf(env);
  const api = (): Api => ({
    url: env.GITHUB_API_URL ?? 'https://api.github.com',
    headers: {
      authorization: `Bearer ${required(env, 'GITHUB_TOKEN', TOKEN_HELP)}`,
      accept: 'application/vnd.github+json',
    },
    tokenHelp:
      'Give the job the permission `pull-requests: write`. For a pull request of a fork the token may only read: leave the comment out there.',
  });
  const obstacle =
    headRepository !== repository
      ? 'it comes from a fork, whose jobs may not write'
      : (env.GITHUB_TOKEN ?? '') === ''
        ? `there is no GITHUB_TOKEN: ${TOKEN_HELP}`
        : undefined;
  const own = `/repos/${repository}/issues`;
  return {
    inWords: `pull request ${number} of ${repository}`,
    baseRevision,
    labels,
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

interface PullRequest {
  readonly number: number;
  readonly baseRevision: string;
  readonly labels: readonly string[];
  /** Undefined where the fork is gone. */
  readonly headRepository: string | undefined;
}

/** As much of the event as is read; whatever is missing shows as undefined. */
interface PullRequestEvent {
  readonly pull_request?: {
    readonly number?: number;
    readonly base?: { readonly sha?: string };
    readonly head?: { readonly repo?: { readonly full_name?: string } | null };
    readonly labels?: readonly { readonly name?: string }[];
  };
}

function pullRequestOf(env: NodeJS.ProcessEnv): PullRequest {
  const file = required(env, 'GITHUB_EVENT_PATH', 'it names the file of the event that started the job.');
  let event: PullRequestEvent;
  try {
    event = JSON.parse(readFileSync(file, 'utf8')) as PullRequestEvent;
  } catch {
    throw new UserError(`${file} (GITHUB_EVENT_PATH) can't be read as the event of a job`);
  }
  const { number, base, head, labels = [] } = event.pull_request ?? {};
  if (typeof number !== 'number') {
    throw new UserError(
      'this job does not run for a pull request: let it run `on: pull_request`, or leave the comment out.',
    );
  }
  return {
    number,
    baseRevision: base?.sha ?? '',
    labels: labels.flatMap(({ name }) => (name === undefined ? [] : [name])),
    headRepository: head?.repo?.full_name,
  };
}
