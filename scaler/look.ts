/** What a round sees: every container of every fleet, and what the broker says of their queues. */
import type { Engine } from '../dockerApi/transport';
import { isJudgedByConsumers, type Fleet } from './config';
import { inspect } from './containers';
import { isQueueOf, loadOf, type Figures, type FiguresReader } from './figures';
import type { Jobs } from './jobs';
import type { Observation, ObservedContainer } from './observation';
import { inFleet, type Problem } from './problem';

export interface Sight {
  /** By the fleet's name. */
  readonly observations: ReadonlyMap<string, Observation>;
  readonly problems: readonly Problem[];
}

export interface Sources {
  readonly engine: Engine;
  readonly figures: FiguresReader;
  readonly jobs: Jobs;
}

/** @throws EngineError */
export async function look(fleets: readonly Fleet[], { engine, figures, jobs }: Sources): Promise<Sight> {
  // What ends from here on is seen as still going on: the next round sees how it ended.
  const jobByContainer = new Map(jobs.running.map(({ container, job }) => [container, job]));
  const observe = async (name: string): Promise<ObservedContainer> => {
    const job = jobByContainer.get(name);
    const state = await inspect(engine, name);
    const failure = jobs.takeFailure(name);
    return {
      name,
      ...(job === undefined ? {} : { job }),
      ...(failure === undefined ? {} : { failure }),
      ...(state === undefined ? {} : { state }),
    };
  };
  const vhosts = new Set(fleets.filter(({ queues }) => queues.length > 0).map(({ vhost }) => vhost));
  const [figuresByVhost, containers] = await Promise.all([
    figures.read([...vhosts]),
    Promise.all(fleets.flatMap((fleet) => fleet.containers).map(observe)),
  ]);
  const byName = new Map(containers.map((one) => [one.name, one]));
  const addresses = new Set(containers.flatMap(({ state }) => state?.addresses ?? []));
  const problems: Problem[] = [];
  const observations = fleets.map((fleet): readonly [string, Observation] => {
    const own = fleet.containers.map((name) => byName.get(name) ?? { name });
    const found = queuesSeen(fleet, figuresByVhost.get(fleet.vhost));
    problems.push(...found.problems);
    return [fleet.name, { containers: own, addresses, ...found.seen }];
  });
  return { observations: new Map(observations), problems };
}

interface QueuesSeen {
  readonly seen: Pick<Observation, 'load' | 'peers'>;
  readonly problems: readonly Problem[];
}

const NOTHING_CHANGES = 'until then as many run as did before';

function queuesSeen(fleet: Fleet, figures: Figures | undefined): QueuesSeen {
  // Nothing to count: what runs is what the limits say.
  if (figures === undefined) return { seen: { load: { ready: 0, unacknowledged: 0 } }, problems: [] };
  if ('fault' in figures) {
    const problem: Problem = {
      key: figures.isBrokers ? 'broker' : `vhost ${fleet.vhost}`,
      text: `What is in the queues is not known, ${NOTHING_CHANGES}: ${figures.fault}`,
      over: 'What is in the queues is known again.',
    };
    return { seen: {}, problems: [problem] };
  }
  const load = loadOf(fleet, figures);
  const consumers = figures.consumers?.filter(({ queue }) => isQueueOf(fleet, queue));
  const problems: Problem[] = [];
  if ('fault' in load) {
    const text = `what is in its queues is not known, ${NOTHING_CHANGES}: ${load.fault}`;
    problems.push(
      inFleet(fleet.name, { key: 'figures', text, over: 'what is in its queues is known again' }),
    );
  }
  if (consumers === undefined && isJudgedByConsumers(fleet)) {
    const text = 'Who consumes is not known: the broker collects no statistics.';
    problems.push({ key: 'consumers', text, over: 'Who consumes is known again.' });
  }
  return {
    seen: {
      ...('fault' in load ? {} : { load }),
      ...(consumers === undefined ? {} : { peers: consumers.map(({ peerHost }) => peerHost) }),
    },
    problems,
  };
}
