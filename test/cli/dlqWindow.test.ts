/** How much of a dead-letter queue is held in memory at a time. */
import { describe, expect, it } from 'vitest';
import { windowOf, type QueueNow } from '../../cli/dlq/surroundings';

const MIB = 1024 * 1024;

/** A queue of which nothing else is asked. */
function queueOf(figures: Partial<QueueNow['figures']> | undefined): QueueNow {
  return { figures } as unknown as QueueNow;
}

describe('messages that the broker hands out ahead', () => {
  it.each([
    ['nothing known', undefined, 100],
    ['an empty queue', { bytes: 0, ready: 0, unacknowledged: 0 }, 100],
    ['small ones', { bytes: 5_000_000, ready: 10_000 }, 100],
    ['8 MiB each', { bytes: 800 * MIB, ready: 90, unacknowledged: 10 }, 8],
    ['larger than all that is held', { bytes: 512 * MIB, ready: 4 }, 1],
    ['bytes of messages that have just gone', { bytes: 512 * MIB, ready: 0, unacknowledged: 0 }, 100],
  ])('%s', (_, figures, expected) => {
    expect(windowOf(queueOf(figures), 100)).toBe(expected);
  });

  it('are no more than are asked for', () => {
    expect(windowOf(queueOf({ bytes: 1, ready: 1 }), 3)).toBe(3);
  });
});
