import { expect, it } from 'vitest';
import { allowRigUser, resetBroker, withBroker } from '../rigs/brokers';
import { callManagement, canLogIn } from '../rigs/management';

withBroker('a rig broker', (broker) => {
  it('runs the version that it is named after', async () => {
    const overview = await callManagement<{ rabbitmq_version: string }>(broker, 'GET', 'overview');
    expect(overview.rabbitmq_version.startsWith(`${broker.version}.`)).toBe(true);
  });

  it('has the plugins that the topology language needs', async () => {
    const overview = () =>
      callManagement<{ exchange_types: { name: string }[]; listeners: { protocol: string }[] }>(
        broker,
        'GET',
        'overview',
      );
    const exchangeTypes = (await overview()).exchange_types.map(({ name }) => name);
    expect(exchangeTypes).toEqual(
      expect.arrayContaining(['x-consistent-hash', 'x-random', 'x-modulus-hash']),
    );
    await callManagement(broker, 'GET', 'shovels');
    await callManagement(broker, 'GET', 'federation-links');
    // Listeners are started last: the management API answers before.
    await expect
      .poll(async () => (await overview()).listeners.map(({ protocol }) => protocol))
      .toContain('stream');
  });

  it('is as good as new after a reset', async () => {
    // Another test file may have left anything, guest's absence for one.
    await resetBroker(broker);
    await callManagement(broker, 'PUT', 'vhosts/left-over', {});
    await callManagement(broker, 'PUT', 'users/left-over', { password: 'x', tags: '' });
    await callManagement(broker, 'PUT', 'global-parameters/left-over', { value: 1 });
    await allowRigUser(broker, '/');
    await callManagement(broker, 'PUT', 'exchanges/%2F/left-over', { type: 'direct' });
    await callManagement(broker, 'DELETE', 'users/guest');
    await resetBroker(broker);
    const names = async (list: string) =>
      (await callManagement<{ name: string }[]>(broker, 'GET', list)).map(({ name }) => name);
    expect(await names('vhosts')).toEqual(['/']);
    expect((await names('users')).sort()).toEqual([broker.username, 'guest'].sort());
    expect(await names('exchanges/%2F')).not.toContain('left-over');
    expect(await names('global-parameters')).not.toContain('left-over');
    const guest = { managementPort: broker.managementPort, username: 'guest', password: 'guest' };
    expect(await canLogIn(guest)).toBe(true);
  });
});
