import { afterEach, expect, it } from 'vitest';
import * as limits from '../../broker/kinds/limits';
import { canLogIn } from '../../broker/figures/overview';
import * as users from '../../broker/kinds/users';
import * as vhosts from '../../broker/kinds/vhosts';
import { brokerOf, endpointOf, scratchOn, uniqueName } from '../broker/realBroker';
import { withBroker } from '../rigs/brokers';
import { connectAs } from '../rigs/client';
import { FakeEngine, reveal, secret, urn, type PluginProcess, type Values } from './plugin';

const ADMIN = 'warren:index:Admin';
const ABSENT_USER = 'warren:index:AbsentUser';
const VHOST_SETTINGS = 'warren:index:VhostSettings';
const VHOST_LIMITS = 'warren:index:VhostLimits';
const USER_LIMITS = 'warren:index:UserLimits';

let engine: FakeEngine | undefined;

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
});

withBroker('the warren provider', (rig) => {
  const scratch = scratchOn(rig);
  const own = { username: '', password: 'derived-one' };
  const start = async (more: Values = {}): Promise<PluginProcess> => {
    await engine?.stop();
    engine = await FakeEngine.start();
    const { username, password } = rig;
    return engine.plugin('warren', {
      endpoint: endpointOf(rig),
      username: own.username,
      password: secret(own.password),
      fallbackCredentials: secret(
        JSON.stringify([
          { username: 'earlier-generation', password: 'gone' },
          { username, password },
        ]),
      ),
      ...more,
    });
  };
  const admin = (): Values => ({ username: own.username, password: secret(own.password) });
  const create = (plugin: PluginProcess, type: string, inputs: Values) =>
    plugin.create(urn(type, 'x'), inputs);

  it('makes the administrator with the bootstrap user, and needs only its own from then on', async () => {
    own.username = scratch.user();
    const { id, state } = await create(await start(), ADMIN, admin());
    expect(id).toBe(own.username);
    expect(reveal(state)).toEqual({ username: own.username, password: own.password });
    expect(await canLogIn(brokerOf(rig, own))).toBe(true);
    const hash = (await users.read(brokerOf(rig), own.username))?.passwordHash;

    const alone = await start({ fallbackCredentials: undefined });
    await create(alone, ADMIN, admin());
    // Not set again: that would only give it another salt.
    expect((await users.read(brokerOf(rig), own.username))?.passwordHash).toEqual(hash);
    await alone.remove(urn(ADMIN, 'x'), id, state);
  });

  it('repairs the administrator: other password, lost tag', async () => {
    own.username = scratch.user();
    const { id, state } = await create(await start(), ADMIN, admin());
    await users.put(brokerOf(rig), { kind: 'user', name: own.username, tags: ['monitoring'] }, 'other');
    const plugin = await start();
    const drifted = await plugin.read(urn(ADMIN, 'x'), id, state);
    expect(reveal(drifted.state)).toEqual({ username: own.username, password: '', tags: ['monitoring'] });
    const difference = await plugin.diff(urn(ADMIN, 'x'), drifted.state, admin());
    expect(difference).toMatchObject({ changed: true, replaces: [] });
    await plugin.update(urn(ADMIN, 'x'), id, drifted.state, admin());
    expect(await canLogIn(brokerOf(rig, own))).toBe(true);
    expect((await users.read(brokerOf(rig), own.username))?.tags).toContain('administrator');
  });

  it('leaves its own administrator on the broker, with a warning, and deletes another', async () => {
    own.username = scratch.user();
    const { id, state } = await create(await start(), ADMIN, admin());
    const plugin = await start();
    await plugin.remove(urn(ADMIN, 'x'), id, state);
    expect(await canLogIn(brokerOf(rig, own))).toBe(true);
    expect(engine?.messages.join()).toContain(`Administrator "${own.username}" stays on ${endpointOf(rig)}`);

    const old = scratch.user();
    await users.put(brokerOf(rig), { kind: 'user', name: old, tags: ['administrator'] }, 'p');
    await plugin.remove(urn(ADMIN, 'old'), old, { username: old, password: secret('p') });
    expect(await users.read(brokerOf(rig), old)).toBeUndefined();
  });

  it('names everybody it tried when nobody gets in, and no password', async () => {
    own.username = uniqueName('nobody');
    const fallback = JSON.stringify([{ username: 'second', password: 'hidden-2' }]);
    const plugin = await start({ fallbackCredentials: secret(fallback) });
    const failure = create(plugin, ADMIN, admin());
    await expect(failure).rejects.toThrow(`None of the users "${own.username}", "second" can log in`);
    await expect(failure).rejects.not.toThrow(/hidden-2|derived-one/);
  });

  it('says of another seed that it is one, and is let in by a bootstrap user', async () => {
    own.username = scratch.user();
    const { id, state } = await create(await start(), ADMIN, admin());
    const other = { username: own.username, password: secret('of-another-seed') };
    const alone = await start({ ...other, fallbackCredentials: undefined });
    await expect(alone.update(urn(ADMIN, 'x'), id, state, other)).rejects.toThrow(
      /" isn't the one that the state has any more: its seed .* Put the old seed back/s,
    );
    const helped = await start(other);
    await helped.update(urn(ADMIN, 'x'), id, state, other);
    expect(await canLogIn(brokerOf(rig, { ...own, password: 'of-another-seed' }))).toBe(true);
  });

  it('says which of them lacks only a tag', async () => {
    own.username = uniqueName('nobody');
    const username = scratch.user();
    await users.put(brokerOf(rig), { kind: 'user', name: username, tags: [] }, 'hidden-2');
    const fallback = JSON.stringify([{ username, password: 'hidden-2' }]);
    const plugin = await start({ fallbackCredentials: secret(fallback) });
    await expect(create(plugin, ADMIN, admin())).rejects.toThrow(
      `The password of "${username}" is right, but the user has no tag`,
    );
  });

  it('an absent user is deleted, seen when it is back, and deleted again', async () => {
    own.username = scratch.user();
    await create(await start(), ADMIN, admin());
    const unwanted = scratch.user();
    const bring = () => users.put(brokerOf(rig), { kind: 'user', name: unwanted, tags: [] }, 'p');
    await bring();
    const plugin = await start();
    const { id, state } = await create(plugin, ABSENT_USER, { username: unwanted });
    expect(await users.read(brokerOf(rig), unwanted)).toBeUndefined();
    expect((await plugin.read(urn(ABSENT_USER, 'x'), id, state)).id).toBe(unwanted);
    await bring();
    expect((await plugin.read(urn(ABSENT_USER, 'x'), id, state)).id).toBe('');
    await create(plugin, ABSENT_USER, { username: unwanted });
    expect(await users.read(brokerOf(rig), unwanted)).toBeUndefined();
    await plugin.remove(urn(ABSENT_USER, 'x'), id, state);
    expect(await users.read(brokerOf(rig), unwanted)).toBeUndefined();
  });

  it('says whom the end of an absent user cuts off, in a preview and when it does', async () => {
    own.username = scratch.user();
    await create(await start(), ADMIN, admin());
    const [unwanted, vhost] = [scratch.user(), await scratch.vhost()];
    const inputs = { username: unwanted };
    const absent = urn(ABSENT_USER, 'x');
    const said = (): string => (engine?.messages ?? []).join('\n');
    const use = `On ${endpointOf(rig)}, ${unwanted} has 1 connection (`;
    await users.put(brokerOf(rig), { kind: 'user', name: unwanted, tags: [] }, 'p');
    await (await start()).create(absent, inputs, true);
    expect(said()).toBe('');

    const ended = await connectAs(rig, { ...inputs, password: 'p' }, vhost);
    // No broker: nothing to say, and nobody waits for it.
    const nowhere = { endpoint: 'http://127.0.0.1:1', retryBudget: '1h' };
    await (await start(nowhere)).create(absent, inputs, true);
    // Nor is a cluster asked that the stack has yet to make, where another broker may be.
    await (await start({ ownCluster: 'project/stack' })).create(absent, inputs, true);
    expect(said()).toBe('');
    await (await start()).create(absent, inputs, true);
    expect(said()).toContain(use);
    expect(said()).toMatch(/from 127\.0\.0\.1:\d+ in vhost .* An `up` deletes .*`absentUsers: \[\]` keeps/);
    await (await start()).update(absent, unwanted, inputs, inputs, true);
    expect(said()).toContain(use);
    expect(await users.read(brokerOf(rig), unwanted)).toBeDefined();

    await create(await start(), ABSENT_USER, inputs);
    expect(said()).toContain(use);
    expect(said()).toContain('they were cut off');
    await ended();
    expect(await users.read(brokerOf(rig), unwanted)).toBeUndefined();
  });

  it('never deletes the user that it is logged in as', async () => {
    own.username = scratch.user();
    await create(await start(), ADMIN, admin());
    await expect(create(await start(), ABSENT_USER, { username: own.username })).rejects.toThrow(
      /logged in as that user\. Create another administrator first/,
    );
    expect(await canLogIn(brokerOf(rig, own))).toBe(true);
  });

  it('settings and limits are set, changed and cleared', async () => {
    own.username = rig.username;
    const plugin = await start({ password: secret(rig.password) });
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    const user = scratch.user();
    await users.put(broker, { kind: 'user', name: user, tags: [] }, 'p');

    await create(plugin, VHOST_SETTINGS, { vhost, description: 'd', tags: ['a'] });
    expect(await vhosts.read(broker, vhost)).toMatchObject({ description: 'd', tags: ['a'] });
    await expect(create(plugin, VHOST_SETTINGS, { vhost: 'none-such', description: 'd' })).rejects.toThrow(
      'there is none of that name',
    );

    const made = await create(plugin, VHOST_LIMITS, { vhost, maxQueues: 5, maxConnections: -1 });
    expect(made.state).toEqual({ vhost, maxQueues: 5 });
    const changed = await plugin.update(urn(VHOST_LIMITS, 'x'), vhost, made.state, {
      vhost,
      maxConnections: 3,
    });
    expect(await limits.readVhostLimits(broker, vhost)).toMatchObject({ maxConnections: 3 });
    expect((await limits.readVhostLimits(broker, vhost))?.maxQueues).toBeUndefined();

    const userLimits = await create(plugin, USER_LIMITS, { user, maxChannels: 0 });
    expect((await plugin.read(urn(USER_LIMITS, 'x'), user, userLimits.state)).state).toEqual({
      user,
      maxChannels: 0,
    });

    const later = await start({ password: secret(rig.password) });
    await later.remove(urn(VHOST_LIMITS, 'x'), vhost, changed);
    await later.remove(urn(USER_LIMITS, 'x'), user, userLimits.state);
    expect(await limits.readVhostLimits(broker, vhost)).toEqual({ kind: 'vhostLimits', vhost });
    expect(await limits.readUserLimits(broker, user)).toEqual({ kind: 'userLimits', user });
  });
});
