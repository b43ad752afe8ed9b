/**
 * Random moments at which `pulumi` and its providers are killed. Most are requests to the broker (the n-th, before the
 * broker gets it or after it has carried it out), so that none of them depends on the machine's speed.
 */
import fc from 'fast-check';
import type { Killed, PulumiRun, PulumiWorkspace } from '../rigs/pulumi';
import type { InterceptingProxy } from './interceptingProxy';

export type Moment =
  | {
      readonly at: 'request';
      readonly fraction: number;
      readonly side: 'before' | 'after';
      readonly whom: Killed;
    }
  /** While programs start and the engine plans, at the latest at the first request. */
  | { readonly at: 'start'; readonly fraction: number }
  /** After the broker's last answer: the state is written, programs end. */
  | { readonly at: 'end'; readonly fraction: number };

/** Evenly spread: otherwise the extremes come more often than all others. */
const fraction = fc.noBias(fc.integer({ min: 0, max: 9_999 })).map((part) => part / 10_000);
const whom = fc.constantFrom<Killed>('all', 'all', 'all', 'engine', 'children');
const side = fc.constantFrom('before' as const, 'after' as const);

export const moment: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ at: fc.constant('request' as const), fraction, side, whom }) },
  { weight: 1, arbitrary: fc.record({ at: fc.constant('start' as const), fraction }) },
  { weight: 1, arbitrary: fc.record({ at: fc.constant('end' as const), fraction }) },
);

/** Guesses of how long it takes: they only spread the moments. */
const START_MS = 1_500;
const END_MS = 500;

export interface KillOptions {
  readonly workspace: PulumiWorkspace;
  /** All requests of the workspace's stack go through it. */
  readonly proxy: InterceptingProxy;
  readonly command: 'up' | 'destroy';
  readonly env?: NodeJS.ProcessEnv;
  /** How many requests the run makes when nobody disturbs it. */
  readonly requests: number;
}

/** A run that is not `isHit` ended before its moment came. */
export interface KilledRun extends PulumiRun {
  readonly isHit: boolean;
  /** For messages: the moment, and the request at which it was. */
  readonly told: string;
}

export async function killAt(at: Moment, options: KillOptions): Promise<KilledRun> {
  const { workspace, proxy, command, env, requests } = options;
  let isHit = false;
  let timer: NodeJS.Timeout | undefined;
  const run = workspace.start(command, [], env);
  const kill = (who?: Killed): void => {
    isHit = true;
    run.kill(who);
  };
  const killLater = (ms: number): void => {
    timer = setTimeout(kill, ms);
  };
  switch (at.at) {
    case 'request':
      proxy.interceptNumber(1 + Math.floor(at.fraction * requests), at.side, () => {
        kill(at.whom);
      });
      break;
    case 'start':
      proxy.interceptNumber(1, 'before', kill);
      killLater(at.fraction * START_MS);
      break;
    case 'end':
      proxy.interceptNumber(requests, 'after', () => {
        killLater(at.fraction * END_MS);
      });
      break;
  }
  const ended = await run.ended;
  clearTimeout(timer);
  proxy.release();
  const told = `${command}, killed at ${JSON.stringify(at)} (${proxy.hit ?? 'by time'})`;
  return { ...ended, isHit, told };
}
