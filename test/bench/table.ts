/** The bench's table, with ratios and targets, and how the times grow. */
import { FLOOR, TERRAFORM } from './rows';

interface Named {
  readonly row: string;
  readonly queues: number;
  readonly objects: number;
}

export interface Times extends Named {
  /** In seconds. */
  readonly fresh: number;
  readonly noChange: number;
  readonly change: number;
  readonly destroy: number;
  /** 0 where there is no provider. */
  readonly providerMegabytes: number;
}

export type Measured = Times | (Named & { readonly fault: string });

type Column = 'fresh' | 'noChange' | 'change' | 'destroy' | 'providerMegabytes';

/** At most, on two cores that have nothing else to do; by row and number of queues. */
const TARGETS: Readonly<Record<string, Readonly<Partial<Record<Column, number>>>>> = {
  'warren up 500': { fresh: 9, noChange: 8, change: 8, destroy: 4 },
  'warren up, granularity vhost 500': { fresh: 4 },
  'warren up, granularity vhost 5000': { providerMegabytes: 300 },
};
const FLOOR_TARGET = { row: 'warren up, granularity vhost', queues: 5000, factor: 2, plusSeconds: 4 };

const HEAD = [
  'queues',
  'objects',
  '',
  'fresh',
  '× floor',
  '× Terraform',
  'no change',
  'one queue',
  'destroy',
  'provider',
];

export function printTable(measured: readonly Measured[]): void {
  const lines = [...measured]
    .sort((a, b) => a.queues - b.queues)
    .map((result) => [result.queues, result.objects, result.row, ...cellsOf(result, measured)]);
  process.stdout.write(
    '\nSeconds on one RabbitMQ 4.3 node, with --skip-preview unless said otherwise; in parentheses the target, on two cores with nothing else to do\n\n',
  );
  printRows(HEAD, lines);
  process.stdout.write('\n');
  for (const row of new Set(measured.map((result) => result.row))) printGrowth(row, measured);
}

/** In Markdown. */
export function printRows(head: readonly string[], lines: readonly (readonly (string | number)[])[]): void {
  for (const cells of [head, head.map(() => '---'), ...lines])
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

function cellsOf(result: Measured, measured: readonly Measured[]): readonly string[] {
  if ('fault' in result) return [`failed: ${result.fault.split('\n')[0] ?? ''}`, '', '', '', '', '', ''];
  const times = timesOf(measured);
  const fresh = (row: string): number | undefined =>
    times.find((other) => other.row === row && other.queues === result.queues)?.fresh;
  const targets = { ...TARGETS[`${result.row} ${result.queues}`], ...floorTarget(result, fresh(FLOOR)) };
  const cell = (column: Column, digits: number, unit = ''): string => {
    const target = targets[column];
    return `${result[column].toFixed(digits)}${unit}${target === undefined ? '' : ` (≤ ${target.toFixed(0)})`}`;
  };
  const ratio = (to: number | undefined): string => (to === undefined ? '' : (result.fresh / to).toFixed(2));
  return [
    cell('fresh', 1),
    ratio(fresh(FLOOR)),
    ratio(fresh(TERRAFORM)),
    cell('noChange', 1),
    cell('change', 1),
    cell('destroy', 1),
    result.providerMegabytes === 0 ? '' : cell('providerMegabytes', 0, ' MB'),
  ];
}

function floorTarget({ row, queues }: Times, floor: number | undefined): { fresh?: number } {
  const isMeant = row === FLOOR_TARGET.row && queues === FLOOR_TARGET.queues;
  if (!isMeant || floor === undefined) return {};
  return { fresh: FLOOR_TARGET.factor * floor + FLOOR_TARGET.plusSeconds };
}

/** From one size to the next: 1 is linear, less has a part that doesn't grow. */
function printGrowth(row: string, measured: readonly Measured[]): void {
  const own = timesOf(measured)
    .filter((times) => times.row === row)
    .sort((a, b) => a.queues - b.queues);
  const steps = own.slice(1).map((to, index) => {
    const from = own[index] ?? to;
    const exponent = Math.log(to.fresh / from.fresh) / Math.log(to.objects / from.objects);
    return `${from.objects} to ${to.objects} objects ${exponent.toFixed(2)}`;
  });
  if (steps.length > 0) process.stdout.write(`${row}: exponent of growth ${steps.join(', ')}\n`);
}

function timesOf(measured: readonly Measured[]): readonly Times[] {
  return measured.filter((result): result is Times => !('fault' in result));
}
