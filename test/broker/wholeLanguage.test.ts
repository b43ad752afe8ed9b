/** What the language can say arrives on the broker exactly as it was compiled, whichever way it gets there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDefinitions } from '../../broker/kinds/definitions';
import { identityKey, load, type BrokerObject } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { withBroker, type BrokerVersion } from '../rigs/brokers';
import { apply, listVhost, passwordHashOf, readBack, removeAll, withLogins } from './applied';
import { brokerOf, uniqueName } from './realBroker';
import { wholeLanguage } from '../topology/wholeLanguage';

withBroker('the whole language', (rig) => {
  const broker = brokerOf(rig);
  const { objects = [] } = load(
    wholeLanguage(rig.version, { run: uniqueName('whole'), amqpPort: rig.amqpPort }),
    'whole.yaml',
  );
  const users = objects.flatMap((object) => (object.kind === 'user' ? [object.name] : []));
  const readEverything = () => Promise.all(objects.map((object) => readBack(broker, object)));
  const listEverything = async (): Promise<string[]> => {
    const names = objects.flatMap((object) => (object.kind === 'vhost' ? [object.name] : []));
    const lists = await Promise.all(names.map((name) => listVhost(broker, name)));
    return lists.flat().map(identityKey).sort();
  };
  const LISTED = new Set(['policy', 'operatorPolicy', 'exchange', 'queue', 'binding', 'parameter']);
  const listed = objects.filter(({ kind }) => LISTED.has(kind)).map(identityKey);

  afterAll(() => removeAll(broker, objects));

  describe('applied object by object', () => {
    beforeAll(async () => {
      for (const object of objects) await apply(broker, object);
    });

    it('is read back equal', async () => {
      expect(objects.length).toBeGreaterThan(100);
      const expected = objects.map((object) => onBroker(rig.version, object));
      expect(await readEverything()).toEqual(expected);
    });

    it('is all that there is', async () => {
      expect(await listEverything()).toEqual([...listed].sort());
    });

    it('is read back equal when it is applied again', async () => {
      for (const object of objects) await apply(broker, object);
      const expected = objects.map((object) => onBroker(rig.version, object));
      expect(await readEverything()).toEqual(expected);
    });
  });

  describe('imported as definitions', () => {
    beforeAll(async () => {
      await removeAll(broker, objects);
      const hashes = new Map(users.map((user) => [user, passwordHashOf(user)]));
      await importDefinitions(broker, renderDefinitions(objects, hashes));
    });

    it('is read back equal, but for the logins in URIs, which definitions never hold', async () => {
      const expected = objects.map((object) => onBroker(rig.version, withoutLogins(object)));
      expect(await readEverything()).toEqual(expected);
    });

    it('is all that there is', async () => {
      expect(await listEverything()).toEqual([...listed].sort());
    });
  });
});

/** The object as this broker shows it: with what it adds to everything. */
function onBroker(version: BrokerVersion, compiled: BrokerObject): unknown {
  const object = { ...compiled };
  delete object.position;
  switch (object.kind) {
    case 'vhost':
      return {
        description: '',
        tags: [],
        tracing: false,
        ...(version === '3.10' ? {} : { defaultQueueType: 'classic' }),
        ...(version === '4.3' ? { deletionProtection: false } : {}),
        ...object,
      };
    case 'user':
      return { ...object, hasItsPassword: true };
    case 'queue':
      return {
        ...object,
        // From 4.0 on the type of every queue is written down.
        arguments: { ...(version === '3.10' ? {} : { 'x-queue-type': 'classic' }), ...object.arguments },
      };
    case 'parameter':
      return withLogins(object);
    default:
      return object;
  }
}

function withoutLogins(object: BrokerObject): BrokerObject {
  return object.kind === 'parameter' ? { ...object, logins: {} } : object;
}
