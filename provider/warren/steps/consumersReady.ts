/** `warren.ConsumersReady`: a fleet's workers do consume, as the broker sees it. */
import type { StepType } from '../../stepType';
import { consumersIn } from '../../../broker/consumers';
import { waitFor } from './waiting';

interface ConsumersReady {
  readonly fleet: string;
  readonly vhost: string;
  readonly queues: readonly string[];
  /** On each of the queues. */
  readonly consumers: number;
  /** Of the containers: others are waited for anew. */
  readonly containers: readonly string[];
  /** One that stands between two workers waits only where they are replaced. */
  readonly isGate: boolean;
  readonly timeoutSeconds: number;
}

export const consumersReadyStep: StepType<ConsumersReady> = {
  token: 'warren:index:ConsumersReady',
  parse: (inputs) => ({
    fleet: inputs.text('fleet'),
    vhost: inputs.text('vhost'),
    queues: (inputs.list('queues') ?? []).map(String),
    consumers: inputs.integer('consumers'),
    containers: (inputs.list('containers') ?? []).map(String),
    isGate: inputs.flag('isGate', false),
    timeoutSeconds: inputs.integer('timeoutSeconds'),
  }),
  pass: async (call, step, before) => {
    if (step.isGate && before === undefined) return;
    if (step.consumers === 0 || step.queues.length === 0) return;
    await waitFor(call, {
      goal: `the workers "${step.fleet}"`,
      timeoutSeconds: step.timeoutSeconds,
      wayOut: `Look into the workers' logs (docker logs).`,
      look: async (broker) => {
        const consumers = await consumersIn(broker, step.vhost);
        if (consumers === undefined) return 'the broker shows no consumers, its statistics are switched off';
        const count = (queue: string): number => consumers.filter((one) => one.queue === queue).length;
        const short = step.queues.find((queue) => count(queue) < step.consumers);
        return short === undefined
          ? undefined
          : `queue "${short}" in vhost "${step.vhost}" has ${count(short)} of ${step.consumers} consumers`;
      },
    });
  },
};
