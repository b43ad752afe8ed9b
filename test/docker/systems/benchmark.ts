/** What the benchmarks of the systems have in common: figures are shown by the bench, and fail nothing. */
import * as fs from 'node:fs';
import type { Data } from './system';

/** @param figures with what each should be at most or at least in its name */
export function report(row: string, figures: Readonly<Record<string, number | string>>): void {
  const file = process.env.WARREN_BENCH_RESULTS;
  if (file !== undefined) fs.appendFileSync(file, `${JSON.stringify({ row, figures })}\n`);
}

export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

export function withNodes(example: Data): Data {
  return { ...example, broker: { ...(example.broker as object | undefined), nodes: 3 } };
}
