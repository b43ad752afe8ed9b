/** A diff is true: done in its order on a broker that has the one side, it makes the other. */
import { expect, it } from 'vitest';
import { readSnapshot } from '../../broker/snapshot';
import { alignForeign } from '../../topology/diff/foreign';
import { compareObjects, fieldChanges } from '../../topology/diff/objectChanges';
import { identityKey, type BrokerObject } from '../../topology/objects';
import { withBroker } from '../rigs/brokers';
import { seedOfRun } from '../topology/mutate';
import { carryOut, makeBase, pairsOn, samplePairs, type Pair } from './diffPairs';

const PAIRS = Number(process.env.WARREN_DIFF_PAIRS ?? 12);

withBroker('a diff between two topologies', (rig) => {
  const { broker, each } = pairsOn(rig);

  it('makes the second of the first', { timeout: 900_000 }, async () => {
    const seed = seedOfRun();
    const pairs = samplePairs(rig.version, PAIRS, seed);
    expect(pairs).toHaveLength(PAIRS);
    const wrong = (await each(pairs, failureOf)).filter((failure) => failure !== undefined);
    expect(wrong, `seed ${seed}`).toEqual([]);
  });

  async function failureOf(pair: Pair): Promise<string | undefined> {
    try {
      await makeBase(broker, pair);
      await carryOut(broker, pair);
    } catch (error) {
      return `${error instanceof Error ? error.message : String(error)}\n${pair.texts.join('\n---\n')}`;
    }
    const found = alignForeign((await readSnapshot(broker)).objects(), pair.head.objects);
    const differences = differencesOf(found, pair);
    return differences.length === 0 ? undefined : `${differences.join('\n')}\n${pair.texts.join('\n---\n')}`;
  }
});

/** What the broker has otherwise than the head, of all that either side speaks of. */
function differencesOf(found: readonly BrokerObject[], { base, head }: Pair): string[] {
  const known = new Set([...base.objects, ...head.objects].map(identityKey));
  const own = found.filter((object) => known.has(identityKey(object)));
  return compareObjects(own, head.objects).flatMap((change) => {
    switch (change.change) {
      case 'added':
        return [`missing: ${identityKey(change.after)}`];
      case 'removed':
        return [`still there: ${identityKey(change.before)}`];
      case 'renamed':
        return [];
      default:
        return fieldChanges(change.before, change.after).map(
          ({ field, before, after }) =>
            `${identityKey(change.after)} ${field}: ${JSON.stringify(before)}, not ${JSON.stringify(after)}`,
        );
    }
  });
}
