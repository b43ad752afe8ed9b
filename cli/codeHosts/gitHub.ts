/** Pull requests on GitHub, in a job of GitHub Actions. */
import { readFileSync } from 'node:fs';
import { UserError } from '../userError';
import { call, pages, required } from './api';
import type { Api } from './api';
import type { Comment, Review } from './review';

/** Who comments with the token of a job. It may not ask who it is. */
const JOB_LOGIN = 'github-actions[bot]';

export function gitHub(env: NodeJS.ProcessEnv): Review {
  const repository = required(env, 'GITHUB_REPOSITORY', 'it names the repository, as OWNER/NAME.');
  const token = required(
    env,
    'GITHUB_TOKEN',
    'give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`, and the job the permission `pull-requests: write`.',
  );
  const number = pullRequestOf(env);
  const api: Api = {
    url: env.GITHUB_API_URL ?? 'https://api.github.com',
    headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' },
    tokenHelp:
      'Give the job the permission `pull-requests: write`. For a pull request of a fork the token may only read: leave the comment out there.',
  };
  const own = `/repos/${repository}/issues`;
  return {
    inWords: `pull request ${number} of ${repository}`,
    comments: async () => {
      const [login, found] = await Promise.all([loginOf(api), pages(api, `${own}/${number}/comments`)]);
      return found.map(({ id, body, user }): Comment => {
        const author = (user as { login?: unknown } | null | undefined)?.login;
        return { id: Number(id), body: typeof body === 'string' ? body : '', isOurs: author === login };
      });
    },
    create: async (body) => {
      await call(api, 'POST', `${own}/${number}/comments`, { body });
    },
    update: async (id, body) => {
      await call(api, 'PATCH', `${own}/comments/${id}`, { body });
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

function pullRequestOf(env: NodeJS.ProcessEnv): number {
  const file = required(env, 'GITHUB_EVENT_PATH', 'it names the file of the event that started the job.');
  let event: { readonly pull_request?: { readonly number?: unknown } };
  try {
    event = JSON.parse(readFileSync(file, 'utf8')) as typeof event;
  } catch {
    throw new UserError(`${file} (GITHUB_EVENT_PATH) can't be read as the event of a job`);
  }
  const number = event.pull_request?.number;
  if (typeof number !== 'number') {
    throw new UserError(
      'this job does not run for a pull request: let it run `on: pull_request`, or leave the comment out.',
    );
  }
  return number;
}
