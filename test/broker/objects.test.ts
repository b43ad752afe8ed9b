import { expect, it } from 'vitest';
import * as bindings from '../../broker/kinds/bindings';
import { EVERYTHING_APPROVED, NOTHING_APPROVED } from '../../broker/guards/approvals';
import { exportDefinitions, importDefinitions } from '../../broker/kinds/definitions';
import * as exchanges from '../../broker/kinds/exchanges';
import * as limits from '../../broker/kinds/limits';
import { canLogIn, readOverview } from '../../broker/figures/overview';
import { matchesPassword } from '../../broker/kinds/passwords';
import * as permissions from '../../broker/kinds/permissions';
import * as policies from '../../broker/kinds/policies';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { readyNow } from '../../broker/figures/queueCounts';
import * as queues from '../../broker/kinds/queues';
import * as topicPermissions from '../../broker/kinds/topicPermissions';
import * as users from '../../broker/kinds/users';
import * as vhosts from '../../broker/kinds/vhosts';
import type { BindingObject, ExchangeObject, PolicyObject, QueueObject } from '../../topology/objects';
import { withBroker } from '../rigs/brokers';
import { brokerOf, scratchOn, uniqueName } from './realBroker';

const HOSTILE = ['a/b', 'a@b@c', '100%', '%2F', '#', 'a b', 'Grüße', '😀', '...', '~', 'quote\'"', 'a?b&c=d'];

const exchange = (vhost: string, name: string, more: Partial<ExchangeObject> = {}): ExchangeObject => ({
  kind: 'exchange',
  vhost,
  name,
  type: 'topic',
  durable: true,
  autoDelete: false,
  internal: false,
  arguments: {},
  ...more,
});

const queue = (vhost: string, name: string, more: Partial<QueueObject> = {}): QueueObject => ({
  kind: 'queue',
  vhost,
  name,
  durable: true,
  autoDelete: false,
  arguments: { 'x-queue-type': 'classic' },
  ...more,
});

const binding = (vhost: string, source: string, destination: string, more: Partial<BindingObject> = {}) =>
  ({
    kind: 'binding',
    vhost,
    source,
    destination,
    destinationType: 'queue',
    routingKey: '',
    arguments: {},
    ...more,
  }) as const satisfies BindingObject;

const policy = (vhost: string, name: string): PolicyObject => ({
  kind: 'policy',
  vhost,
  name,
  pattern: '^a',
  applyTo: 'queues',
  priority: 3,
  definition: { 'max-length': 7, overflow: 'drop-head' },
});

withBroker('every kind of object', (rig) => {
  const scratch = scratchOn(rig);

  it.each(HOSTILE)('lives with the name %j', async (hostile) => {
    const broker = brokerOf(rig);
    const name = hostile;
    const vhost = await scratch.vhost(`${uniqueName('warren')} ${hostile}`);
    const user = scratch.user(`${uniqueName('warren')}${hostile}`);

    await vhosts.put(broker, { kind: 'vhost', name: vhost, description: hostile });
    expect(await vhosts.read(broker, vhost)).toMatchObject({ name: vhost, description: hostile });
    await users.put(broker, { kind: 'user', name: user, tags: ['monitoring'] }, `pass ${hostile}`);
    expect(await users.read(broker, user)).toMatchObject({ name: user, tags: ['monitoring'] });

    const grant = { kind: 'permissions', user, vhost, configure: '', write: '.*', read: '^a' } as const;
    await permissions.put(broker, grant);
    expect(await permissions.read(broker, vhost, user)).toEqual(grant);

    for (const object of [exchange(vhost, name)]) {
      await exchanges.put(broker, object);
      await exchanges.put(broker, object);
      expect(await exchanges.read(broker, vhost, name)).toEqual(object);
    }
    await queues.put(broker, queue(vhost, name));
    await queues.put(broker, queue(vhost, name));
    expect(await queues.read(broker, vhost, name)).toEqual(queue(vhost, name));

    const bound = binding(vhost, name, name, { routingKey: hostile, arguments: { k: hostile, n: 1 } });
    const key = await bindings.put(broker, bound);
    expect(await bindings.put(broker, bound)).toBe(key);
    expect(await bindings.read(broker, bound)).toEqual({ ...bound, propertiesKey: key });

    await policies.put(broker, policy(vhost, name));
    expect(await policies.read(broker, 'policy', vhost, name)).toEqual(policy(vhost, name));

    await bindings.remove(broker, bound, key);
    expect(await bindings.read(broker, bound)).toBeUndefined();
    await policies.remove(broker, 'policy', vhost, name);
    await removeQueue(broker, { vhost, name }, { approvals: NOTHING_APPROVED });
    await exchanges.remove(broker, vhost, name);
    expect(await queues.read(broker, vhost, name)).toBeUndefined();
    expect(await exchanges.read(broker, vhost, name)).toBeUndefined();
    expect(await policies.read(broker, 'policy', vhost, name)).toBeUndefined();
    await permissions.remove(broker, vhost, user);
    await users.remove(broker, user);
    expect(await users.read(broker, user)).toBeUndefined();
    await vhosts.remove(broker, vhost, { approvals: NOTHING_APPROVED });
    expect(await vhosts.read(broker, vhost)).toBeUndefined();
  });

  it('may be absent already when it is to be deleted', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    await removeQueue(broker, { vhost, name: 'none' }, { approvals: NOTHING_APPROVED });
    await removeQueue(broker, { vhost, name: 'none' }, { approvals: EVERYTHING_APPROVED });
    await exchanges.remove(broker, vhost, 'none');
    await bindings.remove(broker, binding(vhost, 'none', 'none'), 'k');
    await policies.remove(broker, 'operatorPolicy', vhost, 'none');
    await permissions.remove(broker, vhost, 'none');
    await topicPermissions.remove(broker, vhost, 'none');
    await limits.removeVhostLimits(broker, 'none-such');
    await limits.removeUserLimits(broker, 'none-such');
    await users.remove(broker, 'none-such');
    await vhosts.remove(broker, 'none-such', { approvals: NOTHING_APPROVED });
  });
});

