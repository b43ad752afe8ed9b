/** `warren.ConsumersReady`: a fleet's workers do consume, as the broker sees it. */
import type { Broker } from '../../../broker/api/transport';
import type { StepType } from '../../stepType';
import { consumersIn } from '../../../broker/figures/consumers';
import { waitFor } from './waiting';
import { missingConsumer, readWorkers, whyNot } from './workers';

interface ConsumersReady {
  readonly fleet: string;
  readonly vhost: string;
  readonly queues: readonly string[];
  /** On each of the queues. */
  readonly consumers: number;
  /** By queue: those of other fleets, which look alike where consumers are only counted. */
  readonly otherConsumers: Readonly<Record<string, unknown>>;
  /** Of containers on Docker: others are waited for anew. */
  readonly containers: readonly string[];
  /** Changes with what workers elsewhere are rolled for: they are waited for anew. */
  readonly login?: string;
  /** One that stands between two workers waits only where they are replaced. */
  readonly isGate: boolean;
  /** All of the fleet's containers, by name: as many consumers as run of them are enough for a gate. */
  readonly peers: readonly string[];
  /** Whether the broker sees the containers' own addresses: then others' consumers aren't taken for theirs. */
  readonly isDirect: boolean;
  /** As in DOCKER_HOST; the environment's where it is left out. */
  readonly dockerHost?: string;
  readonly timeoutSeconds: number;
  readonly wayOut?: string;
}

export const consumersReadyStep: StepType<ConsumersReady> = {
  token: 'warren:index:ConsumersReady',
  parse: (inputs) => {
    const dockerHost = inputs.optionalText('dockerHost');
    const wayOut = inputs.optionalText('wayOut');
    const login = inputs.optionalText('login');
    return {
      ...(wayOut === undefined ? {} : { wayOut }),
      ...(login === undefined ? {} : { login }),
      fleet: inputs.text('fleet'),
      vhost: inputs.text('vhost'),
      queues: (inputs.list('queues') ?? []).map(String),
      consumers: inputs.integer('consumers'),
      containers: (inputs.list('containers') ?? []).map(String),
      isGate: inputs.flag('isGate', false),
      peers: (inputs.list('peers') ?? []).map(String),
      otherConsumers: inputs.named('otherConsumers'),
      isDirect: inputs.flag('isDirect', false),
      ...(dockerHost === undefined ? {} : { dockerHost }),
      timeoutSeconds: inputs.integer('timeoutSeconds'),
    };
  },
  look: async ({ session, warn }, step) => {
    if (step.isGate || !step.isDirect || isNothing(step)) return;
    const missing = await missingIn(await session.logIn(), step);
    if (missing !== undefined) await warn(`The workers "${step.fleet}": ${missing}.`);
  },
  pass: async (call, step, before) => {
    if (step.isGate && before === undefined) return;
    if (isNothing(step)) return;
    await waitFor(call, {
      goal: `the workers "${step.fleet}"`,
      timeoutSeconds: step.timeoutSeconds,
      wayOut: step.wayOut ?? `Look into the workers' logs (docker logs).`,
      look: (broker) => missingIn(broker, step),
    });
  },
};

function isNothing({ consumers, queues }: ConsumersReady): boolean {
  return consumers === 0 || queues.length === 0;
}

async function missingIn(broker: Broker, step: ConsumersReady): Promise<string | undefined> {
  const consumers = await consumersIn(broker, step.vhost);
  if (consumers === undefined) return 'the broker shows no consumers, its statistics are switched off';
  // A machine may well have a Docker Engine that knows nothing of workers on Kubernetes.
  const workers =
    step.containers.length === 0 ? undefined : await readWorkers(step.dockerHost, step.containers);
  if (step.isDirect && workers !== undefined) return missingConsumer(workers, consumers, step);
  const ended = workers?.map(whyNot).find((reason) => reason !== undefined);
  if (ended !== undefined) return ended;
  const least = await leastOf(step);
  const count = (queue: string): number => consumers.filter((one) => one.queue === queue).length;
  const short = step.queues.find((queue) => count(queue) < least(queue));
  return short === undefined
    ? undefined
    : `queue "${short}" in vhost "${step.vhost}" has ${count(short)} of ${least(short)} consumers`;
}

/**
 * How many consumers a queue must have where they are only counted. A gate asks for no more than the workers that run:
 * those behind it may be new, or be the ones whose fault is mended by the change that it holds up.
 */
async function leastOf(step: ConsumersReady): Promise<(queue: string) => number> {
  const { isGate, consumers, peers, otherConsumers, dockerHost } = step;
  const workers = isGate ? await readWorkers(dockerHost, peers) : undefined;
  if (workers === undefined) return (queue) => consumers + Number(otherConsumers[queue] ?? 0);
  const running = workers.filter(({ obstacle }) => obstacle === undefined).length;
  return () => Math.min(consumers, running);
}
