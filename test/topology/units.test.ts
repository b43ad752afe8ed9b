import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatSize,
  parseDurationMs,
  parseSeconds,
  parseSizeBytes,
} from '../../topology/units';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('%s', (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs);
  });

  it.each(['', '5', '2 h', '30m1h', '1.5h', '-1s', '2H', '1h1h', '99999999999999999d'])(
    'refuses %j',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined();
    },
  );

  it('every duration survives being written and read', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (durationMs) => {
        expect(parseDurationMs(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
  });
});

it.each([
  ['30s', 30],
  ['1h30m', 5400],
  ['1000ms', 1],
  ['0s', 0],
  ['500ms', undefined],
  ['1s1ms', undefined],
  ['50d', undefined],
  ['5', undefined],
])('%s in whole seconds', (text, seconds) => {
  expect(parseSeconds(text)).toBe(seconds);
});

describe('sizes', () => {
  it.each([
    ['500MB', 500_000_000],
    ['1GiB', 1_073_741_824],
    ['64KB', 64_000],
    ['1.1GB', 1_100_000_000],
    ['2 GB', 2_000_000_000],
    ['7B', 7],
  ])('%s', (text, sizeBytes) => {
    expect(parseSizeBytes(text)).toBe(sizeBytes);
  });

  it.each(['', '5', '1.0001KiB', '5 monkeys', '-1MB', '1mb', '99999999999TB', '5constructor'])(
    'refuses %j',
    (text) => {
      expect(parseSizeBytes(text)).toBeUndefined();
    },
  );

  it('every size survives being written and read', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (sizeBytes) => {
        expect(parseSizeBytes(formatSize(sizeBytes))).toBe(sizeBytes);
      }),
    );
  });
});
