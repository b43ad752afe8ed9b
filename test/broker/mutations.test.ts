/** Whatever compiles without errors is accepted by the broker: random damage to topologies, brought to real ones. */
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { importDefinitions } from '../../broker/kinds/definitions';
import { load, type BrokerObject } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { callManagement } from '../rigs/management';
import { withBroker, type TestBroker } from '../rigs/brokers';
import { RIG_PLUGINS } from '../rigs/plugins';
import { mutated, seedOfRun } from '../topology/mutate';
import { passwordHashOf } from './applied';
import { isolated } from './isolated';
import { brokerOf, uniqueName } from './realBroker';

const TOPOLOGIES = Number(process.env.WARREN_MUTATIONS ?? 60);
const BATCH = 6;

interface Compiled {
  readonly text: string;
  readonly objects: readonly BrokerObject[];
}

withBroker('damaged topologies', (rig) => {
  const made: BrokerObject[] = [];
  afterAll(() => removeAll(rig, made));

  it('are accepted where they compile', async () => {
    const seed = seedOfRun();
    const texts = fc.sample(mutated(rig.version, 3), { numRuns: 10 * TOPOLOGIES, seed });
    const compiled = texts
      .flatMap((text): Compiled[] => {
        const { objects, topology } = load(text, 'f.yaml', { target: rig.version });
        // Which plugins a broker has is for its owner to say.
        const isOurs = (topology?.broker?.plugins ?? []).every((plugin) => RIG_PLUGINS.includes(plugin));
        return objects === undefined || !isOurs ? [] : [{ text, objects }];
      })
      .slice(0, TOPOLOGIES)
      .map(({ text, objects }, index) => ({
        text,
        objects: isolated(objects, uniqueName(`mutated${index}`)),
      }));
    expect(compiled.length).toBe(TOPOLOGIES);
    const refusals: string[] = [];
    for (let start = 0; start < compiled.length; start += BATCH) {
      const batch = compiled.slice(start, start + BATCH);
      made.push(...batch.flatMap(({ objects }) => objects));
      const all = await refusalOf(
        rig,
        batch.flatMap(({ objects }) => objects),
      );
      // One bad object fails the whole import: then each by itself.
      for (const each of all === undefined ? [] : batch) {
        const reason = await refusalOf(rig, each.objects);
        if (reason !== undefined) refusals.push(`${reason}\n${each.text}`);
      }
      await removeAll(rig, made.splice(0));
    }
    expect(refusals, `seed ${seed}`).toEqual([]);
  });
});

async function refusalOf(rig: TestBroker, objects: readonly BrokerObject[]): Promise<string | undefined> {
  const users = objects.flatMap((object) => (object.kind === 'user' ? [object.name] : []));
  const hashes = new Map(users.map((user) => [user, passwordHashOf(user)]));
  try {
    await importDefinitions(brokerOf(rig), renderDefinitions(objects, hashes));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function removeAll(rig: TestBroker, objects: readonly BrokerObject[]): Promise<void> {
  const folders: Partial<Record<BrokerObject['kind'], string>> = {
    vhost: 'vhosts',
    user: 'users',
    globalParameter: 'global-parameters',
  };
  await Promise.all(
    objects.map(async (object) => {
      const folder = folders[object.kind];
      if (folder === undefined || !('name' in object)) return;
      const at = `${folder}/${encodeURIComponent(object.name)}`;
      // RabbitMQ 4.1 and later would keep a protected vhost.
      if (object.kind === 'vhost' && object.deletionProtection === true) {
        await callManagement(rig, 'DELETE', `${at}/deletion/protection`).catch(() => undefined);
      }
      await callManagement(rig, 'DELETE', at).catch(() => undefined);
    }),
  );
}
