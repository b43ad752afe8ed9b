import { afterEach, expect, it, onTestFinished } from 'vitest';
import * as globalParameters from '../../broker/kinds/globalParameters';
import * as parameters from '../../broker/kinds/parameters';
import * as vhosts from '../../broker/kinds/vhosts';
import type { JsonValue } from '../../topology/objects';
import { brokerOf, endpointOf, scratchOn, uniqueName } from '../broker/realBroker';
import { withBroker, withOldestAndNewestBroker, type TestBroker } from '../rigs/brokers';
import {
  FakeEngine,
  UNKNOWN,
  isSecret,
  reveal,
  secret,
  urn,
  type PluginProcess,
  type Values,
} from './plugin';

const PARAMETER = urn('warren:index:Parameter', 'x');
const GLOBAL = urn('warren:index:GlobalParameter', 'x');
const VHOST_SETTINGS = urn('warren:index:VhostSettings', 'x');
const VHOST = urn('rabbitmq:index/vHost:VHost', 'x');
const URI = 'amqps://127.0.0.1:1/a%2Fb';

let engine: FakeEngine | undefined;

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
});

/** The first process of another operation. */
async function startOn(
  rig: TestBroker,
  name: 'warren' | 'rabbitmq' = 'warren',
  more: Values = {},
): Promise<PluginProcess> {
  await engine?.stop();
  engine = await FakeEngine.start();
  const { username, password } = rig;
  return engine.plugin(name, { endpoint: endpointOf(rig), username, password: secret(password), ...more });
}

