/** What needs somebody, and how it fits on a screen: by facts alone. */
import { describe, expect, it } from 'vitest';
import { ATTENTION_CODES, attentionOf } from '../../cli/status/attention';
import type { QueueStatus, StatusFacts } from '../../cli/status/facts';
import { statusAsText, type Screen } from '../../cli/status/screen';

const NODE = {
  ...{ name: 'rabbit@one', isRunning: true, hasMemoryAlarm: false, hasDiskAlarm: false },
  ...{ partitions: [], isBeingDrained: false, memoryBytes: 2 ** 28, diskFreeBytes: 2 ** 34 },
};
const QUEUE: QueueStatus = {
  ...{
    vhost: 'shop',
    name: 'paid',
    type: 'quorum',
    state: 'running',
    ready: 0,
    unacknowledged: 0,
    consumers: 1,
  },
  ...{ role: 'work', consumersWanted: 'always', isPassing: false },
};
const FACTS: StatusFacts = {
  ...{ name: 'stack production', stack: 'production', endpoint: 'https://rabbit:15671' },
  ...{ at: new Date('2026-11-27T12:00:00Z'), version: '4.3.6', clusterName: 'rabbits' },
  ...{
    nodes: [NODE],
    queues: [QUEUE],
    connections: [],
    limits: [],
    leftovers: [],
    unwantedUsers: [],
    fleets: [],
  },
  ...{ drift: [], certificates: [] },
  lastUp: { startedAt: new Date('2026-11-27T10:00:00Z'), result: 'succeeded', changes: { update: 3 } },
};
const SCREEN: Screen = { width: 100, color: false, all: false };

const codesOf = (facts: Partial<StatusFacts>): readonly string[] =>
  attentionOf({ ...FACTS, ...facts }).map(({ code }) => code);
const queueCodes = (queue: Partial<QueueStatus>): readonly string[] =>
  codesOf({ queues: [{ ...QUEUE, ...queue }] });