withBroker('conflicts', (rig) => {
  const scratch = scratchOn(rig);

  it('name each field that differs, with both values', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    await queues.put(
      broker,
      queue(vhost, 'q', { arguments: { 'x-queue-type': 'classic', 'x-max-length': 5 } }),
    );
    const other = queue(vhost, 'q', { durable: true, arguments: { 'x-max-length': 6, 'x-expires': 60_000 } });
    await expect(queues.put(broker, other)).rejects.toThrow(
      `The queue "q" in vhost "${vhost}" exists on ${broker.endpoint} and differs in what can't be changed in place: argument x-max-length is 5 and should be 6; argument x-expires is not set and should be 60000.`,
    );
    await exchanges.put(broker, exchange(vhost, 'e'));
    await expect(exchanges.put(broker, exchange(vhost, 'e', { type: 'fanout' }))).rejects.toThrow(
      'type is "topic" and should be "fanout"',
    );
  });

  it('show the reason of the broker', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    const bad = { ...policy(vhost, 'p'), definition: { 'max-lengthx': 3 } };
    await expect(policies.put(broker, bad)).rejects.toThrow(
      /<<"max-lengthx">>.*not recognised policy settings/,
    );
    await expect(exchanges.put(broker, exchange(vhost, 'amq.mine'))).rejects.toThrow(
      /reserved by the broker/,
    );
    await expect(bindings.put(broker, binding(vhost, 'amq.topic', 'nowhere'))).rejects.toThrow(
      /Create both ends first/,
    );
    await expect(queues.put(broker, queue('no-such-vhost', 'q'))).rejects.toThrow(/vhost_not_found/);
  });
});

