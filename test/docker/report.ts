/** Results of the benchmarks on containers. */
import * as fs from 'node:fs';

/** What is measured, with what it should be at most or at least; shown by the bench, and failing nothing. */
export function report(row: string, figures: Readonly<Record<string, number | string>>): void {
  const file = process.env.WARREN_BENCH_RESULTS;
  if (file !== undefined) fs.appendFileSync(file, `${JSON.stringify({ row, figures })}\n`);
}

export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