withOldestAndNewestBroker('warren.Parameter', (rig) => {
  const scratch = scratchOn(rig);
  const start = () => startOn(rig);
  const upstream = async (value: JsonValue, more: Values = {}): Promise<Values> => ({
    vhost: await scratch.vhost(),
    component: 'federation-upstream',
    name: 'up/1',
    valueJson: JSON.stringify(value),
    ...more,
  });
  const stored = async (inputs: Values): Promise<JsonValue | undefined> => {
    const key = {
      vhost: String(inputs.vhost),
      component: String(inputs.component),
      name: String(inputs.name),
    };
    return (await parameters.read(brokerOf(rig), key))?.value;
  };

  it('puts its logins into the URIs, and shows every other change of the value in plain text', async () => {
    const plugin = await start();
    const inputs = await upstream(
      { uri: [URI, 'amqp://h'], 'reconnect-delay': 3 },
      { logins: { uri: 'shop-g1' }, passwords: secret({ uri: 'hidden-1/@' }) },
    );
    const checked = await plugin.check(PARAMETER, inputs);
    expect(checked.failures).toEqual({});
    expect(isSecret(checked.inputs.valueJson)).toBe(false);
    expect(isSecret(checked.inputs.passwords)).toBe(true);
    const { id, state } = await plugin.create(PARAMETER, checked.inputs);
    expect(id).toBe(`${String(inputs.vhost)}/federation-upstream/up%2F1`);
    expect(await stored(inputs)).toEqual({
      uri: ['amqps://shop-g1:hidden-1%2F%40@127.0.0.1:1/a%2Fb', 'amqp://shop-g1:hidden-1%2F%40@h'],
      'reconnect-delay': 3,
    });
    expect(JSON.stringify({ ...state, passwords: '' })).not.toContain('hidden');
    expect(isSecret(state.passwords)).toBe(true);
    expect((await plugin.read(PARAMETER, id, state)).state).toEqual(state);
    expect((await plugin.diff(PARAMETER, state, inputs)).changed).toBe(false);

    const rotated = { ...inputs, logins: { uri: 'shop-g2' }, passwords: secret({ uri: 'hidden-2' }) };
    expect((await plugin.diff(PARAMETER, state, rotated)).details).toEqual({
      'logins["uri"]': 'UPDATE',
      'passwords["uri"]': 'UPDATE',
    });
    const slower = { ...inputs, valueJson: JSON.stringify({ uri: [URI, 'amqp://h'], 'reconnect-delay': 9 }) };
    expect((await plugin.diff(PARAMETER, state, slower)).details).toEqual({
      valueJson: 'UPDATE',
    });
    await plugin.update(PARAMETER, id, state, slower);
    expect(await stored(inputs)).toMatchObject({ 'reconnect-delay': 9 });
    const later = await start();
    await later.remove(PARAMETER, id, state);
    await later.remove(PARAMETER, id, state);
    expect(await stored(inputs)).toBeUndefined();
    expect((await later.read(PARAMETER, id, state)).id).toBe('');
  });

  it('a password that stands in a URI is a secret, whatever the program says', async () => {
    const plugin = await start();
    const inputs = await upstream({ uri: 'amqp://u:hidden@127.0.0.1:1', expires: 5_000 });
    const checked = await plugin.check(PARAMETER, inputs);
    expect(isSecret(checked.inputs.valueJson)).toBe(true);
    const { state } = await plugin.create(PARAMETER, inputs);
    expect(isSecret(state.valueJson)).toBe(true);
    expect(reveal(state)).toEqual(inputs);
    expect((await plugin.diff(PARAMETER, state, inputs)).changed).toBe(false);
    // The same said in the other form is no change.
    const apart = {
      ...inputs,
      valueJson: JSON.stringify({ expires: 5_000, uri: 'amqp://127.0.0.1:1' }),
      logins: { uri: 'u' },
      passwords: { uri: 'hidden' },
    };
    expect((await plugin.diff(PARAMETER, state, apart)).changed).toBe(false);
    await expect(
      plugin.create(PARAMETER, { ...inputs, valueJson: JSON.stringify({ uri: 'x://u:hidden@h' }) }),
    ).rejects.not.toThrow(/hidden/);
  });

  it('finds on refresh what somebody changed, and puts it right', async () => {
    const plugin = await start();
    const inputs = await upstream(
      { uri: URI, 'max-hops': 1 },
      { logins: { uri: 'u' }, passwords: secret({ uri: 'p' }) },
    );
    const { id, state } = await plugin.create(PARAMETER, inputs);
    const drift = async (value: JsonValue): Promise<{ drifted: Values; details: unknown }> => {
      const { vhost, component, name } = inputs as Record<string, string>;
      if (vhost === undefined || component === undefined || name === undefined) throw new Error('no names');
      await parameters.put(brokerOf(rig), { kind: 'parameter', vhost, component, name, value });
      const { state: drifted } = await plugin.read(PARAMETER, id, state);
      return { drifted, details: (await plugin.diff(PARAMETER, drifted, inputs)).details };
    };
    const full = 'amqps://u:p@127.0.0.1:1/a%2Fb';
    expect((await drift({ uri: full, 'max-hops': 2 })).details).toEqual({
      valueJson: 'UPDATE',
    });
    expect((await drift({ uri: full.replace(':p@', ':foreign@'), 'max-hops': 1 })).details).toEqual({
      'passwords["uri"]': 'UPDATE',
    });
    const other = await drift({ uri: [full, 'amqp://x:foreign@h'], 'max-hops': 1 });
    expect(isSecret(other.drifted.valueJson)).toBe(true);
    expect(JSON.stringify({ ...other.drifted, valueJson: '' })).not.toContain('foreign');
    await plugin.update(PARAMETER, id, other.drifted, inputs);
    expect(await stored(inputs)).toEqual({ uri: full, 'max-hops': 1 });
  });

  it('takes over what is there, and imports it by its id', async () => {
    const inputs = await upstream([{ upstream: 'a' }, { upstream: 'b' }], {
      component: 'federation-upstream-set',
    });
    const { id, state } = await (await start()).create(PARAMETER, inputs);
    const plugin = await start();
    expect(await plugin.create(PARAMETER, inputs)).toEqual({ id, state });
    const imported = await plugin.read(PARAMETER, id);
    expect(imported).toEqual({ id, state: inputs, inputs });
    await expect(plugin.read(PARAMETER, 'a/b')).rejects.toThrow('Write it as VHOST/COMPONENT/NAME');
  });

  it('says what is wrong with it', async () => {
    const plugin = await start();
    const inputs = await upstream({ uri: URI });
    const failures = async (more: Values) => (await plugin.check(PARAMETER, { ...inputs, ...more })).failures;
    expect(await failures({ valueJson: '{' })).toEqual({
      valueJson: 'must be a JSON value as text, not a text that is none',
    });
    expect(await failures({ valueJson: undefined })).toEqual({ valueJson: 'is missing' });
    expect(await failures({ component: 'operator_policy' })).toEqual({
      component:
        '"operator_policy" is where the broker keeps its operator policies: they have a resource of their own',
    });
    expect(await failures({ logins: { url: 'u' }, passwords: { url: 'p' } })).toEqual({
      logins: 'has the key "url", under which the value holds no URI',
    });
    expect(await failures({ logins: { uri: 'u' } })).toEqual({
      '': 'passwords: must have the same keys as logins: see "uri"',
    });
    expect(await failures({ passwords: UNKNOWN, logins: { uri: 'u' } })).toEqual({});
    expect(await failures({ valueJson: UNKNOWN })).toEqual({});
    const preview = await plugin.create(PARAMETER, { ...inputs, valueJson: UNKNOWN }, true);
    expect(preview.state.valueJson).toBe(UNKNOWN);
  });
});

