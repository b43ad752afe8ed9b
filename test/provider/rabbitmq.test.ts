import { afterEach, expect, it } from 'vitest';
import * as bindings from '../../broker/kinds/bindings';
import * as queues from '../../broker/kinds/queues';
import * as users from '../../broker/kinds/users';
import { brokerOf, endpointOf, scratchOn } from '../broker/realBroker';
import { withBroker, type TestBroker } from '../rigs/brokers';
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

const VHOST = 'rabbitmq:index/vHost:VHost';
const USER = 'rabbitmq:index/user:User';
const PERMISSIONS = 'rabbitmq:index/permissions:Permissions';
const TOPIC_PERMISSIONS = 'rabbitmq:index/topicPermissions:TopicPermissions';
const EXCHANGE = 'rabbitmq:index/exchange:Exchange';
const QUEUE = 'rabbitmq:index/queue:Queue';
const BINDING = 'rabbitmq:index/binding:Binding';
const POLICY = 'rabbitmq:index/policy:Policy';
const OPERATOR_POLICY = 'rabbitmq:index/operatorPolicy:OperatorPolicy';

let engine: FakeEngine | undefined;

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
});

/** Inside a `describe`: starts plugins for this broker. */
function toolsOn(rig: TestBroker) {
  const scratch = scratchOn(rig);
  const start = async (env: NodeJS.ProcessEnv = {}, more: Values = {}): Promise<PluginProcess> => {
    engine ??= await FakeEngine.start();
    const { username, password } = rig;
    return engine.plugin(
      'rabbitmq',
      { endpoint: endpointOf(rig), username, password: secret(password), ...more },
      env,
    );
  };

  /** Check and create as the engine does. */
  async function make(plugin: PluginProcess, type: string, inputs: Values, name = 'x') {
    const { inputs: checked, failures } = await plugin.check(urn(type, name), inputs);
    expect(failures).toEqual({});
    return { checked, ...(await plugin.create(urn(type, name), checked)) };
  }
  return { scratch, start, make };
}

