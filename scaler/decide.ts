/** What is to be done with a fleet, from what was seen of it: a pure function. Doing it is the scaler's job. */
import { isJudgedByConsumers, type Fleet } from './config';
import { consumptionOf } from './consumption';
import { judge, type Judged } from './life';
import type { ContainerMemory, ContainerState, FleetMemory, Job, Observation } from './observation';
import { countLive, planFor } from './plan';
import { stabilize, type Load } from './replicas';
import type { Problem } from './problem';
import { judgeSilence, type SilenceVerdict } from './silence';

export interface Action {
  readonly job: Job;
  readonly container: string;
  /** The container that was seen: not one that took its name meanwhile. */
  readonly id: string;
  /** For a message: `3 wanted for 25 ready and 1 unacknowledged`. */
  readonly why: string;
}

export interface Decision {
  readonly memory: FleetMemory;
  /** How many containers there are to be. */
  readonly wanted: number;
  /** Those that run, and are not being stopped. */
  readonly running: number;
  /** Of them; undefined where that isn't known, or not asked for. */
  readonly consuming?: number;
  readonly actions: readonly Action[];
  /** What happened since the last round, each told once. */
  readonly events: readonly string[];
  readonly problems: readonly Problem[];
}

export function decide(fleet: Fleet, seen: Observation, earlier: FleetMemory, nowMs: number): Decision {
  const judged = seen.containers.map((one) => judge(one, earlier.containers.get(one.name), nowMs));
  const { replicas: wanted, recommendations } = stabilize(fleet, seen.load, earlier.recommendations, {
    running: countLive(judged),
    nowMs,
  });
  const plan = planFor(fleet, judged, wanted, seen.load !== undefined);
  const consumption = isJudgedByConsumers(fleet) ? consumptionOf(runningIn(judged), seen) : undefined;
  const silence: SilenceVerdict =
    consumption === undefined
      ? { memories: new Map(), problems: [] }
      : judgeSilence(fleet, judged, { consumption, stops: plan.stops, nowMs });
  const ids = new Map(judged.map(({ name, state }) => [name, state?.id ?? '']));
  const act = (job: Job, names: readonly string[], why: string): readonly Action[] =>
    names.map((container) => ({ job, container, id: ids.get(container) ?? '', why }));
  const because = reasonOf(wanted, seen.load);
  const actions = [
    ...act('stop', plan.stops, because),
    ...act('start', plan.starts, because),
    ...act('start', plan.restarts, 'again'),
    ...act('restart', silence.restart === undefined ? [] : [silence.restart], 'it does not consume'),
  ];
  const started = new Set(plan.starts);
  const ended = new Set([...plan.stops, ...plan.givenUp]);
  const containers = judged.flatMap(({ name, memory }): readonly [string, ContainerMemory][] => {
    const latest = silence.memories.get(name) ?? memory;
    if (latest === undefined) return [];
    return [[name, { ...latest, isToRun: started.has(name) || (latest.isToRun && !ended.has(name)) }]];
  });
  return {
    memory: { recommendations, containers: new Map(containers) },
    wanted,
    running: judged.filter(({ life, state }) => life === 'running' || isRunningJob(life, state)).length,
    ...(consumption?.isKnown === true ? { consuming: consumption.consuming.size } : {}),
    actions,
    events: judged.flatMap(({ event }) => (event === undefined ? [] : [event])),
    problems: [...missingOf(judged), ...silence.problems],
  };
}

function runningIn(judged: readonly Judged[]): { name: string; addresses: readonly string[] }[] {
  return judged
    .filter(({ life }) => life === 'running')
    .map(({ name, state }) => ({ name, addresses: state?.addresses ?? [] }));
}

function isRunningJob(life: Judged['life'], state: ContainerState | undefined): boolean {
  return life === 'busy' && state?.status === 'running';
}

function missingOf(judged: readonly Judged[]): readonly Problem[] {
  return judged
    .filter(({ life }) => life === 'missing')
    .map(({ name }) => ({
      key: `missing ${name}`,
      text: `there is no container ${name}: \`pulumi up\` makes it`,
      over: `the container ${name} is there again`,
    }));
}

function reasonOf(wanted: number, load: Load | undefined): string {
  if (load === undefined) return `${wanted} wanted`;
  return `${wanted} wanted for ${load.ready} ready and ${load.unacknowledged} unacknowledged`;
}
