/** What `npm run bench` understands. */
import { parseArgs } from 'node:util';

/** Those that run when none is named. */
const USUAL_PARTS = ['compile', 'import', 'up', 'status'] as const;
const PARTS = [...USUAL_PARTS, 'docker'] as const;

export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  /** Numbers of queues; each row has its own where nothing is said. */
  readonly sizes?: readonly number[];
  /** Only the rows whose names hold this. */
  readonly rows?: string;
}

/** @throws Error with the usage */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { sizes: { type: 'string' }, rows: { type: 'string' } },
  });
  const unknown = positionals.find((word) => !(PARTS as readonly string[]).includes(word));
  const sizes = values.sizes?.split(',').map(Number);
  if (unknown !== undefined || sizes?.some((size) => !Number.isInteger(size) || size < 10) === true) {
    throw new Error(
      `usage: npm run bench -- [${PARTS.join('] [')}] [--sizes 50,500] [--rows WORD]   (sizes from 10)`,
    );
  }
  return {
    parts: positionals.length === 0 ? USUAL_PARTS : (positionals as Part[]),
    ...(sizes === undefined ? {} : { sizes }),
    ...(values.rows === undefined ? {} : { rows: values.rows }),
  };
}