withBroker('the rabbitmq provider', (rig) => {
  const { scratch, start, make } = toolsOn(rig);

  it('runs every type through its life, with the ids of the bridged provider', async () => {
    const plugin = await start();
    const vhost = await scratch.vhost();
    const user = scratch.user();
    const policy = { pattern: '^q', priority: 1, applyTo: 'queues', definition: { 'message-ttl': '60000' } };
    const cases: readonly (readonly [string, Values, string, Values | undefined])[] = [
      [VHOST, { name: vhost }, vhost, undefined],
      [USER, { name: user, password: secret('p'), tags: ['monitoring'] }, user, { tags: ['management'] }],
      [
        PERMISSIONS,
        { user, vhost, permissions: { configure: '', write: '.*', read: '.*' } },
        `${user}@${vhost}`,
        { permissions: { configure: '^a', write: '.*', read: '.*' } },
      ],
      [
        TOPIC_PERMISSIONS,
        { user, vhost, permissions: [{ exchange: 'amq.topic', write: 'a', read: 'b' }] },
        `${user}@${vhost}`,
        { permissions: [{ exchange: 'amq.topic', write: 'a', read: 'c' }] },
      ],
      [
        POLICY,
        { name: 'p', vhost, policy },
        `p@${vhost}`,
        { policy: { ...policy, definition: { 'message-ttl': '50000' } } },
      ],
      [OPERATOR_POLICY, { name: 'o', vhost, policy }, `o@${vhost}`, { policy: { ...policy, priority: 2 } }],
      [EXCHANGE, { name: 'e', vhost, settings: { type: 'topic', durable: true } }, `e@${vhost}`, undefined],
      [
        QUEUE,
        { name: 'q', vhost, settings: { durable: true, argumentsJson: '{"x-max-priority":5}' } },
        `q@${vhost}`,
        undefined,
      ],
      [
        BINDING,
        { vhost, source: 'e', destination: 'q', destinationType: 'queue', routingKey: 'a.#' },
        `${vhost}/e/q/queue/a.%23`,
        undefined,
      ],
    ];
    const made: [string, string, Values][] = [];
    for (const [type, inputs, id, change] of cases) {
      const name = urn(type, 'x');
      const created = await make(plugin, type, inputs);
      expect(created.id).toBe(id);
      const again = await plugin.create(name, created.checked);
      expect(again).toEqual({ id, state: created.state });
      expect(await plugin.diff(name, created.state, created.checked)).toMatchObject({ changed: false });
      expect((await plugin.read(name, id, created.state)).state).toEqual(created.state);
      let { state } = created;
      if (change !== undefined) {
        const news = { ...created.checked, ...change };
        expect(await plugin.diff(name, state, news)).toMatchObject({ changed: true, replaces: [] });
        state = await plugin.update(name, id, state, news);
        expect(await plugin.diff(name, state, news)).toMatchObject({ changed: false });
        expect((await plugin.read(name, id, state)).state).toEqual(state);
      }
      const imported = await plugin.read(name, id);
      expect(imported.id).toBe(id);
      expect({ ...reveal(imported.state), password: undefined }).toMatchObject({
        ...reveal(state),
        password: undefined,
      });
      made.push([name, id, state]);
    }
    // In another operation, as a real deletion is: what this one made, it would keep.
    await engine?.stop();
    engine = undefined;
    const later = await start();
    for (const [name, id, state] of made.reverse()) {
      await later.remove(name, id, state);
      await later.remove(name, id, state);
      expect((await later.read(name, id, state)).id).toBe('');
    }
  });

  it('adopts an equal object and refuses a different one with both values', async () => {
    const plugin = await start();
    const vhost = await scratch.vhost();
    await make(plugin, QUEUE, {
      name: 'q',
      vhost,
      settings: { durable: true, arguments: { 'x-max-length': 5 } },
    });
    const other = { name: 'q', vhost, settings: { durable: true, arguments: { 'x-max-length': 6 } } };
    await expect(plugin.create(urn(QUEUE, 'y'), other)).rejects.toThrow(
      'argument x-max-length is 5 and should be 6',
    );
  });

  it('a replaced queue keeps its bindings, also when the plugin is killed between delete and create', async () => {
    const plugin = await start();
    const vhost = await scratch.vhost();
    const inputs = (max: number): Values => ({
      name: 'q',
      vhost,
      settings: { arguments: { 'x-max-length': max } },
    });
    const { id, state } = await make(plugin, QUEUE, inputs(5));
    const bound = { vhost, source: 'amq.topic', destination: 'q', destinationType: 'queue', routingKey: 'a' };
    await make(plugin, BINDING, bound);
    await engine?.stop();
    engine = undefined;
    const later = await start();
    const { inputs: news } = await later.check(urn(QUEUE, 'x'), inputs(6), state);
    await later.remove(urn(QUEUE, 'x'), id, state);
    later.process.kill('SIGKILL');
    await later.ended();
    await (await start()).create(urn(QUEUE, 'x'), news);
    const found = await bindings.listTo(brokerOf(rig), { vhost, type: 'queue', name: 'q' });
    expect(found.map(({ source, routingKey }) => [source, routingKey])).toEqual([['amq.topic', 'a']]);
  });

  it('deletes a queue with messages only when that is approved, by configuration or environment', async () => {
    const vhost = await scratch.vhost();
    const first = await start();
    const settings = { durable: true };
    const made = await make(first, QUEUE, { name: 'q', vhost, settings });
    await scratch.publish(vhost, 'q');
    await engine?.stop();
    engine = undefined;
    const later = await start();
    await expect(later.remove(urn(QUEUE, 'x'), made.id, made.state)).rejects.toThrow(
      /^Refused to delete queue "q".*1 message, 0 consumers/,
    );
    const approved = await start({ WARREN_APPROVE: `queue q@${vhost}` });
    await approved.remove(urn(QUEUE, 'x'), made.id, made.state);
    expect(await queues.read(brokerOf(rig), vhost, 'q')).toBeUndefined();
    const configured = await start({}, { approve: JSON.stringify([`vhost ${vhost}`]) });
    await configured.remove(urn(VHOST, 'x'), vhost, { name: vhost });
  });

  it('names with @ and / keep the format of the ids, and imports find them', async () => {
    const plugin = await start();
    const vhost = await scratch.vhost(`${await scratch.vhost()}@/x%`);
    const name = 'a@b/c%';
    const queue = await make(plugin, QUEUE, { name, vhost, settings: {} });
    expect(queue.id).toBe(`${name}@${vhost}`);
    expect((await plugin.read(urn(QUEUE, 'x'), queue.id)).state).toMatchObject({ name, vhost });
    const bound = {
      vhost,
      source: 'amq.topic',
      destination: name,
      destinationType: 'queue',
      routingKey: 'ü/#',
    };
    const binding = await make(plugin, BINDING, bound);
    expect(binding.id).toBe(
      `${vhost.replaceAll('%', '%25').replaceAll('/', '%2F')}/amq.topic/${name}/queue/%C3%BC%2F%23`,
    );
    expect((await plugin.read(urn(BINDING, 'x'), binding.id)).state).toMatchObject(bound);
    await expect(plugin.read(urn(QUEUE, 'x'), 'no-vhost')).rejects.toThrow('Write it as NAME@VHOST');
  });
});

