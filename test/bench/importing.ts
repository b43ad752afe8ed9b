/** What it takes to import definitions of 5,000 queues: reading, making a topology of them, checking that. */
import { readDefinitions } from '../../topology/definitions/index';
import { importTopology } from '../../topology/import/index';
import { load } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { largeTopology } from './largeTopology';

const QUEUES = 5000;
const TARGET_S = 5;

export function benchImporting(): void {
  const { objects = [] } = load(largeTopology(QUEUES), 'bench.yaml');
  const users = objects.flatMap((object) => (object.kind === 'user' ? [object.name] : []));
  const hashes = new Map(users.map((user) => [user, { hash: '', algorithm: '' }]));
  const definitions = JSON.stringify(renderDefinitions(objects, hashes), null, 2);
  const [started, cpuStarted] = [performance.now(), process.cpuUsage()];
  const read = readDefinitions(definitions, 'definitions.json');
  const readMs = performance.now() - started;
  const { text, report } = importTopology(read.objects ?? [], { source: 'definitions.json' });
  const madeMs = performance.now() - started - readMs;
  const checked = load(text, 'imported.yaml');
  const wholeMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpuStarted);
  if (checked.objects === undefined || report.differences.length > 0) throw new Error('it is not the same');
  process.stdout.write(
    `\nImported: ${QUEUES} queues, ${objects.length} objects, ${(definitions.length / 1e6).toFixed(1)} MB of definitions: ` +
      `read in ${readMs.toFixed(0)} ms, made a topology of ${(text.length / 1e6).toFixed(1)} MB in ${madeMs.toFixed(0)} ms, checked in ${(wholeMs - readMs - madeMs).toFixed(0)} ms.\n` +
      `Target: within ${TARGET_S} s; measured ${(wholeMs / 1000).toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of CPU.\n`,
  );
}
