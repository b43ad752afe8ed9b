/** What is seen of a fleet in one round, and what the scaler remembers of it from round to round. Plain values. */
import type { Load, Recommendation } from './replicas';

/** What the scaler is doing with a container; it may take as long as the container's grace. */
export type Job = 'start' | 'stop' | 'restart';

/** As the Docker Engine tells it. */
export interface ContainerState {
  readonly id: string;
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'gone';
  /** Of the last run, with `finishedAtMs`. */
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** How often Docker itself has started it again. */
  readonly restartCount: number;
  /** By the engine's clock. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** On each of its networks. */
  readonly addresses: readonly string[];
}

export interface ObservedContainer {
  readonly name: string;
  readonly job?: Job;
  /** Why the last job failed; told once. */
  readonly failure?: string;
  /** Undefined where there is no container of that name. */
  readonly state?: ContainerState;
}

export interface Observation {
  /** In the order of the fleet. */
  readonly containers: readonly ObservedContainer[];
  /** Undefined where nobody knows what is in the queues. */
  readonly load?: Load;
  /**
   * The client's address of each consumer of the fleet's queues; undefined in it where the broker doesn't say it yet.
   * Undefined as a whole where nobody knows who consumes.
   */
  readonly peers?: readonly (string | undefined)[];
  /** Of the containers of all fleets. */
  readonly addresses: ReadonlySet<string>;
}

/** How often something went wrong in a row, and when it may be tried again. */
export interface Backoff {
  readonly failures: number;
  readonly notBeforeMs: number;
}

export const NO_FAILURES: Backoff = { failures: 0, notBeforeMs: 0 };

export interface ContainerMemory {
  readonly id: string;
  readonly firstSeenAtMs: number;
  /** It ran or was to run: when it doesn't any more, it has ended by itself. */
  readonly isToRun: boolean;
  readonly restartCount: number;
  /** Which end of a run has been counted as a failure. */
  readonly countedEndMs: number;
  readonly crashes: Backoff;
  /** When it was last known to consume, or might have: while nobody knew. */
  readonly consumedAtMs: number;
  readonly silences: Backoff;
}

export interface FleetMemory {
  readonly recommendations?: readonly Recommendation[];
  readonly containers: ReadonlyMap<string, ContainerMemory>;
}

export const NOTHING_KNOWN: FleetMemory = { containers: new Map() };
