/** A pull or merge request, as far as a report needs it. */

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** Whether it is ours: anybody may write what looks like it. */
  readonly isOurs: boolean;
}

/** The pull or merge request that a job runs for. */
export interface Review {
  /** For messages: `pull request 12 of owner/shop`. */
  readonly inWords: string;
  /** The tip of the branch that it goes into, or where the two parted. */
  readonly baseRevision: string;
  readonly labels: readonly string[];
  /** Why its comments can't be written: it comes from a fork, or there is no token. */
  readonly obstacleToComment?: string;
  comments(): Promise<readonly Comment[]>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<void>;
}
