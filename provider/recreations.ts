/**
 * Which recreations of this operation are going to be refused, as far as their diffs tell.
 *
 * The engine recreates an object by a delete and a create, and stops everywhere at the first failure. What is deleted
 * by then would be away until the next run. So none is begun where the refusal of another one is foreseen.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { POLL_MS, SETTLE_MS } from '../broker/figures/queueCounts';

/** Why a recreation would be refused as things are now; empty where it wouldn't. */
export type Foresee = () => Promise<readonly string[]>;

export interface Recreations {
  /** Runs a diff, which may find a refusal. */
  compare<T>(work: () => Promise<T>): Promise<T>;
  /** As things are, the recreation of that resource is refused. */
  refuse(urn: string, foresee: Foresee): void;
  /** Why this one must not be begun, once all diffs that the engine has begun are through. */
  obstacleTo(urn: string): Promise<string | undefined>;
}

/** The engine asks for the diffs of a program's resources within moments. */
const QUIET_MS = 200;
const QUIET_MS_MAX = 5_000;

export function openRecreations(): Recreations {
  const refused = new Map<string, () => Promise<string | undefined>>();
  let running = 0;
  let endedMs = -Infinity;
  const isQuiet = (): boolean => running === 0 && performance.now() - endedMs >= QUIET_MS;
  return {
    compare: async (work) => {
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        endedMs = performance.now();
      }
    },
    refuse: (urn, foresee) => {
      refused.set(
        urn,
        once(() => lastingRefusal(foresee)),
      );
    },
    obstacleTo: async (urn) => {
      const deadlineMs = performance.now() + QUIET_MS_MAX;
      while (!isQuiet() && performance.now() < deadlineMs) await delay(QUIET_MS / 4);
      const others = [...refused].filter(([other]) => other !== urn).map(([, refusal]) => refusal());
      if ((await Promise.all(others)).every((refusal) => refusal === undefined)) return undefined;
      return (
        (await refused.get(urn)?.()) ??
        'Not begun: the recreation of another object of this run is refused, for the reason that is shown there, and this one would be away until the next run.'
      );
    },
  };
}

/** Figures are late: what is refused for a consumer that has just left isn't for long. */
async function lastingRefusal(foresee: Foresee): Promise<string | undefined> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const [refusal] = await foresee();
    if (refusal === undefined || performance.now() > deadlineMs) return refusal;
    await delay(POLL_MS);
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
