/** A pull or merge request, as far as a report needs it. */
import type { Approval } from './approval';

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
  /** Whether a label is on it, and was given for what this job looks at. */
  approval(label: string): Promise<Approval>;
  /** Takes a label off it. Absent where nothing but this job reads labels, which knows by itself which are too old. */
  readonly takeOff?: (label: string) => Promise<void>;
  /** Why nothing can be written there: it comes from a fork, or there is no token. */
  readonly obstacleToComment?: string;
  comments(): Promise<readonly Comment[]>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<void>;
}