withBroker('vhosts, users and limits', (rig) => {
  const scratch = scratchOn(rig);

  it('what a change does not name stays', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    await vhosts.put(broker, { kind: 'vhost', name: vhost, description: 'd', tags: ['a', 'b'] });
    await vhosts.put(broker, { kind: 'vhost', name: vhost, tracing: true });
    expect(await vhosts.read(broker, vhost)).toMatchObject({
      description: 'd',
      tags: ['a', 'b'],
      tracing: true,
    });
    await vhosts.put(broker, { kind: 'vhost', name: vhost, description: 'e', tracing: false });
    expect(await vhosts.read(broker, vhost)).toMatchObject({
      description: 'e',
      tags: ['a', 'b'],
      tracing: false,
    });
  });

  it('the default queue type is set where the broker knows it, and refused where it would be ignored', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    const setting = vhosts.put(broker, { kind: 'vhost', name: vhost, defaultQueueType: 'quorum' });
    if (rig.version === '3.10') {
      await expect(setting).rejects.toThrow(/RabbitMQ 3\.10\.\d+ .* ignores it/);
    } else {
      await setting;
      expect(await vhosts.read(broker, vhost)).toMatchObject({ defaultQueueType: 'quorum' });
    }
  });

  it('limits are set, changed and cleared; -1 is none', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    const user = scratch.user();
    await users.put(broker, { kind: 'user', name: user, tags: [] }, 'p');
    await limits.putVhostLimits(broker, { kind: 'vhostLimits', vhost, maxConnections: 0, maxQueues: 9 });
    expect(await limits.readVhostLimits(broker, vhost)).toEqual({
      kind: 'vhostLimits',
      vhost,
      maxConnections: 0,
      maxQueues: 9,
    });
    await queues.put(broker, {
      ...{ kind: 'queue', vhost, name: 'copied', durable: true, autoDelete: false },
      arguments: { 'x-queue-type': 'quorum' },
    });
    await expect(readyNow(broker, vhost, 'copied')).rejects.toThrow(
      `that takes a connection, and vhost "${vhost}" may have none (its limit maxConnections). Raise that limit`,
    );
    await limits.putVhostLimits(broker, { kind: 'vhostLimits', vhost, maxConnections: -1, maxQueues: 8 });
    expect(await limits.readVhostLimits(broker, vhost)).toEqual({ kind: 'vhostLimits', vhost, maxQueues: 8 });
    await limits.putUserLimits(broker, { kind: 'userLimits', user, maxChannels: 5 });
    expect(await limits.readUserLimits(broker, user)).toEqual({ kind: 'userLimits', user, maxChannels: 5 });
    await limits.removeUserLimits(broker, user);
    expect(await limits.readUserLimits(broker, user)).toEqual({ kind: 'userLimits', user });
    expect(await limits.readUserLimits(broker, 'none-such')).toBeUndefined();
  });

  it('a password is verified against its salted hash', async () => {
    const broker = brokerOf(rig);
    const user = scratch.user();
    await users.put(broker, { kind: 'user', name: user, tags: ['management'] }, 'pässwörd 😀');
    const stored = await users.read(broker, user);
    if (stored === undefined) throw new Error('the user was created');
    expect(matchesPassword(stored.passwordHash, 'pässwörd 😀')).toBe(true);
    expect(matchesPassword(stored.passwordHash, 'passwörd 😀')).toBe(false);
    expect(matchesPassword({ hash: '', algorithm: stored.passwordHash.algorithm }, '')).toBe(false);
    expect(await canLogIn(brokerOf(rig, { username: user, password: 'pässwörd 😀' }))).toBe(true);
    expect(await canLogIn(brokerOf(rig, { username: user, password: 'wrong' }))).toBe(false);
  });

  it('topic permissions become exactly what is wanted', async () => {
    const broker = brokerOf(rig);
    const vhost = await scratch.vhost();
    const user = scratch.user();
    await users.put(broker, { kind: 'user', name: user, tags: [] }, 'p');
    // From 4.3 on topic permissions need their exchanges.
    for (const name of ['other/one', 'third']) await exchanges.put(broker, exchange(vhost, name));
    const wanted = (...names: string[]) => ({
      kind: 'topicPermissions' as const,
      vhost,
      user,
      exchanges: names.map((name) => ({ exchange: name, write: `^${name}`, read: '' })),
    });
    await topicPermissions.put(broker, wanted('amq.topic', 'other/one'));
    await topicPermissions.put(broker, wanted('other/one', 'third'));
    const read = await topicPermissions.read(broker, vhost, user);
    const found = [...(read?.exchanges ?? [])].sort((a, b) => a.exchange.localeCompare(b.exchange));
    expect(found).toEqual(wanted('other/one', 'third').exchanges);
    await topicPermissions.remove(broker, vhost, user);
    expect(await topicPermissions.read(broker, vhost, user)).toBeUndefined();
  });

  it('definitions go out of one vhost and into another', async () => {
    const broker = brokerOf(rig);
    const [from, to] = [await scratch.vhost(), await scratch.vhost()];
    await queues.put(broker, queue(from, 'q'));
    await policies.put(broker, policy(from, 'p'));
    await importDefinitions(broker, await exportDefinitions(broker, from), to);
    expect(await queues.list(broker, to)).toEqual([queue(to, 'q')]);
    expect(await policies.list(broker, 'policy', to)).toEqual([policy(to, 'p')]);
  });

  it('the version is the one that the rig promises', async () => {
    expect((await readOverview(brokerOf(rig))).version.startsWith(rig.version)).toBe(true);
  });
});

withBroker('an administrator without permissions in a vhost', (rig) => {
  const scratch = scratchOn(rig);

  it('gives itself what it needs, but does not touch permissions that it has', async () => {
    const vhost = await scratch.vhost();
    const username = scratch.user();
    const rigBroker = brokerOf(rig);
    await users.put(rigBroker, { kind: 'user', name: username, tags: ['administrator'] }, 'p');
    const admin = brokerOf(rig, { username, password: 'p' });
    await Promise.all(Array.from({ length: 8 }, (_, index) => queues.put(admin, queue(vhost, `q${index}`))));
    expect(await queues.list(rigBroker, vhost)).toHaveLength(8);

    const narrow = {
      kind: 'permissions',
      user: username,
      vhost,
      configure: '^$',
      write: '',
      read: '',
    } as const;
    await permissions.put(rigBroker, narrow);
    await expect(queues.put(admin, queue(vhost, 'refused'))).rejects.toThrow(/may not do that/);
    expect(await permissions.read(rigBroker, vhost, username)).toEqual(narrow);
  });
});
