/** RabbitMQ 4.3 deletes topic permissions with their exchange, and no topic permissions mean every routing key. */
import { expect, it } from 'vitest';
import { NOTHING_APPROVED } from '../../broker/guards/approvals';
import { setExchangeAside } from '../../broker/replacement/exchangeReplacement';
import * as exchanges from '../../broker/kinds/exchanges';
import * as objects from '../../broker/objects';
import { readSnapshot } from '../../broker/snapshot';
import * as topicPermissions from '../../broker/kinds/topicPermissions';
import { bringAbout } from '../../broker/vhostObjects';
import type { ExchangeObject, TopicPermissionsObject } from '../../topology/objects';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { brokerOf, scratchOn } from './realBroker';

withBroker('an exchange that is recreated', (rig) => {
  const scratch = scratchOn(rig);

  it('keeps its topic permissions: at once, after a killed run, and for a whole vhost', async () => {
    const vhost = await scratch.vhost();
    const user = scratch.user();
    const broker = brokerOf(rig);
    const exchange: ExchangeObject = {
      ...{ kind: 'exchange', vhost, name: 'events', type: 'topic' },
      ...{ durable: true, autoDelete: false, internal: false, arguments: {} },
    };
    const fanout = { ...exchange, type: 'fanout' };
    const granted: TopicPermissionsObject = {
      ...{ kind: 'topicPermissions', vhost, user },
      exchanges: [{ exchange: 'events', write: '^a$', read: '^b$' }],
    };
    await callManagement(rig, 'PUT', `users/${user}`, { password: 'secret', tags: '' });
    await callManagement(rig, 'PUT', `permissions/${vhost}/${user}`, { configure: '', write: '', read: '' });
    await exchanges.put(broker, exchange);
    await topicPermissions.put(broker, granted);

    await setExchangeAside(broker, exchange);
    const between = await topicPermissions.read(broker, vhost, user);
    expect(between).toEqual(rig.version === '4.3' ? undefined : granted);
    // What is set aside is none of the topology's, and survives whoever reads and writes meanwhile.
    const later = brokerOf(rig);
    expect((await readSnapshot(later, { vhost })).find(granted)).toEqual(between);
    await objects.put(later, fanout);
    expect(await topicPermissions.read(later, vhost, user)).toEqual(granted);

    const task = { vhost, wanted: [exchange, granted], previous: [fanout, granted], isClaimed: () => false };
    const outcome = await bringAbout(brokerOf(rig), { ...task, approvals: NOTHING_APPROVED });
    expect(outcome.failures).toEqual([]);
    expect(await topicPermissions.read(broker, vhost, user)).toEqual(granted);
    const left = await callManagement(rig, 'GET', `topic-permissions/${vhost}/${user}`);
    expect(left).toEqual([{ user, vhost, ...granted.exchanges[0] }]);
  });
});
