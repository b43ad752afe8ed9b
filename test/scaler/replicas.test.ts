/** How many containers are wanted, and which are started and stopped for that. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredReplicas } from '../../scaler/replicas';
import { actionsOf, fleetOf, stateOf, World } from './world';

const loads = fc.record({ ready: fc.nat(120), unacknowledged: fc.nat(20) });
const limits = fc
  .tuple(fc.nat(6), fc.nat(6), fc.integer({ min: 1, max: 30 }), fc.constantFrom(0, 2_000, 7_000, 60_000))
  .map(([one, other, messagesPerReplica, cooldownMs]) => ({
    min: Math.min(one, other),
    max: Math.max(one, other),
    messagesPerReplica,
    cooldownMs,
  }));
const rounds = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 100, max: 20_000 }),
    load: fc.option(loads, { nil: undefined, freq: 6 }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('the number that is wanted', () => {
  it.each([
    [0, 0, 0],
    [1, 0, 1],
    [0, 1, 1],
    [10, 0, 1],
    [10, 1, 2],
    [1000, 0, 4],
  ])('for %d ready and %d unacknowledged is %d of 4', (ready, unacknowledged, replicas) => {
    expect(desiredReplicas({ ready, unacknowledged }, fleetOf(4))).toBe(replicas);
  });

  it('is the greatest that was recommended in the window, within the limits, and holds where nobody knows', () => {
    fc.assert(
      fc.property(limits, rounds, (changes, steps) => {
        const world = new World(fleetOf(6, changes));
        const { fleet } = world;
        /** All that was recommended, however long ago. */
        const history: { atMs: number; replicas: number }[] = [];
        let latest = fleet.min;
        for (const { afterMs, load } of steps) {
          world.load = load;
          const { wanted } = world.round(afterMs);
          const now = world.nowMs;
          if (history.length === 0) history.push({ atMs: now, replicas: fleet.min });
          const desired = load === undefined ? latest : desiredReplicas(load, fleet);
          const inWindow = history.filter(({ atMs }) => now - atMs < fleet.cooldownMs);
          const greatest = Math.max(desired, ...inWindow.map(({ replicas }) => replicas));
          expect(wanted).toBe(load === undefined ? latest : greatest);
          history.push({ atMs: now, replicas: load === undefined ? latest : desired });
          latest = wanted;
          expect(wanted).toBeGreaterThanOrEqual(fleet.min);
          expect(wanted).toBeLessThanOrEqual(fleet.max);
          const hasMessages = load !== undefined && load.ready + load.unacknowledged > 0;
          if (hasMessages && fleet.max > 0) expect(wanted).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('the containers', () => {
  it('that run are the first ones, as many as are wanted', () => {
    fc.assert(
      fc.property(limits, rounds, (changes, steps) => {
        const world = new World(fleetOf(6, changes));
        for (const { afterMs, load } of steps) {
          world.load = load;
          const { wanted } = world.round(afterMs);
          expect(world.running).toEqual(world.fleet.containers.slice(0, wanted));
        }
      }),
    );
  });

  it('are started at once and stopped after the cooldown, the last one first', () => {
    const world = new World(fleetOf(4, { cooldownMs: 10_000 }));
    world.load = { ready: 35, unacknowledged: 0 };
    expect(actionsOf(world.round())).toEqual([
      'start jobs-1',
      'start jobs-2',
      'start jobs-3',
      'start jobs-4',
    ]);
    world.load = { ready: 0, unacknowledged: 11 };
    expect(actionsOf(world.round(9_000))).toEqual([]);
    expect(actionsOf(world.round(1_500))).toEqual(['stop jobs-4', 'stop jobs-3']);
    world.load = { ready: 0, unacknowledged: 0 };
    expect(actionsOf(world.round(9_000))).toEqual([]);
    expect(actionsOf(world.round(9_000))).toEqual(['stop jobs-2', 'stop jobs-1']);
  });

  it('are left alone where nobody knows what is in the queues, and the cooldown begins anew', () => {
    const world = new World(fleetOf(2, { cooldownMs: 10_000 }));
    world.load = { ready: 11, unacknowledged: 0 };
    world.round();
    world.load = undefined;
    expect(actionsOf(world.round(100_000))).toEqual([]);
    world.load = { ready: 0, unacknowledged: 0 };
    expect(actionsOf(world.round())).toEqual([]);
    expect(actionsOf(world.round(10_000))).toEqual(['stop jobs-2', 'stop jobs-1']);
  });

  it('that are being stopped count as neither running nor free', () => {
    const world = new World(fleetOf(3));
    world.start('jobs-1');
    world.containers.set('jobs-2', {
      name: 'jobs-2',
      job: 'stop',
      state: stateOf('jobs-2', { status: 'running' }),
    });
    world.load = { ready: 20, unacknowledged: 0 };
    const decision = world.decide();
    expect(actionsOf(decision)).toEqual(['start jobs-3']);
    expect(decision.running).toBe(1);
    world.start('jobs-3');
    world.load = { ready: 30, unacknowledged: 0 };
    expect(actionsOf(world.decide())).toEqual([]);
    // It has ended, as it was told to: now it is free.
    world.crash('jobs-2', 0);
    expect(world.decide()).toMatchObject({ events: [], actions: [{ job: 'start', container: 'jobs-2' }] });
  });

  it('that are missing are told, and others take their place until they are there again', () => {
    const world = new World(fleetOf(3, { min: 2, cooldownMs: 0 }));
    world.containers.delete('jobs-1');
    const decision = world.round();
    expect(actionsOf(decision)).toEqual(['start jobs-2', 'start jobs-3']);
    expect(decision.problems).toMatchObject([{ key: 'missing jobs-1' }]);
    world.containers.set('jobs-1', { name: 'jobs-1', state: stateOf('jobs-1', { status: 'running' }) });
    const after = world.round();
    expect(after.problems).toEqual([]);
    expect(actionsOf(after)).toEqual(['stop jobs-3']);
  });

  it('that Pulumi expects to run do: the first `min`', () => {
    const world = new World(fleetOf(3, { min: 1, cooldownMs: 0 }));
    world.start('jobs-3');
    expect(actionsOf(world.round())).toEqual(['start jobs-1']);
    expect(actionsOf(world.round())).toEqual(['stop jobs-3']);
  });
});