describe('attention', () => {
  it('is for nothing where all is well', () => {
    expect(codesOf({})).toEqual([]);
    expect(statusAsText(FACTS, [], SCREEN)).toContain('Nothing needs attention.');
  });

  it.each([
    ['node-down', { isRunning: false }],
    ['partition', { partitions: ['rabbit@two'] }],
    ['memory-alarm', { hasMemoryAlarm: true }],
    ['disk-alarm', { hasDiskAlarm: true }],
  ])('%s', (code, node) => {
    expect(codesOf({ nodes: [NODE, { ...NODE, ...node }] })).toEqual([code]);
  });

  it.each<[string, Partial<QueueStatus>]>([
    ['queue-down', { state: 'down' }],
    ['no-consumers', { consumers: 0 }],
    ['waiting-unconsumed', { consumers: 0, ready: 1, consumersWanted: 'when-needed' }],
    ['waiting-unconsumed', { consumers: 0, ready: 1, consumersWanted: 'unknown' }],
    ['too-deep', { ready: 11, depthMax: 10 }],
    ['near-limit', { ready: 91, maxLength: 100 }],
    ['dead-letters', { ready: 1, role: 'dead-letters', consumers: 0 }],
    ['too-deep', { ready: 11, depthMax: 10, role: 'dead-letters' }],
  ])('%s: %o', (code, queue) => {
    expect(queueCodes(queue)).toEqual([code]);
  });

  it.each<[string, Partial<QueueStatus>]>([
    ['a queue whose figures are missing', { consumers: undefined as never, ready: undefined as never }],
    ['workers that all stand still', { consumers: 0, consumersWanted: 'when-needed' }],
    [
      'what a client made for itself',
      { consumers: 0, ready: 5, consumersWanted: 'unknown', isPassing: true },
    ],
    ['a delay', { consumers: 0, ready: 99, maxLength: 100, role: 'delay', consumersWanted: 'unknown' }],
    ['a stream', { consumers: 0, ready: 5, type: 'stream', consumersWanted: 'unknown' }],
    ['dead letters below their threshold', { ready: 9, depthMax: 10, role: 'dead-letters', consumers: 0 }],
    ['a queue for the newest message', { ready: 1, maxLength: 1 }],
  ])('not for %s', (_, queue) => {
    expect(queueCodes(queue)).toEqual([]);
  });

  it('is for limits, fleets, and what the stack says', () => {
    const fleet = { name: 'paid', vhost: 'shop', queues: ['paid'], replicasMin: 2, replicasMax: 2 };
    const limit = { of: 'user', name: 'shop-g1', what: 'connections', max: 10 } as const;
    expect(codesOf({ fleets: [{ ...fleet, replicasRunning: 1 }] })).toEqual(['fleet-short']);
    const [half] = attentionOf({
      ...FACTS,
      fleets: [{ ...fleet, replicasRunning: 1, silentHosts: ['tcp://far'] }],
    });
    expect(half?.text).toBe('1 of 2 workers run, as far as Docker answers: not tcp://far');
    // Nobody could be asked.
    expect(codesOf({ fleets: [fleet] })).toEqual([]);
    const silent = { ...FACTS, fleets: [{ ...fleet, consumers: 2, silentHosts: ['tcp://far'] }] };
    expect(attentionOf(silent)).toEqual([]);
    expect(statusAsText(silent, [], SCREEN)).toMatch(
      /paid +paid +2 +\? +2\s+Docker doesn't answer: tcp:\/\/far\./,
    );
    expect(codesOf({ limits: [{ ...limit, used: 9 }] })).toEqual(['connections-near-limit']);
    expect(codesOf({ limits: [{ ...limit, used: 8 }] })).toEqual([]);
    expect(codesOf({ lastUp: null })).toEqual(['last-up']);
    expect(codesOf({ certificates: [{ name: 'c', endsAt: new Date('2026-12-01'), wayOut: 'w' }] })).toEqual([
      'certificate',
    ]);
    expect(codesOf({ drift: [{ id: 'queue paid@shop', change: 'changed', class: 'safe' }] })).toEqual([
      'drift',
    ]);
  });

  it('puts the most pressing first', () => {
    const found = codesOf({
      ...{ unwantedUsers: ['guest'], nodes: [{ ...NODE, hasDiskAlarm: true }] },
      queues: [{ ...QUEUE, consumers: 0, ready: 95, maxLength: 100 }],
    });
    expect(found).toEqual(['disk-alarm', 'no-consumers', 'near-limit', 'unwanted-user']);
    expect(
      [...found].sort((a, b) => ATTENTION_CODES.indexOf(a as never) - ATTENTION_CODES.indexOf(b as never)),
    ).toEqual(found);
  });
});

describe('the screen', () => {
  const many = Array.from({ length: 5000 }, (_, index): QueueStatus => ({
    ...QUEUE,
    name: `queue-${String(index)}`,
    ready: index === 4711 ? 3 : 0,
    consumers: index >= 4990 ? 0 : 1,
  }));
  const facts = { ...FACTS, queues: many };
  const attention = attentionOf(facts);

  it('holds 5,000 queues within its height, what needs somebody first', () => {
    const text = statusAsText(facts, attention, { ...SCREEN, height: 40 });
    expect(text.split('\n').length).toBeLessThanOrEqual(40);
    expect(text).toContain('Needs attention (10)');
    expect(text).toContain('and 8 more like these: --all');
    expect(text).toMatch(/queue-4990[^]*queue-4711/);
    expect(text).toMatch(/and 4,9\d\d more, all empty: --all/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('shows all of them when it is asked to', () => {
    const text = statusAsText(facts, attention, { ...SCREEN, height: 40, all: true });
    expect(text.split('\n').length).toBeGreaterThan(5000);
    expect(text).not.toContain('--all');
  });

  it('has nothing in it that moves a cursor', () => {
    const evil = { ...QUEUE, name: 'a\u001b[2Jb\u202e', consumers: 0 };
    const own = { ...FACTS, queues: [evil] };
    expect(statusAsText(own, attentionOf(own), SCREEN)).not.toMatch(/[\u001b\u202e]/);
  });
});
