/**
 * SIGKILL for `pulumi` and its providers at random moments of a stack's life, on a real broker; and again for the run
 * that was to repair it. Then a plain re-run ends in exactly what an undisturbed life ends in, nobody is locked out,
 * and every message is there. A failure names what runs the same again: WARREN_KILL_SEED and WARREN_KILL_ROUND.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { withBroker, type BrokerVersion } from '../rigs/brokers';
import type { PulumiRun } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import { killAt, moment, type Moment } from './killMoments';
import { DESTROY, FIRST_UP, KillStory, LIFE, MESSAGES, REFUSED, SWITCHED_LIFE } from './killStory';
import type { Step, Trace } from './killStory';

const SEED = Number(process.env.WARREN_KILL_SEED ?? randomInt(2 ** 31));
const ONLY_ROUND = process.env.WARREN_KILL_ROUND;

/** Three rounds of six steps and two of seven, with two kills each, are 64 moments. */
const ROUNDS: Readonly<Record<BrokerVersion, readonly number[]>> = {
  '3.10': [1],
  '4.0': [2],
  '4.3': [3, 4, 5],
};
const KILLS_PER_STEP = 2;

const WITHOUT_CHECKPOINTS = { PULUMI_EXPERIMENTAL: 'true', PULUMI_SKIP_CHECKPOINTS: 'true' };
const ROUND_TIMEOUT_MS = 900_000;
const DEPTHS = Object.fromEntries(Object.entries(MESSAGES).map(([queue, bodies]) => [queue, bodies.length]));

/** What a step looks like when nobody disturbs it. */
interface Undisturbed {
  readonly requests: number;
  readonly trace: Trace;
}

type Expected = ReadonlyMap<Step, Undisturbed>;

/** A run that finds its work done already makes hardly more: where the second kill must come to hit it. */
const REQUESTS_OF_SECOND = 10;

/** Of steps that are not told undisturbed: some of the moments may be too late for them. */
const REQUESTS_OF_OTHERS = 12;

interface Round {
  readonly number: number;
  readonly hasCheckpoints: boolean;
  /** `warren` takes dead processes' locks away by itself. */
  readonly again: 'pulumi' | 'warren';
  readonly steps: readonly Step[];
}

const VARIANTS: readonly (readonly [boolean, Round['again']])[] = [
  [true, 'pulumi'],
  [false, 'pulumi'],
  [false, 'pulumi'],
  [true, 'pulumi'],
  [true, 'warren'],
];

function roundOf(number: number): Round {
  const steps = number % 2 === 1 ? LIFE : SWITCHED_LIFE;
  const [hasCheckpoints, again] = VARIANTS[number % VARIANTS.length] ?? [true, 'pulumi'];
  return { number, hasCheckpoints, again, steps };
}

withBroker('killed at random moments', (broker) => {
  let expected: Expected = new Map();
  const stories: KillStory[] = [];
  const begin = async (): Promise<KillStory> => {
    const story = await KillStory.begin(broker);
    stories.push(story);
    return story;
  };
  let kills = 0;
  const end = async (): Promise<void> => {
    for (const story of stories.splice(0)) {
      kills += story.kills;
      await story.end();
    }
  };
  beforeAll(async () => {
    expected = await tellUndisturbed(await begin());
    await end();
  }, ROUND_TIMEOUT_MS);
  afterEach(end);
  afterAll(() => {
    process.stderr.write(`RabbitMQ ${broker.version}: killed ${kills} times, seed ${SEED}\n`);
  });

  const rounds = ROUNDS[broker.version].filter(
    (number) => ONLY_ROUND === undefined || String(number) === ONLY_ROUND,
  );
  if (rounds.length === 0) it.skip(`[skipped: it has no round ${ONLY_ROUND ?? ''}]`, () => undefined);
  it.each(rounds.map(roundOf))(
    `round $number of seed ${SEED}, checkpoints: $hasCheckpoints, again with $again`,
    async (round) => {
      const story = await begin();
      const numRuns = round.steps.length * KILLS_PER_STEP;
      const moments = fc.sample(moment, { seed: SEED + round.number, numRuns });
      for (const step of round.steps) {
        await tellKilled(story, step, round, moments.splice(0, KILLS_PER_STEP), expected);
      }
    },
    ROUND_TIMEOUT_MS,
  );
});

