/** Containers that ended by themselves, and such that run and don't consume. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsOf, addressOf, fleetOf, stateOf, World } from './world';

const BUSY = { ready: 0, unacknowledged: 5 };

function runningWorld(size: number): World {
  const world = new World(fleetOf(size, { min: size }));
  world.load = BUSY;
  world.round();
  return world;
}

describe('a container that ended by itself', () => {
  it('is told with its exit code, and started again after a pause that grows up to 5 minutes', () => {
    const world = runningWorld(1);
    const pauses: number[] = [];
    for (let failure = 1; failure <= 8; failure++) {
      world.crash('jobs-1', 3);
      const crashedAtMs = world.nowMs;
      const { events } = world.decide(0);
      expect(events).toEqual([expect.stringMatching(/^jobs-1 ended by itself \(exit code 3\)/)]);
      while (world.running.length === 0) expect(world.round(500).events).toEqual([]);
      pauses.push((world.nowMs - crashedAtMs) / 1000);
    }
    expect(pauses).toEqual([1, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('has recovered when it ran for 10 minutes', () => {
    const world = runningWorld(1);
    for (let failure = 1; failure <= 3; failure++) {
      world.crash('jobs-1');
      world.decide(0);
      world.round(300_000);
    }
    world.round(600_000);
    world.crash('jobs-1');
    world.decide(0);
    expect(actionsOf(world.decide(1_000))).toEqual(['start jobs-1']);
  });

  it('keeps its place: no other is started for it', () => {
    const world = new World(fleetOf(2));
    world.load = BUSY;
    world.round();
    world.crash('jobs-1');
    expect(actionsOf(world.decide(0))).toEqual([]);
    expect(actionsOf(world.round(1_000))).toEqual(['start jobs-1']);
  });

  it('is not started again where it is no longer wanted', () => {
    const world = new World(fleetOf(1, { cooldownMs: 0 }));
    world.load = BUSY;
    world.round();
    world.crash('jobs-1');
    world.load = { ready: 0, unacknowledged: 0 };
    for (let round = 0; round < 5; round++) expect(actionsOf(world.round(60_000))).toEqual([]);
  });

  it('that ran out of memory, and one that Docker starts again, are told as such', () => {
    const world = runningWorld(2);
    world.crash('jobs-1', 137);
    world.set('jobs-1', { isOutOfMemory: true });
    world.set('jobs-2', { restartCount: 2, exitCode: 1 });
    expect(world.decide().events).toEqual([
      expect.stringMatching(/^jobs-1 ran out of memory/),
      'jobs-2 ended by itself (exit code 1) and is started again by Docker (restart count 2)',
    ]);
    expect(world.decide().events).toEqual([]);
  });

  it('and can’t be started is tried again with the same pauses', () => {
    const world = new World(fleetOf(1, { min: 1 }));
    expect(actionsOf(world.decide())).toEqual(['start jobs-1']);
    const state = stateOf('jobs-1');
    world.containers.set('jobs-1', { name: 'jobs-1', state, failure: 'Cannot start: no such network.' });
    expect(world.decide(0)).toMatchObject({
      events: ['Cannot start: no such network; it is started again in 1 s'],
      actions: [],
    });
    world.containers.set('jobs-1', { name: 'jobs-1', state });
    expect(actionsOf(world.decide(500))).toEqual([]);
    expect(actionsOf(world.decide(500))).toEqual(['start jobs-1']);
  });

  it('has no past when it was made anew under its name', () => {
    const world = runningWorld(1);
    world.containers.set('jobs-1', { name: 'jobs-1', state: stateOf('jobs-1', { id: 'another' }) });
    const decision = world.decide();
    expect(decision.events).toEqual([]);
    expect(decision.actions).toMatchObject([{ job: 'start', id: 'another' }]);
  });
});

describe('a container that does not consume', () => {
  it('is told after its start-up, and restarted with pauses that grow up to an hour', () => {
    const world = runningWorld(1);
    world.peers = [];
    const restarts: number[] = [];
    let atMs = world.nowMs;
    const until = atMs + 4 * 3_600_000;
    while (world.nowMs < until) {
      const decision = world.round(1_000);
      if (!actionsOf(decision).includes('restart jobs-1')) continue;
      expect(decision.problems).toMatchObject([{ key: 'silent jobs-1' }]);
      restarts.push(Math.round((world.nowMs - atMs) / 1000));
      atMs = world.nowMs;
    }
    expect(restarts).toEqual([60, 180, 360, 720, 1440, 2880, 3600, 3600]);
  });

  it('is restarted at once again where it had recovered', () => {
    const world = runningWorld(1);
    world.peers = [];
    expect(actionsOf(world.round(61_000))).toEqual(['restart jobs-1']);
    world.peers = undefined;
    world.round(200_000);
    world.peers = [];
    expect(actionsOf(world.round(89_000))).toEqual([]);
    expect(actionsOf(world.round(1_000))).toEqual(['restart jobs-1']);
    // Not within the pause.
    world.peers = undefined;
    world.round(30_000);
    world.peers = [];
    expect(actionsOf(world.round(149_000))).toEqual([]);
    expect(actionsOf(world.round(1_000))).toEqual(['restart jobs-1']);
  });

  it('is one of several, and they are restarted one at a time', () => {
    const world = runningWorld(3);
    world.peers = [addressOf('jobs-2')];
    world.round();
    const decision = world.decide(60_000);
    expect(actionsOf(decision)).toEqual(['restart jobs-1']);
    expect(decision.problems.map(({ key }) => key)).toEqual(['silent jobs-1', 'silent jobs-3']);
    world.containers.set('jobs-1', { ...{ name: 'jobs-1', state: world.state('jobs-1') }, job: 'restart' });
    expect(actionsOf(world.decide(60_000))).toEqual([]);
    world.start('jobs-1');
    expect(actionsOf(world.decide())).toEqual(['restart jobs-3']);
  });

  it.each([
    ['nobody knows who consumes', 'unknown' as const],
    ['a consumer’s address is not known yet', [undefined]],
    ['consumers have addresses of no container', ['192.168.1.1']],
  ])('can’t be told where %s', (_, peers) => {
    const world = runningWorld(2);
    world.peers = peers;
    for (let round = 0; round < 10; round++) expect(actionsOf(world.round(60_000))).toEqual([]);
  });

  it('and did so before may be finishing its last task: it is told, and has its grace before it is restarted', () => {
    const world = new World(fleetOf(1, { min: 1, stopTimeoutSeconds: 600 }));
    world.load = BUSY;
    world.round();
    world.round();
    world.peers = [];
    const { problems, actions } = world.round(60_000);
    expect(problems).toMatchObject([{ key: 'silent jobs-1' }]);
    expect(actions).toEqual([]);
    expect(actionsOf(world.round(599_000))).toEqual([]);
    expect(actionsOf(world.round(1_000))).toEqual(['restart jobs-1']);
    // It hasn't consumed since.
    expect(actionsOf(world.round(180_000))).toEqual(['restart jobs-1']);
  });

  it('has its grace, too, where it ran long before the scaler did', () => {
    const world = new World(fleetOf(1, { min: 1, stopTimeoutSeconds: 600 }));
    world.start('jobs-1');
    world.nowMs += 3_600_000;
    world.peers = [];
    world.round();
    expect(actionsOf(world.round(659_000))).toEqual([]);
    expect(actionsOf(world.round(1_000))).toEqual(['restart jobs-1']);
  });

  it('has its start-up again after a time in which nobody knew', () => {
    const world = runningWorld(1);
    world.peers = 'unknown';
    world.round(600_000);
    world.peers = [];
    expect(actionsOf(world.round(89_000))).toEqual([]);
    expect(actionsOf(world.round(1_000))).toEqual(['restart jobs-1']);
  });

  it('is fine in a fleet without queues, and in one that polls', () => {
    for (const changes of [{ queues: [] }, { health: 'running' as const }]) {
      const world = new World(fleetOf(1, { min: 1, ...changes }));
      world.peers = [];
      world.round();
      const decision = world.round(600_000);
      expect(decision).toMatchObject({ actions: [], problems: [], running: 1 });
      expect(decision.consuming).toBeUndefined();
    }
  });

  it('is recognised by any of its addresses, also in an IPv6 socket', () => {
    const world = runningWorld(2);
    world.set('jobs-1', { addresses: ['172.18.0.9', '10.0.0.7'] });
    world.set('jobs-2', { addresses: ['fd00::A'] });
    world.peers = ['::ffff:10.0.0.7', 'fd00::a'];
    expect(world.decide(600_000)).toMatchObject({ consuming: 2, problems: [], actions: [] });
  });
});

/** Whatever happens, in whatever order. */
const happenings = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 100_000 }),
    who: fc.integer({ min: 1, max: 4 }),
    what: fc.constantFrom('nothing', 'crash', 'vanish', 'come', 'job'),
    load: fc.option(fc.record({ ready: fc.nat(50), unacknowledged: fc.nat(5) }), { nil: undefined }),
    peers: fc.option(fc.subarray([1, 2, 3, 4].map((index) => addressOf(`${index}`))), { nil: undefined }),
  }),
  { maxLength: 40 },
);

