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
  /** False where nothing is begun, and a rotation that was begun before is gone on with. */
  readonly isNew: boolean;
  /** With what it begins, and with what it goes on. */
  readonly users: readonly UserGenerations[];
  /** Out of `users`, those who get another generation. */
  readonly begun: readonly string[];
  /** Users that were asked for and have to wait until the rotation that is under way is over. */
  readonly waiting: readonly string[];
}

/**
 * @param asked the users that shall be rotated, out of `all` of the stack
 * @param isHandedOver whether a user waits for others outside of the stack, for days: nobody else waits for those
 */
export function planRotation(
  all: readonly UserGenerations[],
  asked: readonly string[],
  isHandedOver: (user: string) => boolean = () => false,
): Plan {
  const chosen = all.filter(({ user }) => asked.includes(user));
  const unfinished = chosen.filter((one) => !isSettled(one));
  const begun = chosen.filter(isSettled).map(({ user }) => user);
  const isAlone = unfinished.some((one) => !isMade(one) || !isHandedOver(one.user));
  if (isAlone) return { isNew: false, users: unfinished, begun: [], waiting: begun };
  return { isNew: begun.length > 0, users: chosen, begun, waiting: [] };
}

/** Only with what was begun. */
export function planToFinish(all: readonly UserGenerations[], asked: readonly string[]): Plan {
  const users = all.filter((one) => asked.includes(one.user) && !isSettled(one));
  return { isNew: false, users, begun: [], waiting: [] };
}

/** Whether an `up` has made what the settings say, and has left nothing else. */
export function isMade({ wanted, made }: UserGenerations): boolean {
  return wanted.length === made.length && made.every((generation) => wanted.includes(generation));
}

/**
 * One generation, and an `up` has made it and no older one. A newer one is of a rotation that was taken back by hand:
 * going on with that would leave the login that was to be rotated.
 */
function isSettled({ wanted, made }: UserGenerations): boolean {
  return wanted.length === 1 && made.every((generation) => generation >= newestOf(wanted));
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