withBroker(
  'what depends on no version',
  (rig) => {
    const { scratch, start, make } = toolsOn(rig);

    it('changes of what the broker fixes replace, of the rest do not', async () => {
      const plugin = await start();
      const vhost = await scratch.vhost();
      const queue = (settings: Values, name = 'q'): Values => ({ name, vhost, settings });
      const before = queue({ durable: true, argumentsJson: '{"x-max-length": 5}' });
      const name = urn(QUEUE, 'x');
      await make(plugin, QUEUE, before);
      const same = queue({
        durable: 'true',
        autoDelete: false,
        arguments: { 'x-max-length': 5 },
        __defaults: [],
      });
      expect(await plugin.diff(name, before, same)).toMatchObject({ changed: false });
      expect(await plugin.diff(name, before, queue({ arguments: { 'x-max-length': 6 } }))).toEqual({
        changed: true,
        deleteBeforeReplace: true,
        replaces: ['settings', 'settings'],
        details: {
          'settings.durable': 'UPDATE_REPLACE',
          'settings.arguments["x-max-length"]': 'UPDATE_REPLACE',
        },
      });
      // Another name is another queue: the new one is there before the old one goes.
      expect(await plugin.diff(name, before, { ...before, name: 'r' })).toMatchObject({
        deleteBeforeReplace: false,
        details: { name: 'UPDATE_REPLACE' },
      });
      expect(await plugin.diff(name, before, { ...before, name: UNKNOWN })).toMatchObject({
        changed: true,
        details: { name: 'UPDATE_REPLACE' },
      });
    });

    it('finds faults before anything happens', async () => {
      const plugin = await start();
      expect((await plugin.check(urn(QUEUE, 'x'), { name: 'q' })).failures).toEqual({
        settings: 'is missing',
      });
      expect(
        (await plugin.check(urn(QUEUE, 'x'), { settings: { durable: 'perhaps', argumentsJson: '{' } }))
          .failures,
      ).toEqual({
        'settings.durable': 'must be true or false, not a text that is none',
        'settings.argumentsJson': 'must be a JSON object as text, not a text that is none',
      });
      expect((await plugin.check(urn(VHOST, 'x'), { maxConnections: 'abc' })).failures).toEqual({
        maxConnections: 'must be a whole number, not a text that is none',
      });
      expect((await plugin.check(urn(USER, 'x'), { password: secret('') })).failures).toEqual({
        '': 'password: is empty: nobody could log in with it',
      });
      await expect(plugin.check(urn('rabbitmq:index/none:None', 'x'), {})).rejects.toThrow(
        /^The provider "rabbitmq" has no resource type rabbitmq:index\/none:None\. It has: /,
      );
    });

    it('names what has no name, and keeps the name', async () => {
      const plugin = await start();
      const first = await plugin.check(urn(VHOST, 'shop'), {});
      expect(first.inputs.name).toMatch(/^shop-[0-9a-f]{7}$/);
      const later = await plugin.check(urn(VHOST, 'shop'), {}, { name: 'shop-kept' });
      expect(later.inputs.name).toBe('shop-kept');
      expect((await plugin.check(urn(QUEUE, 'q'), { settings: {} })).inputs.vhost).toBe('/');
    });

    it('keeps secrets secret and previews what is not known yet', async () => {
      const plugin = await start();
      const user = scratch.user();
      const created = await make(plugin, USER, { name: user, password: secret('topsecret') });
      expect(isSecret(created.checked.password)).toBe(true);
      expect(isSecret(created.state.password)).toBe(true);
      expect(isSecret((await plugin.read(urn(USER, 'x'), user, created.state)).state.password)).toBe(true);
      const preview = await plugin.create(
        urn(QUEUE, 'x'),
        { name: secret('q'), vhost: UNKNOWN, settings: {} },
        true,
      );
      expect(preview.state).toMatchObject({ vhost: UNKNOWN });
      expect(isSecret(preview.state.name)).toBe(true);
    });

    it('sees a changed password and lost tags, and puts them right', async () => {
      const plugin = await start();
      const name = scratch.user();
      const inputs = { name, password: secret('right'), tags: ['monitoring', 'policymaker'] };
      const { checked, state } = await make(plugin, USER, inputs);
      await users.put(brokerOf(rig), { kind: 'user', name, tags: ['management'] }, 'wrong');
      const drifted = await plugin.read(urn(USER, 'x'), name, state);
      expect(reveal(drifted.state)).toEqual({ name, password: '', tags: ['management'] });
      expect(JSON.stringify(drifted)).not.toContain('wrong');
      expect(await plugin.diff(urn(USER, 'x'), drifted.state, checked)).toMatchObject({
        changed: true,
        replaces: [],
        details: { password: 'UPDATE', tags: 'UPDATE' },
      });
      const repaired = await plugin.update(urn(USER, 'x'), name, drifted.state, checked);
      expect((await plugin.read(urn(USER, 'x'), name, repaired)).state).toEqual(repaired);
    });

    it('takes over state that the bridged provider wrote', async () => {
      const plugin = await start();
      const vhost = await scratch.vhost();
      const definition = { __defaults: [], 'max-length': '5', overflow: 'drop-head' };
      const inputs = {
        name: 'p',
        vhost,
        policy: { pattern: '^', priority: 0, applyTo: 'all', definition, __defaults: [] },
      };
      const created = await make(plugin, POLICY, { ...inputs, __defaults: [] });
      const bridged = { ...inputs, id: `p@${vhost}`, __defaults: [] };
      expect(await plugin.diff(urn(POLICY, 'x'), bridged, { ...inputs, __defaults: [] })).toMatchObject({
        changed: false,
      });
      expect(created.state.policy).toMatchObject({
        definition: { 'max-length': '5', overflow: 'drop-head' },
      });
    });

    it('stays logged in: the own user is left on the broker, with a word about it', async () => {
      const name = scratch.user();
      await users.put(brokerOf(rig), { kind: 'user', name, tags: ['administrator'] }, 'p');
      const plugin = await start({}, { username: name, password: secret('p') });
      await plugin.remove(urn(USER, 'x'), name, { name, password: secret('p'), tags: ['administrator'] });
      expect(await users.read(brokerOf(rig), name)).toBeDefined();
      expect(engine?.messages.join()).toContain(`User "${name}" stays`);
    });
  },
  ['4.3'],
);
