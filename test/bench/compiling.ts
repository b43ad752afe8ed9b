/**
 * How the language's cost grows. Times on a busy machine mean little, so what counts are the ratios within one run:
 * twice the topology, twice the time and memory.
 */
import { load } from '../../topology/index';
import { largeTopology } from './largeTopology';

const SIZES = [1250, 2500, 5000] as const;
/** Of each size, the fastest counts: everything else is the machine's other work. */
const ROUNDS = 5;

interface Measure {
  readonly queues: number;
  readonly objects: number;
  readonly policies: number;
  readonly textKilobytes: number;
  /** By the clock. */
  readonly milliseconds: number;
  /** Of this process: what it would take on a machine that does nothing else. */
  readonly cpuMilliseconds: number;
  readonly heapMegabytes: number;
}

function measure(queues: number): Measure {
  const text = largeTopology(queues);
  let [milliseconds, cpuMilliseconds] = [Infinity, Infinity];
  let objects = 0;
  let policies = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [started, cpuStarted] = [performance.now(), process.cpuUsage()];
    const result = load(text, 'bench.yaml');
    milliseconds = Math.min(milliseconds, performance.now() - started);
    const { user, system } = process.cpuUsage(cpuStarted);
    cpuMilliseconds = Math.min(cpuMilliseconds, (user + system) / 1000);
    if (result.objects === undefined)
      throw new Error(JSON.stringify(result.diagnostics.slice(0, 3), null, 2));
    objects = result.objects.length;
    policies = result.objects.filter(({ kind }) => kind === 'policy').length;
  }
  return {
    queues,
    objects,
    policies,
    textKilobytes: text.length / 1e3,
    milliseconds,
    cpuMilliseconds,
    heapMegabytes: heapOf(text),
  };
}

/** What a loaded topology holds on to. */
function heapOf(text: string): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  const before = process.memoryUsage().heapUsed;
  const result = load(text, 'bench.yaml');
  collect?.();
  const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
  // Keeps the result alive until it is measured.
  return result.objects === undefined ? NaN : megabytes;
}

export function benchCompiling(): void {
  load(largeTopology(100), 'warm-up.yaml');
  const measures = SIZES.map(measure);
  process.stdout.write(
    'Checked and compiled: queues, as many bindings, 50 policies, 200 users, 100 workers\n\n',
  );
  process.stdout.write(
    '| queues | text | objects | policies | time | CPU | CPU per queue | heap |\n|---|---|---|---|---|---|---|---|\n',
  );
  for (const one of measures) {
    const cells = [
      one.queues,
      `${one.textKilobytes.toFixed(0)} kB`,
      one.objects,
      one.policies,
      `${one.milliseconds.toFixed(0)} ms`,
      `${one.cpuMilliseconds.toFixed(0)} ms`,
      `${((one.cpuMilliseconds / one.queues) * 1000).toFixed(0)} µs`,
      `${one.heapMegabytes.toFixed(0)} MB`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
  const [first, last] = [measures[0], measures.at(-1)];
  if (first === undefined || last === undefined) return;
  const growth = last.queues / first.queues;
  const ratio = (value: (of: Measure) => number): string => (value(last) / value(first) / growth).toFixed(2);
  process.stdout.write(
    `\n${growth} times the queues: ${ratio((of) => of.cpuMilliseconds)} of the CPU time and ${ratio((of) => of.heapMegabytes)} of the memory that linear growth would take.\n`,
  );
  process.stdout.write(
    `Target: ${last.queues} queues and bindings within 2 s; measured ${(last.milliseconds / 1000).toFixed(2)} s, ${(last.cpuMilliseconds / 1000).toFixed(2)} s of CPU.\n`,
  );
}
