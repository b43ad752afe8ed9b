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
  comments(): Promise<readonly Comment[]>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<void>;
}
