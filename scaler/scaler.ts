/** Rounds: looks at the queues and the containers of all fleets, decides, and begins what is to be done. */
import { engineAddress } from '../dockerApi/address';
import { isEngineError } from '../dockerApi/errors';
import { openEngine } from '../dockerApi/transport';
import type { Fleet, ScalerConfig } from './config';
import { decide, type Decision } from './decide';
import { openFigures } from './figures';
import { openJobs, type RunningJob } from './jobs';
import { look, type Sight } from './look';
import { NOTHING_KNOWN, type FleetMemory } from './observation';
import { inFleet, openTelling, type Problem } from './problem';
import type { Load } from './replicas';

export interface FleetReport extends Omit<Decision, 'memory'> {
  readonly fleet: Fleet;
  /** Undefined where nobody knows. */
  readonly load?: Load;
}

export interface Round {
  /** None where the Docker Engine can't be asked. */
  readonly fleets: readonly FleetReport[];
  /** Everybody's, each with the name of its fleet where it has one. */
  readonly problems: readonly Problem[];
}

export interface Scaler {
  /** Begins what is to be done, and doesn't wait for it. What fails is a problem of the round. */
  round(): Promise<Round>;
  readonly jobs: readonly RunningJob[];
  /** Resolves when all that was begun is done, with what failed of it. */
  settled(): Promise<readonly string[]>;
  /** Begins nothing new; a round that is on its way ends soon, without a fleet. */
  end(): void;
  /** What is still running goes on in the Docker Engine. */
  close(): Promise<void>;
}

export interface ScalerOptions {
  /** Hears of each change. */
  readonly onChange: (line: string) => void;
  /** Hears of each problem when it is new, and of its end. */
  readonly onProblem: (line: string) => void;
  /** Decides only. */
  readonly isDry?: boolean;
}

/** Opens nothing yet. @throws AddressError for a Docker host that can't work */
export function openScaler(
  config: ScalerConfig,
  { onChange, onProblem, isDry = false }: ScalerOptions,
): Scaler {
  const engine = openEngine(engineAddress(config.docker, process.env));
  const figures = openFigures(config.broker);
  const jobs = openJobs(engine);
  const told = openTelling(onProblem);
  const memories = new Map<string, FleetMemory>();
  let isEnding = false;
  const decideFor = (fleet: Fleet, sight: Sight, nowMs: number): readonly FleetReport[] => {
    const seen = sight.observations.get(fleet.name);
    if (seen === undefined) return [];
    const { memory, ...decision } = decide(fleet, seen, memories.get(fleet.name) ?? NOTHING_KNOWN, nowMs);
    memories.set(fleet.name, memory);
    return [{ fleet, ...decision, ...(seen.load === undefined ? {} : { load: seen.load }) }];
  };
  const begin = ({ fleet, events, actions }: FleetReport): void => {
    const say = (line: string): void => {
      onChange(`${fleet.name}: ${line}`);
    };
    events.forEach(say);
    if (!isDry) for (const action of actions) jobs.begin(action, fleet.stopTimeoutSeconds, say);
  };
  const round = async (): Promise<Round> => {
    const sight = await look(config.fleets, { engine, figures, jobs }).catch(dockerFault);
    if (isEnding) return { fleets: [], problems: [] };
    const nowMs = Date.now();
    const fleets = config.fleets.flatMap((fleet) => decideFor(fleet, sight, nowMs));
    const ofFleets = fleets.flatMap(({ fleet, problems }) => problems.map((one) => inFleet(fleet.name, one)));
    const problems = [...sight.problems, ...ofFleets];
    if (sight.observations.size > 0) told.tell(problems);
    else told.tellMore(problems);
    fleets.forEach(begin);
    return { fleets, problems: [...new Map(problems.map((one) => [one.key, one])).values()] };
  };
  return {
    round,
    get jobs() {
      return jobs.running;
    },
    settled: () => jobs.settled(),
    end: () => {
      isEnding = true;
      figures.cancel();
    },
    close: async () => {
      engine.cancel();
      await figures.close();
    },
  };
}

/** Nothing is seen, and nothing is done. */
function dockerFault(error: unknown): Sight {
  if (!isEngineError(error)) throw error;
  const over = 'The Docker Engine answers again.';
  return { observations: new Map(), problems: [{ key: 'docker', text: error.message, over }] };
}
