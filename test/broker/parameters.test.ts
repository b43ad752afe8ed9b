import { expect, it, onTestFinished } from 'vitest';
import { importDefinitions } from '../../broker/kinds/definitions';
import * as globalParameters from '../../broker/kinds/globalParameters';
import * as parameters from '../../broker/kinds/parameters';
import type { JsonValue } from '../../topology/objects';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { brokerOf, scratchOn, uniqueName } from './realBroker';

const parameter = (vhost: string, component: string, name: string, value: JsonValue) =>
  ({ kind: 'parameter', vhost, component, name, value }) as const;

const SHOVEL = {
  'src-protocol': 'amqp091',
  'src-uri': 'amqp://u:hidden%2Fone@127.0.0.1:1/a%2Fb',
  'src-queue': 'a',
  'dest-protocol': 'amqp091',
  'dest-uri': ['amqp://u:hidden-two@127.0.0.1:1', 'amqp://'],
  'dest-queue': 'b',
  'src-delete-after': 'never',
  'reconnect-delay': 300,
};

withBroker('parameters', (rig) => {
  const scratch = scratchOn(rig);

  it.each([
    ['federation-upstream', { uri: 'amqp://127.0.0.1:1', expires: 3_600_000, 'trust-user-id': true }],
    ['federation-upstream', { uri: ['amqp://u:p@127.0.0.1:1', 'amqp://'], 'ack-mode': 'no-ack' }],
    ['federation-upstream-set', [{ upstream: 'a/b 😀' }, { upstream: 'other', queue: 'q' }]],
    ['shovel', SHOVEL],
  ])('a %s is read back as it was written, passwords and all', async (component, value) => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost(`${uniqueName('warren')}/ä`);
    const name = 'a/b 😀';
    const written = parameter(vhost, component, name, value);
    await parameters.put(broker, written);
    await parameters.put(broker, written);
    expect(await parameters.read(broker, written)).toEqual(written);
    expect(await parameters.list(broker, vhost)).toEqual([written]);
    await parameters.remove(broker, written);
    await parameters.remove(broker, written);
    expect(await parameters.read(broker, written)).toBeUndefined();
    await parameters.remove(broker, { ...written, vhost: 'none-such' });
  });

  it('limits and operator policies, which lie in the same place, are none', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    await callManagement(rig, 'PUT', `vhost-limits/${vhost}/max-queues`, { value: 3 });
    await callManagement(rig, 'PUT', `operator-policies/${vhost}/p`, {
      pattern: '^a',
      'apply-to': 'queues',
      definition: { 'max-length': 1 },
    });
    expect(await parameters.list(broker, vhost)).toEqual([]);
  });

  it('a refusal gives the reason of the broker, and no password', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    const refused = (more: Readonly<Record<string, JsonValue>>) =>
      parameters.put(broker, parameter(vhost, 'shovel', 's', { ...SHOVEL, ...more }));
    const misspelt = refused({ 'scr-uri': 'amqp://u:hidden-three@h' });
    await expect(misspelt).rejects.toThrow(/Unrecognised terms .*scr-uri/);
    await expect(misspelt).rejects.not.toThrow(/hidden/);
    await expect(refused({ 'ack-mode': 'maybe' })).rejects.toThrow(/ack-mode should be one of/);
    for (const uri of ['amqpx://u:hidden@h', 'amqp://u:hidden@h:1:2', 'amqp://u:hidden:hid/den@h:x']) {
      const invalid = refused({ 'src-uri': uri });
      await expect(invalid).rejects.toThrow(
        `Cannot set the shovel "s" in vhost "${vhost}" on ${broker.endpoint}: the broker refuses it: a URI in it is not valid.`,
      );
      await expect(invalid).rejects.not.toThrow(/hid/);
    }
    const invalid = parameter(vhost, 'shovel', 's', { ...SHOVEL, 'src-uri': 'amqpx://u:hidden@h' });
    const imported = importDefinitions(broker, { parameters: [invalid] });
    await expect(imported).rejects.toThrow('a URI in it is not valid');
    await expect(imported).rejects.not.toThrow(/hid/);
    await expect(parameters.put(broker, parameter(vhost, 'nonsense', 'x', {}))).rejects.toThrow(
      'the broker knows no nonsense. Enable the plugin that knows it on every node',
    );
    await expect(parameters.put(broker, parameter('none-such', 'shovel', 's', SHOVEL))).rejects.toThrow(
      /vhost_not_found.*Create what it refers to first/,
    );
  });
});

withBroker('global parameters', (rig) => {
  it.each<JsonValue>(['text', 1.5, true, null, ['a', null, { b: {} }], { a: { b: null }, c: [] }])(
    'the value %j is read back as it was written',
    async (value) => {
      const broker = brokerOf(rig);
      const written = { kind: 'globalParameter', name: `${uniqueName('warren')}/ä`, value } as const;
      onTestFinished(() => globalParameters.remove(broker, written.name));
      await globalParameters.put(broker, written);
      expect(await globalParameters.read(broker, written.name)).toEqual(written);
      expect(await globalParameters.list(broker)).toContainEqual(written);
      await globalParameters.remove(broker, written.name);
      expect(await globalParameters.read(broker, written.name)).toBeUndefined();
    },
  );

  it('those of the broker are not ours to touch', async () => {
    const broker = brokerOf(rig);
    const present = await callManagement<{ name: string; value: JsonValue }[]>(
      rig,
      'GET',
      'global-parameters',
    );
    const own = present.filter(({ name }) => globalParameters.isBrokersOwn(name));
    expect(own.map(({ name }) => name)).toContain('internal_cluster_id');
    for (const { name, value } of own) {
      await expect(globalParameters.remove(broker, name)).rejects.toThrow(
        `Refused to delete the global parameter "${name}"`,
      );
      await expect(
        globalParameters.put(broker, { kind: 'globalParameter', name, value: 'x' }),
      ).rejects.toThrow('Refused');
      expect(await globalParameters.read(broker, name)).toEqual({ kind: 'globalParameter', name, value });
    }
    const listed = (await globalParameters.list(broker)).map(({ name }) => name);
    expect(listed).not.toEqual(expect.arrayContaining(['internal_cluster_id']));
  });
});
