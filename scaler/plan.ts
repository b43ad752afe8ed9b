/** Which containers are started and stopped, so that as many run as are wanted: the lowest numbers. */
import type { Fleet } from './config';
import type { Judged, Life } from './life';

export interface Plan {
  readonly starts: readonly string[];
  /** What ended by itself, and is still wanted. */
  readonly restarts: readonly string[];
  readonly stops: readonly string[];
  /** What ended by itself and is no longer wanted: nothing is to be done. */
  readonly givenUp: readonly string[];
}

const LIVE: ReadonlySet<Life> = new Set<Life>(['running', 'busy', 'due', 'resting']);

/** How many count as running. One that ended by itself keeps its place until it is started again. */
export function countLive(judged: readonly Judged[]): number {
  return judged.filter(({ life }) => LIVE.has(life)).length;
}

/** @param mayStop false where nobody knows whether there is work */
export function planFor(fleet: Fleet, judged: readonly Judged[], wanted: number, mayStop: boolean): Plan {
  const present = judged.filter(({ life }) => life !== 'missing' && life !== 'leaving');
  const target = Math.min(wanted, present.length);
  const live = present.filter(({ life }) => LIVE.has(life));
  const excess = mayStop ? Math.max(0, live.length - target) : 0;
  const leaving = live
    .filter(({ life }) => life !== 'busy')
    .reverse()
    .slice(0, excess);
  const leavingNames = new Set(leaving.map(({ name }) => name));
  // Pulumi expects the first `min` to run.
  const always = new Set(fleet.containers.slice(0, fleet.min));
  const free = present.filter(({ life }) => life === 'free').map(({ name }) => name);
  const fill = new Set(free.slice(0, Math.max(0, target - live.length)));
  return {
    starts: free.filter((name) => fill.has(name) || always.has(name)),
    restarts: live
      .filter(({ life, name }) => life === 'due' && !leavingNames.has(name))
      .map(({ name }) => name),
    stops: leaving.filter(({ life }) => life === 'running').map(({ name }) => name),
    givenUp: leaving.filter(({ life }) => life !== 'running').map(({ name }) => name),
  };
}
