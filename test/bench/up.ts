/**
 * How long a broker takes to come to a topology, to find that nothing is to do, to change one queue, and to be cleared
 * again: our ways, the peers on PATH, and RabbitMQ's own import as the floor, in one run on one broker.
 */
import * as fs from 'node:fs';
import { say, withBenchBroker } from './broker';
import type { BenchOptions } from './options';
import { ROWS } from './rows';
import type { BenchBroker, Row } from './runner';
import { pulumiEnvironment } from './stackRunner';
import { printTable, type Measured } from './table';

export function benchUp(options: BenchOptions): Promise<void> {
  return withBenchBroker(async (broker, engineFolder) => {
    const measured: Measured[] = [];
    for (const row of ROWS.filter(({ name }) => name.includes(options.rows ?? ''))) {
      const obstacle = row.obstacle?.();
      if (obstacle !== undefined) say(`skipped: ${row.name}: ${obstacle}`);
      else
        for (const queues of options.sizes ?? row.sizes) {
          const result = await measure(row, queues, broker, engineFolder);
          say(summary(result));
          measured.push(result);
        }
    }
    printTable(measured);
  });
}

async function measure(
  row: Row,
  queues: number,
  broker: BenchBroker,
  engineFolder: string,
): Promise<Measured> {
  const pulumi = pulumiEnvironment(engineFolder);
  const shape = { queues, policies: row.policiesOf(queues), isChanged: false };
  const name = { row: row.name, queues, objects: 2 * queues + shape.policies + 2 };
  try {
    const runner = row.runner(broker, pulumi);
    await runner.init?.();
    const fresh = await runner.up(shape);
    const noChange = await runner.up(shape);
    const change = await runner.up({ ...shape, isChanged: true });
    const destroy = await runner.destroy();
    const peaks = [fresh, noChange, change, destroy].map(({ providerMegabytes }) => providerMegabytes ?? 0);
    return {
      ...name,
      fresh: fresh.seconds,
      noChange: noChange.seconds,
      change: change.seconds,
      destroy: destroy.seconds,
      providerMegabytes: Math.max(...peaks),
    };
  } catch (error) {
    return { ...name, fault: error instanceof Error ? error.message : String(error) };
  } finally {
    fs.rmSync(pulumi.folder, { recursive: true, force: true });
  }
}

function summary(result: Measured): string {
  const { row, queues } = result;
  return 'fault' in result
    ? `${row}, ${queues} queues: ${result.fault}`
    : `${row}, ${queues} queues: ${result.fresh.toFixed(1)} s`;
}