withOldestAndNewestBroker('warren.GlobalParameter', (rig) => {
  const start = () => startOn(rig);

  it.each<JsonValue>([null, 'text', 3, {}, [], { a: { b: null } }])(
    'a global one may be %j',
    async (value) => {
      const plugin = await start();
      const name = uniqueName('warren/global');
      onTestFinished(() => globalParameters.remove(brokerOf(rig), name));
      const inputs = { name, valueJson: ` ${JSON.stringify(value)}` };
      const { id, state } = await plugin.create(GLOBAL, inputs);
      expect({ id, state }).toEqual({ id: name, state: inputs });
      expect((await plugin.read(GLOBAL, id, state)).state).toEqual(state);
      await globalParameters.put(brokerOf(rig), { kind: 'globalParameter', name, value: { other: 1 } });
      const { state: drifted } = await plugin.read(GLOBAL, id, state);
      expect((await plugin.diff(GLOBAL, drifted, inputs)).changed).toBe(true);
      await plugin.update(GLOBAL, id, drifted, inputs);
      expect((await plugin.read(GLOBAL, id, state)).state).toEqual(state);
      await (await start()).remove(GLOBAL, id, state);
      expect(await globalParameters.read(brokerOf(rig), name)).toBeUndefined();
    },
  );

  it('what stands under the name of a secret is one, also where only the broker has it', async () => {
    const plugin = await start();
    const name = uniqueName('warren/global');
    onTestFinished(() => globalParameters.remove(brokerOf(rig), name));
    const { id, state } = await plugin.create(GLOBAL, { name, valueJson: '{"a":1}' });
    expect(isSecret(state.valueJson)).toBe(false);
    const value = { a: 1, smtp: { password: 'hidden' } };
    await globalParameters.put(brokerOf(rig), { kind: 'globalParameter', name, value });
    expect(isSecret((await plugin.read(GLOBAL, id, state)).state.valueJson)).toBe(true);
  });

  it('one of the broker is refused, and never deleted', async () => {
    const plugin = await start();
    const inputs = { name: 'internal_cluster_id', valueJson: '1' };
    expect((await plugin.check(GLOBAL, inputs)).failures).toEqual({
      name: '"internal_cluster_id" is set by the broker itself, which needs it: use another name',
    });
    await expect(plugin.remove(GLOBAL, inputs.name, inputs)).rejects.toThrow('Refused to delete');
    expect(await globalParameters.read(brokerOf(rig), inputs.name)).toBeDefined();
  });
});

withBroker(
  'a protected vhost',
  (rig) => {
    const scratch = scratchOn(rig);

    it('goes only with an approval', async () => {
      const plugin = await startOn(rig);
      const vhost = await scratch.vhost();
      const inputs = { vhost, deletionProtection: true };
      const settings = await plugin.create(VHOST_SETTINGS, inputs);
      expect(settings.state).toEqual(inputs);
      await vhosts.put(brokerOf(rig), { kind: 'vhost', name: vhost, deletionProtection: false });
      const { state: drifted } = await plugin.read(VHOST_SETTINGS, vhost, settings.state);
      expect(drifted).toEqual({ vhost, deletionProtection: false });
      await plugin.update(VHOST_SETTINGS, vhost, drifted, inputs);
      await plugin.remove(VHOST_SETTINGS, vhost, inputs);
      const removal = (await startOn(rig, 'rabbitmq')).remove(VHOST, vhost, { name: vhost });
      await expect(removal).rejects.toThrow(
        `it is protected from deletion. Say \`deletionProtection: false\` first`,
      );
      const approved = await startOn(rig, 'rabbitmq', { approve: JSON.stringify([`vhost ${vhost}`]) });
      await approved.remove(VHOST, vhost, { name: vhost });
      expect(await vhosts.read(brokerOf(rig), vhost)).toBeUndefined();
    });
  },
  ['4.3'],
);

withBroker(
  'protection',
  (rig) => {
    const scratch = scratchOn(rig);

    it('that is not wanted is no drift where there is none', async () => {
      const plugin = await startOn(rig);
      const inputs = { vhost: await scratch.vhost(), deletionProtection: false };
      const { id, state } = await plugin.create(VHOST_SETTINGS, inputs);
      expect((await plugin.read(VHOST_SETTINGS, id, state)).state).toEqual(state);
    });
  },
  ['3.10', '4.0'],
);
