/** When a stack was up last, by Pulumi's own history. */
import { mustPulumi } from '../pulumi';
import type { LastUp } from './facts';

export interface HistoryEntry {
  readonly kind: string;
  readonly result: string;
  readonly startTime: string;
  readonly endTime?: string;
  readonly resourceChanges?: Readonly<Record<string, number>>;
}

/** Refreshes and the like come in between: mostly few, and many where somebody looks for drift every hour. */
const FEW = 20;
const MANY = 100;

/** Of Pulumi's history, the newest first; empty after its end. */
export type HistoryPage = (page: number, size: number) => Promise<readonly HistoryEntry[]>;

export function readLastUp(stack: string): Promise<LastUp | null> {
  return lastUpIn(async (page, size) => {
    const json = await mustPulumi(stack, [
      ...['stack', 'history', '--stack', stack, '--json', '--show-secrets=false'],
      ...['--page-size', String(size), '--page', String(page)],
    ]);
    return (JSON.parse(json) as readonly HistoryEntry[] | null) ?? [];
  });
}

export async function lastUpIn(pageOf: HistoryPage): Promise<LastUp | null> {
  const newest = await pageOf(1, FEW);
  let last = newest.find(isUp);
  let isEnd = newest.length < FEW;
  for (let page = 1; last === undefined && !isEnd; page++) {
    const entries = await pageOf(page, MANY);
    last = entries.find(isUp);
    isEnd = entries.length === 0;
  }
  if (last === undefined) return null;
  const { result, startTime, endTime, resourceChanges = {} } = last;
  return {
    startedAt: new Date(startTime),
    ...(endTime === undefined ? {} : { endedAt: new Date(endTime) }),
    result,
    changes: Object.fromEntries(Object.entries(resourceChanges).filter(([kind]) => kind !== 'same')),
  };
}

function isUp({ kind }: HistoryEntry): boolean {
  return kind === 'update';
}
