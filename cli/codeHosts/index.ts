/** The places where a change is reviewed. */
import { UserError } from '../userError';
import { gitHub } from './gitHub';
import { gitLab } from './gitLab';
import type { Review } from './review';

/** @throws UserError where no job of GitHub Actions or GitLab runs here, or not for a pull or merge request */
export function reviewOfJob(env: NodeJS.ProcessEnv): Review {
  if (env.GITHUB_ACTIONS === 'true') return gitHub(env);
  if (env.GITLAB_CI === 'true') return gitLab(env);
  throw new UserError(
    'there is no pull request to comment: neither GITHUB_ACTIONS nor GITLAB_CI is set. Run it in a job for a pull request of GitHub Actions or a merge request of GitLab.',
  );
}
