/**
 * SIGKILL for `pulumi` and its providers at random moments of a stack's life, on a real broker; and again for the run
 * that was to repair it. Then a plain re-run ends in exactly what an undisturbed life ends in, nobody is locked out,
 * and every message is there. A failure names what runs the same again: WARREN_KILL_SEED and WARREN_KILL_ROUND.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { withBroker } from '../rigs/brokers';
import type { PulumiRun } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import { killAt, moment, type Moment } from './killMoments';
import {
  DESTROY,
  FIRST_UP,
  KillStory,
  MESSAGES,
  REFUSED,
  ROTATED,
  STEPS,
  type Step,
  type Trace,
} from './killStory';

const SEED = Number(process.env.WARREN_KILL_SEED ?? randomInt(2 ** 31));
const ONLY_ROUND = process.env.WARREN_KILL_ROUND;

/** Five rounds of five steps with two kills each are 50 moments; each second round refuses a `destroy` besides. */
const ROUNDS = { '3.10': 1, '4.0': 1, '4.3': 5 } as const;
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

/** A refused `destroy` takes away what holds no messages, and comes to these requests at least. */
const REQUESTS_OF_REFUSED = 4;

interface Round {
  readonly number: number;
  readonly hasCheckpoints: boolean;
  /** `warren` takes dead processes' locks away by itself. */
  readonly again: 'pulumi' | 'warren';
  readonly steps: readonly Step[];
}

function roundOf(number: number): Round {
  const isOdd = number % 2 === 1;
  const steps = isOdd ? STEPS : STEPS.flatMap((step) => (step === DESTROY ? [REFUSED, DESTROY] : [step]));
  return { number, hasCheckpoints: isOdd, again: number % 3 === 0 ? 'warren' : 'pulumi', steps };
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

  const numbers = Array.from({ length: ROUNDS[broker.version] }, (_, index) => index + 1);
  const rounds = numbers.filter((number) => ONLY_ROUND === undefined || String(number) === ONLY_ROUND);
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
  for (const step of STEPS) {
    if (step === DESTROY) expect(await story.takeMessages()).toEqual(MESSAGES);
    story.prepare(step);
    const before = story.proxy.requests.length;
    const run = await story.workspace.start(step.command, ['--skip-preview']).ended;
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
  const undisturbed = expected.get(step)?.requests ?? REQUESTS_OF_REFUSED;
  const env = round.hasCheckpoints ? {} : WITHOUT_CHECKPOINTS;
  for (const [index, at] of moments.entries()) {
    const requests = index === 0 ? undisturbed : Math.min(undisturbed, REQUESTS_OF_SECOND);
    const killed = await killAt(at, {
      workspace,
      proxy,
      command: step.command,
      env,
      requests,
    });
    log.push(killed.told, killed.output);
    // The last few requests depend on what administrators had to allow themselves.
    if (index === 0 && at.at === 'request' && at.fraction < 0.7) {
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
  const { exitCode, output } = await run(step.command);
  expect(await story.lockedOut(step), log.join('\n')).toEqual([]);
  if (step === REFUSED) {
    expect(exitCode, log.join('\n')).not.toBe(0);
    expect(output, log.join('\n')).toMatch(/(3|2) messages/);
    expect(await story.depths(), log.join('\n')).toEqual(DEPTHS);
    expect((await run('up')).exitCode, log.join('\n')).toBe(0);
    expect(await story.trace(), log.join('\n')).toEqual(expected.get(ROTATED)?.trace);
    return;
  }
  expect(exitCode, log.join('\n')).toBe(0);
  expect(await story.trace(), log.join('\n')).toEqual(expected.get(step)?.trace);
  if (step.command === 'destroy') return;
  if (step !== FIRST_UP) expect(await story.depths(), log.join('\n')).toEqual(DEPTHS);
  expectNoChange(await run('up'));
}
