/** What holds for any two topologies. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import { CHANGE_CLASSES, worstOf } from '../../../topology/diff/model';
import type { Side } from '../../../topology/diff/model';
import { applyChanges, compareObjects, operationsOf } from '../../../topology/diff/objectChanges';
import { withRenames } from '../../../topology/diff/renames';
import { indexSide } from '../../../topology/diff/sideIndex';
import { sideOfTopology } from '../../../topology/diff/side';
import { load } from '../../../topology/index';
import type { BrokerObject } from '../../../topology/index';
import { CREATION_ORDER } from '../../../topology/objects';
import { mutated, seedOfRun } from '../mutate';
import { diffOf } from './sides';

const TARGET = '4.3';

/** Two topologies that compile: the same one damaged twice, or two different ones. */
const sides: fc.Arbitrary<readonly [Side, Side]> = fc
  .tuple(mutated(TARGET, 3), mutated(TARGET, 3))
  .map(([a, b]) => [sideOfText(a, 'a.yaml'), sideOfText(b, 'b.yaml')] as const)
  .filter((pair): pair is readonly [Side, Side] => pair.every((side) => side !== undefined));

const seed = seedOfRun();
/** To make them takes longer than all that is asked of them. */
const pairs = fc.sample(sides, { numRuns: 150, seed });

/** Fails with the seed, by which WARREN_SEED repeats it. */
function forAllPairs(check: (a: Side, b: Side) => void): void {
  for (const [index, [a, b]] of pairs.entries()) {
    try {
      check(a, b);
    } catch (error) {
      throw new Error(`seed ${seed}, pair ${index}`, { cause: error });
    }
  }
}

function sideOfText(text: string, name: string): Side | undefined {
  const { topology, objects } = load(text, name, { target: TARGET });
  return topology === undefined || objects === undefined
    ? undefined
    : sideOfTopology(name, topology, objects);
}

function plain(objects: readonly BrokerObject[]): readonly unknown[] {
  return objects.map((object) => ({ ...object, position: undefined }));
}

describe('for any two topologies', () => {
  it('the changes make the second of the first, renames among them', () => {
    let renamed = 0;
    forAllPairs((a, b) => {
      const raw = compareObjects(a.objects, b.objects);
      const changes = withRenames(raw, { base: indexSide(a, TARGET), head: indexSide(b, TARGET) });
      expect(plain(applyChanges(a.objects, changes))).toEqual(plain(b.objects));
      renamed += changes.filter(({ change }) => change === 'renamed').length;
    });
    expect(renamed).toBeGreaterThanOrEqual(0);
  });

  it('nothing changes from one to itself, whatever the order of its objects', () => {
    forAllPairs((a) => {
      const reversed = { ...a, objects: [...a.objects].reverse() };
      expect(diffTopologies(a, reversed).changes).toEqual([]);
    });
  });

  it('the order is: what comes in order of creation, then what goes in the opposite order', () => {
    forAllPairs((a, b) => {
      const ranks = operationsOf(compareObjects(a.objects, b.objects)).map((operation) => {
        const rank = CREATION_ORDER.indexOf(operation.object.kind);
        return operation.do === 'delete' ? 2 * CREATION_ORDER.length - rank : rank;
      });
      expect(ranks).toEqual([...ranks].sort((x, y) => x - y));
    });
  });

  it('a change is as bad as the worst that is said of it, and the diff as its worst change', () => {
    forAllPairs((a, b) => {
      const diff = diffTopologies(a, b);
      for (const change of diff.changes) {
        const said = [...change.reasons, ...change.effects].map((each) => each.class);
        for (const each of said) {
          expect(CHANGE_CLASSES.indexOf(change.class)).toBeGreaterThanOrEqual(CHANGE_CLASSES.indexOf(each));
        }
        if (change.change !== 'added' && change.class === 'none') expect(said).not.toEqual([]);
      }
      expect(diff.summary.worst).toBe(worstOf(diff.changes.map((change) => change.class)));
    });
  });

  it('whatever goes or is made anew is never safe by itself', () => {
    forAllPairs((a, b) => {
      for (const change of diffTopologies(a, b).changes) {
        if (change.kind !== 'queue' && change.kind !== 'exchange' && change.kind !== 'vhost') continue;
        if (change.partOf !== undefined || !['removed', 'recreated', 'renamed'].includes(change.change))
          continue;
        expect(['destructive', 'security']).toContain(change.class);
      }
    });
  });

  it('what goes further is never milder', () => {
    const settings = fc.constantFrom(
      (value: number) => `maxLength: ${value}`,
      (value: number) => `maxLength: ${value}, overflow: reject-publish`,
      (value: number) => `ttl: ${value}s`,
      (value: number) => `expires: ${value}h, ttl: 1s`,
      (value: number) => `type: quorum, deliveryLimit: ${value}`,
      (value: number) => `type: quorum, consumerTimeout: ${value}h`,
      (value: number) => `type: stream, maxAge: ${value}d`,
    );
    const values = fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 40 })));
    fc.assert(
      fc.property(settings, values, (setting, given) => {
        const [low = 0, middle = 0, high = 0] = [...given].sort((x, y) => x - y);
        const classOf = (from: number, to: number): number => {
          const queue = (value: number): string => `queues: { paid: { ${setting(value)} } }`;
          return CHANGE_CLASSES.indexOf(diffOf(queue(from), queue(to)).summary.worst);
        };
        expect(classOf(high, low)).toBeGreaterThanOrEqual(classOf(high, middle));
        // And lowering is never milder than raising.
        expect(classOf(high, low)).toBeGreaterThanOrEqual(classOf(low, high));
      }),
      { numRuns: 60 },
    );
  });
});
