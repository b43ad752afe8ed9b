/** When a stack was up last, however much came since. */
import { expect, it } from 'vitest';
import { lastUpIn, type HistoryEntry } from '../../cli/status/lastUp';

const REFRESH: HistoryEntry = { kind: 'refresh', result: 'succeeded', startTime: '2026-11-27T12:00:00Z' };
const UP: HistoryEntry = {
  ...{ kind: 'update', result: 'failed', startTime: '2026-11-01T12:00:00Z' },
  resourceChanges: { same: 40, update: 2 },
};

/** The last `up` in a history, and how often Pulumi was asked. */
async function found(history: readonly HistoryEntry[]): Promise<readonly unknown[]> {
  let asked = 0;
  const last = await lastUpIn((page, size) => {
    asked++;
    return Promise.resolve(history.slice((page - 1) * size, page * size));
  });
  return [last?.result, last?.changes, asked];
}

it.each([
  ['among the newest', 3, 1],
  ['after as many refreshes as are read at first', 20, 2],
  ['after a month of refreshes', 720, 9],
])('%s', async (_, refreshes, asked) => {
  const history = [...Array<HistoryEntry>(refreshes).fill(REFRESH), UP, REFRESH];
  expect(await found(history)).toEqual(['failed', { update: 2 }, asked]);
});

it.each([
  [0, 1],
  [19, 1],
  [20, 3],
  [100, 3],
])('none in a history of %i', async (refreshes, asked) => {
  expect(await found(Array<HistoryEntry>(refreshes).fill(REFRESH))).toEqual([undefined, undefined, asked]);
});
