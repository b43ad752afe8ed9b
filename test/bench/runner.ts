/** What a row of the bench is made of. */
import type { PulumiEnvironment } from './stackRunner';
import type { Timed } from './stopwatch';
import type { Shape } from './upTopology';

export interface Runner {
  init?(): Promise<void>;
  up(shape: Shape): Promise<Timed>;
  destroy(): Promise<Timed>;
}

export interface BenchBroker {
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
}

export interface Row {
  readonly name: string;
  /** Numbers of queues that it takes part with. */
  readonly sizes: readonly number[];
  readonly policiesOf: (queues: number) => number;
  readonly runner: (broker: BenchBroker, pulumi: PulumiEnvironment) => Runner;
  /** Why it can't be measured on this machine. */
  readonly obstacle?: () => string | undefined;
}