async function tellUndisturbed(story: KillStory): Promise<Expected> {
  const seen = new Map<Step, Undisturbed>();
  for (const step of LIFE) {
    if (step === DESTROY) expect(await story.takeMessages()).toEqual(MESSAGES);
    story.prepare(step);
    const before = story.proxy.requests.length;
    const run = await story.workspace.start(step.command).ended;
    expect(run.exitCode, run.output).toBe(0);
    expect(await story.lockedOut(step)).toEqual([]);
    seen.set(step, { requests: story.proxy.requests.length - before, trace: await story.trace() });
    if (step === FIRST_UP) await story.publishMessages();
  }
  return seen;
}

async function tellKilled(
  story: KillStory,
  step: Step,
  round: Round,
  moments: readonly Moment[],
  expected: Expected,
): Promise<void> {
  const { workspace, proxy } = story;
  const log = [`WARREN_KILL_SEED=${SEED} WARREN_KILL_ROUND=${round.number}, ${step.name}`];
  if (step === DESTROY) expect(await story.takeMessages()).toEqual(MESSAGES);
  story.prepare(step);
  const known = expected.get(step)?.requests;
  const env = round.hasCheckpoints ? {} : WITHOUT_CHECKPOINTS;
  for (const [index, at] of moments.entries()) {
    const requests = Math.min(known ?? REQUESTS_OF_OTHERS, index === 0 ? Infinity : REQUESTS_OF_SECOND);
    const killed = await killAt(at, {
      workspace,
      proxy,
      command: step.command,
      env,
      requests,
    });
    log.push(killed.told, killed.output);
    // The last few requests depend on what administrators had to allow themselves.
    const isCertain = index === 0 && known !== undefined && step.isWaiting !== true;
    if (isCertain && at.at === 'request' && at.fraction < 0.7) {
      expect(killed.isHit, log.join('\n')).toBe(true);
    }
    if (killed.isHit) story.kills++;
    if (round.again === 'pulumi' || index + 1 < moments.length) await workspace.clearLock();
  }
  const run = async (command: 'up' | 'destroy'): Promise<PulumiRun> => {
    const args = [command, '--yes', '--skip-preview'];
    const ended = await (round.again === 'warren' ? workspace.warren(...args) : workspace.run(args, env));
    log.push(`── again: ${command}`, ended.output);
    return ended;
  };
  await expectRepaired(story, step, run, expected, log);
  if (step === FIRST_UP) await story.publishMessages();
}

async function expectRepaired(
  story: KillStory,
  step: Step,
  run: (command: 'up' | 'destroy') => Promise<PulumiRun>,
  expected: Expected,
  log: readonly string[],
): Promise<void> {
  const trace = expected.get(step.leaves ?? step)?.trace;
  expect(trace).toBeDefined();
  const { exitCode, output } = await run(step.command);
  expect(await story.lockedOut(step), log.join('\n')).toEqual([]);
  if (step === REFUSED) {
    expect(exitCode, log.join('\n')).not.toBe(0);
    expect(output, log.join('\n')).toMatch(/(3|2) messages/);
    expect(await story.depths(), log.join('\n')).toEqual(DEPTHS);
    expect((await run('up')).exitCode, log.join('\n')).toBe(0);
    expect(await story.trace(), log.join('\n')).toEqual(trace);
    return;
  }
  expect(exitCode, log.join('\n')).toBe(0);
  expect(await story.trace(), log.join('\n')).toEqual(trace);
  if (step.command === 'destroy') return;
  if (step !== FIRST_UP) expect(await story.depths(), log.join('\n')).toEqual(DEPTHS);
  expectNoChange(await run('up'));
}
