/**
 * How long `warren status` takes, and how that grows: of a stack, whose broker is compared with its topology, and of any
 * broker. Beside them, in the same run, what nothing that looks at queues can do without: RabbitMQ's own list of them.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { say, withBenchBroker } from './broker';
import type { BenchOptions } from './options';
import type { BenchBroker } from './runner';
import { CHECKOUT, pulumiEnvironment, StackRunner } from './stackRunner';
import { runTimed } from './stopwatch';
import { printRows } from './table';

const SIZES = [50, 5000] as const;
/** The best of these: something else may run on the machine. */
const REPEATS = 3;

interface Measured {
  readonly queues: number;
  /** Seconds, by what is measured. */
  readonly seconds: Readonly<Record<Way, number>>;
}

const LIST = 'GET /api/queues';
const WAYS = [LIST, 'warren status --live', 'warren status --stack'] as const;
type Way = (typeof WAYS)[number];

export function benchStatus({ sizes = SIZES }: BenchOptions): Promise<void> {
  return withBenchBroker(async (broker, engineFolder) => {
    const measured: Measured[] = [];
    for (const [index, queues] of sizes.entries()) {
      const isLast = index === sizes.length - 1;
      measured.push(await measure({ queues, isLast }, broker, engineFolder));
    }
    print(measured);
  });
}

async function measure(
  { queues, isLast }: { readonly queues: number; readonly isLast: boolean },
  broker: BenchBroker,
  engineFolder: string,
): Promise<Measured> {
  const pulumi = pulumiEnvironment(engineFolder);
  const { endpoint, username, password } = broker;
  const stack = new StackRunner(pulumi, { endpoint, command: 'warren', granularity: 'vhost' });
  try {
    await stack.init();
    await stack.up({ queues, policies: Math.ceil(queues / 10), isChanged: false });
    say(`${queues} queues are there`);
    const env = { ...pulumi.env, RABBITMQ_USERNAME: username, RABBITMQ_PASSWORD: password };
    const live = [path.join(CHECKOUT, 'cli', 'warren.cjs'), 'status', '--live', endpoint];
    const seconds = {
      [LIST]: await best(() => listQueues(broker)),
      'warren status --live': await best(
        async () => (await runTimed({ program: process.execPath, args: live, cwd: CHECKOUT, env })).seconds,
      ),
      'warren status --stack': await best(async () => (await stack.status()).seconds),
    };
    // What is there at the end goes with the broker.
    if (!isLast) await stack.destroy();
    return { queues, seconds };
  } finally {
    fs.rmSync(pulumi.folder, { recursive: true, force: true });
  }
}

async function best(run: () => Promise<number>): Promise<number> {
  let shortest = Infinity;
  for (let turn = 0; turn < REPEATS; turn++) shortest = Math.min(shortest, await run());
  return shortest;
}

async function listQueues({ endpoint, username, password }: BenchBroker): Promise<number> {
  const started = performance.now();
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(`${endpoint}/api/queues`, { headers: { authorization } });
  await response.json();
  return (performance.now() - started) / 1000;
}

function print(measured: readonly Measured[]): void {
  const [fewest] = measured;
  process.stdout.write(
    '\nStatus of one RabbitMQ 4.3 node, in seconds, a start of Node (and of Pulumi, for a stack) included\n\n',
  );
  const head = ['queues', '', 'seconds', `× ${LIST}`, `× of ${fewest?.queues ?? 0} queues`];
  const lines = measured.flatMap(({ queues, seconds }) =>
    WAYS.map((way) => [
      String(queues),
      way,
      seconds[way].toFixed(2),
      (seconds[way] / seconds[LIST]).toFixed(1),
      (seconds[way] / (fewest?.seconds[way] ?? NaN)).toFixed(2),
    ]),
  );
  printRows(head, lines);
}
