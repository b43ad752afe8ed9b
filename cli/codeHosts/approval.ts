/**
 * What a label says of the change that a job looks at. A label is given to a pull or merge request, not to a commit, and
 * stays when more is pushed: it approves what is there only where it was given after that.
 */

export type Approval =
  | { readonly is: 'absent' }
  | { readonly is: 'given' }
  /** Given before what is there now. */
  | { readonly is: 'outdated' }
  | { readonly is: 'unknown'; readonly why: string };

export const ABSENT: Approval = { is: 'absent' };
export const GIVEN: Approval = { is: 'given' };
export const OUTDATED: Approval = { is: 'outdated' };

export function unknown(why: string): Approval {
  return { is: 'unknown', why };
}

/** A time as the hosts write it, in milliseconds. Theirs only: the times of a commit are for its author to choose. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

type Entry = Readonly<Record<string, unknown>>;

/** When the latest of those that are meant was made, in milliseconds; undefined where there is none. */
export function latestOf(
  entries: readonly Entry[],
  isMeant: (entry: Entry) => boolean = () => true,
): number | undefined {
  const times = entries.filter(isMeant).map((entry) => timeOf(entry.created_at));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Whether an event is about this label. */
export function isAbout({ label }: Entry, name: string): boolean {
  return (label as { readonly name?: unknown } | null | undefined)?.name === name;
}

/** For the run of a commit that is no longer the newest one. */
export const MOVED_ON = unknown(
  'more was pushed since this run began. The run of the newest commit decides.',
);
