/**
 * What a rotation has to do next, decided from the stack's settings and its state alone: a rotation that was ended
 * anywhere is gone on with, and none is begun a second time.
 *
 * A user's generations go `[1]`, `[1, 2]`, `[2]`; after each of the two changes comes an `up`.
 */

/** The generations of one user's login. */
export interface UserGenerations {
  /** As in the topology; or the stack's administrator. */
  readonly user: string;
  /** What the settings say. */
  readonly wanted: readonly number[];
  /** What the state has: an `up` has made them. */
  readonly made: readonly number[];
}

export interface Plan {
  /** False where a rotation that was begun before is gone on with. */
  readonly isNew: boolean;
  readonly users: readonly UserGenerations[];
  /** Users that were asked for and have to wait until the rotation that is under way is over. */
  readonly waiting: readonly string[];
}

/** @param asked the users that shall be rotated, out of `all` of the stack */
export function planRotation(all: readonly UserGenerations[], asked: readonly string[]): Plan {
  const unfinished = all.filter((one) => asked.includes(one.user) && !isSettled(one));
  if (unfinished.length === 0) {
    return { isNew: true, users: all.filter(({ user }) => asked.includes(user)), waiting: [] };
  }
  const begun = unfinished.map(({ user }) => user);
  return { isNew: false, users: unfinished, waiting: asked.filter((user) => !begun.includes(user)) };
}

/** One generation, and an `up` has made it and no other. */
function isSettled({ wanted, made }: UserGenerations): boolean {
  return wanted.length === 1 && made.every((generation) => wanted.includes(generation));
}

export function newestOf(generations: readonly number[]): number {
  return Math.max(...generations);
}

/** With one more. */
export function withNext({ wanted, made }: UserGenerations): readonly number[] {
  return [...wanted, newestOf([...wanted, ...made]) + 1];
}

/** Those that go, by their numbers: all but the newest, of the settings and of the state. */
export function olderOf({ wanted, made }: UserGenerations): readonly number[] {
  const newest = newestOf(wanted);
  return [...new Set([...wanted, ...made])]
    .filter((generation) => generation !== newest)
    .sort((a, b) => a - b);
}
