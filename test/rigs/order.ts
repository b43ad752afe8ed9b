/**
 * In which order a test run takes its files: what takes long first, so that none runs alone at the end, and by turns
 * what keeps the processors busy and what waits for brokers.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TestSequencer, TestSpecification } from 'vitest/node' with { 'resolution-mode': 'import' };

/** Mostly Pulumi's engine at work. */
const BUSY = ['docs', 'faults', 'systems', 'stacks', 'policy', 'quickstart'];
/** Without a broker, in seconds. */
const SHORT = ['topology', 'structure', 'cli'];

export class LongestFirst implements TestSequencer {
  sort(files: TestSpecification[]): TestSpecification[] {
    const folders = (names: readonly string[]) =>
      longestFirst(files.filter((file) => names.includes(folderOf(file))));
    const [busy, short] = [folders(BUSY), folders(SHORT)];
    const waiting = longestFirst(files.filter((file) => !busy.includes(file) && !short.includes(file)));
    return [...byTurns(busy, waiting), ...short];
  }

  /** Nobody spreads these tests over machines. */
  shard(files: TestSpecification[]): TestSpecification[] {
    return files;
  }
}

function folderOf({ moduleId }: TestSpecification): string {
  return path.relative(path.resolve(__dirname, '..'), moduleId).split(path.sep)[0] ?? '';
}

/** Short files that follow long pages. */
const FOLLOWS_PAGES = /docs\/(brokerBlocks|package|tutorial)\.test\.ts$/;

/** By their size, which says little, and is all that a new machine knows. */
function longestFirst(files: readonly TestSpecification[]): TestSpecification[] {
  const sizeOf = ({ moduleId }: TestSpecification): number =>
    FOLLOWS_PAGES.test(moduleId) ? Number.MAX_SAFE_INTEGER : fs.statSync(moduleId).size;
  const sizes = new Map(files.map((file) => [file, sizeOf(file)]));
  return [...files].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
}

function byTurns<T>(first: readonly T[], second: readonly T[]): T[] {
  const length = Math.max(first.length, second.length);
  return Array.from({ length }, (_, index) => [
    ...first.slice(index, index + 1),
    ...second.slice(index, index + 1),
  ]).flat();
}