it('whatever happens, no container that is being handled or isn’t there is touched, and none twice', () => {
  fc.assert(
    fc.property(happenings, fc.nat(4), (steps, min) => {
      const world = new World(fleetOf(4, { min, cooldownMs: 5_000 }));
      for (const { afterMs, who, what, load, peers } of steps) {
        const name = `jobs-${who}`;
        const state = world.containers.get(name)?.state;
        if (what === 'crash' && state?.status === 'running') world.crash(name);
        if (what === 'vanish') world.containers.delete(name);
        if (what === 'come' && state === undefined) world.set(name, { id: `${name} at ${world.nowMs}` });
        if (what === 'job' && state !== undefined) world.containers.set(name, { name, state, job: 'stop' });
        world.load = load;
        world.peers = peers ?? 'unknown';
        const { actions } = world.round(afterMs);
        for (const { container, job, id } of actions) {
          const seen = world.containers.get(container);
          expect(seen?.job).toBeUndefined();
          expect(id).toBe(seen?.state?.id);
          expect(id).not.toBe('');
          if (load === undefined) expect(job).not.toBe('stop');
        }
        expect(new Set(actions.map(({ container }) => container)).size).toBe(actions.length);
        for (const [key, one] of world.containers) {
          if (one.job !== undefined && one.state !== undefined)
            world.containers.set(key, { name: key, state: one.state });
        }
      }
    }),
  );
});
