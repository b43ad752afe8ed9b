/** The pull request that a job of GitHub Actions runs for, as the event that started it says. */
import { readFileSync } from 'node:fs';
import { UserError } from '../userError';
import { timeOf } from './approval';
import { required } from './api';

export interface PullRequestRun {
  /** Where it goes into, as OWNER/NAME. */
  readonly repository: string;
  readonly number: number;
  readonly baseRevision: string;
  readonly head: {
    readonly revision: string;
    readonly branch: string;
    /** Undefined where the fork is gone. */
    readonly repository: string | undefined;
  };
  /** As they were when the event came: a run that is repeated sees the same. */
  readonly labels: readonly string[];
  /** `opened`, `synchronize` (a push), `labeled` and others. */
  readonly action: string;
  /** The one that was given or taken off, for these actions. */
  readonly eventLabel: string | undefined;
  readonly eventMs: number | undefined;
  readonly isRepeated: boolean;
}

/** As much of the event as is read; whatever is missing shows as undefined. */
interface PullRequestEvent {
  readonly action?: string;
  readonly label?: { readonly name?: string };
  readonly pull_request?: {
    readonly number?: number;
    readonly updated_at?: string;
    readonly base?: { readonly sha?: string };
    readonly head?: {
      readonly sha?: string;
      readonly ref?: string;
      readonly repo?: { readonly full_name?: string } | null;
    };
    readonly labels?: readonly { readonly name?: string }[];
  };
}

export function pullRequestRun(env: NodeJS.ProcessEnv): PullRequestRun {
  const repository = required(env, 'GITHUB_REPOSITORY', 'it names the repository, as OWNER/NAME.');
  const { pull_request: pull = {}, action = '', label } = readEvent(env);
  const { number, base, head, labels = [] } = pull;
  if (typeof number !== 'number') {
    throw new UserError(
      'this job does not run for a pull request: let it run `on: pull_request`, or leave the comment out.',
    );
  }
  return {
    repository,
    number,
    baseRevision: base?.sha ?? '',
    head: {
      revision: head?.sha ?? '',
      branch: head?.ref ?? '',
      repository: head?.repo?.full_name,
    },
    labels: labels.flatMap(({ name }) => (name === undefined ? [] : [name])),
    action,
    eventLabel: label?.name,
    eventMs: timeOf(pull.updated_at),
    isRepeated: (env.GITHUB_RUN_ATTEMPT ?? '1') !== '1',
  };
}

function readEvent(env: NodeJS.ProcessEnv): PullRequestEvent {
  const file = required(env, 'GITHUB_EVENT_PATH', 'it names the file of the event that started the job.');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PullRequestEvent;
  } catch {
    throw new UserError(`${file} (GITHUB_EVENT_PATH) can't be read as the event of a job`);
  }
}
