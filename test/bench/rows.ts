/** What is compared: one row for each way to bring a broker to a topology. */
import { EVERYTHING_APPROVED } from '../../broker/guards/approvals';
import { importDefinitions } from '../../broker/kinds/definitions';
import { isBrokerError } from '../../broker/api/errors';
import { openBroker } from '../../broker/api/transport';
import * as vhosts from '../../broker/kinds/vhosts';
import { bridgedRunner, terraformRunner } from './peers';
import type { BenchBroker, Row, Runner } from './runner';
import { StackRunner, type StackOptions } from './stackRunner';
import type { Timed } from './stopwatch';
import { VHOST, definitionsOf } from './upTopology';

export const FLOOR = 'POST /api/definitions';
export const TERRAFORM = 'terraform apply';
const SMALL = [50, 500] as const;
const ALL = [50, 500, 5000] as const;

const tenth = (queues: number): number => Math.ceil(queues / 10);

function stack(options: Omit<StackOptions, 'endpoint'>): Row['runner'] {
  return ({ endpoint }, pulumi) => new StackRunner(pulumi, { ...options, endpoint });
}

export const ROWS: readonly Row[] = [
  { name: FLOOR, sizes: ALL, policiesOf: tenth, runner: definitionsRunner },
  {
    name: 'warren up, granularity vhost',
    sizes: ALL,
    policiesOf: tenth,
    runner: stack({ command: 'warren', granularity: 'vhost' }),
  },
  {
    name: 'warren up',
    sizes: SMALL,
    policiesOf: tenth,
    runner: stack({ command: 'warren', granularity: 'object' }),
  },
  {
    name: 'warren up, with its preview',
    sizes: SMALL,
    policiesOf: tenth,
    runner: stack({ command: 'warren', granularity: 'object', hasPreview: true }),
  },
  {
    name: 'warren up, three policies in all',
    sizes: SMALL,
    policiesOf: () => 3,
    runner: stack({ command: 'warren', granularity: 'object' }),
  },
  {
    name: 'pulumi up, with checkpoints',
    sizes: SMALL,
    policiesOf: tenth,
    runner: stack({ command: 'pulumi', granularity: 'object' }),
  },
  { name: TERRAFORM, sizes: SMALL, policiesOf: tenth, ...terraformRunner },
  { name: 'pulumi up, bridged provider', sizes: SMALL, policiesOf: tenth, ...bridgedRunner },
];

/** The fastest way that RabbitMQ has: everything in one request. */
function definitionsRunner(settings: BenchBroker): Runner {
  const broker = openBroker({ ...settings, requestTimeoutMs: 600_000 });
  const timed = async (run: () => Promise<void>): Promise<Timed> => {
    const started = performance.now();
    await run();
    return { seconds: (performance.now() - started) / 1000 };
  };
  return {
    up: (shape) => timed(() => importDefinitions(broker, definitionsOf(shape))),
    destroy: () =>
      timed(async () => {
        try {
          await vhosts.remove(broker, VHOST, { approvals: EVERYTHING_APPROVED });
        } catch (error) {
          if (!isBrokerError(error, 'notFound')) throw error;
        }
      }),
  };
}
