/** An exchange of the topology goes, and applications have bound queues of theirs to it: nobody else would tell them. */
import { expect, it } from 'vitest';
import { NOTHING_APPROVED } from '../../broker/guards/approvals';
import * as bindings from '../../broker/kinds/bindings';
import * as exchanges from '../../broker/kinds/exchanges';
import * as queues from '../../broker/kinds/queues';
import { bringAbout } from '../../broker/vhostObjects';
import { exchangeType } from '../../provider/rabbitmq/exchange';
import type { Call } from '../../provider/resourceType';
import type { BindingObject, ExchangeObject } from '../../topology/objects';
import { withBroker } from '../rigs/brokers';
import { brokerOf, scratchOn } from './realBroker';

withBroker(
  'deleting an exchange',
  (rig) => {
    const scratch = scratchOn(rig);

    it('with bindings that others made is said, object by object and for a whole vhost', async () => {
      const vhost = await scratch.vhost();
      const broker = brokerOf(rig);
      const queue = { kind: 'queue', vhost, durable: true, autoDelete: false, arguments: {} } as const;
      const exchange: ExchangeObject = {
        ...{ kind: 'exchange', vhost, name: 'orders', type: 'topic' },
        ...{ durable: true, autoDelete: false, internal: false, arguments: {} },
      };
      const own: BindingObject = {
        ...{ kind: 'binding', vhost, source: 'orders', destination: 'own', destinationType: 'queue' },
        ...{ routingKey: 'k', arguments: {} },
      };
      await queues.put(broker, { ...queue, name: 'own' });
      await queues.put(broker, { ...queue, name: 'of an application' });
      const prepare = async (): Promise<void> => {
        await exchanges.put(broker, exchange);
        await bindings.put(broker, own);
        await bindings.put(broker, { ...own, destination: 'of an application' });
        await bindings.put(broker, {
          ...own,
          source: 'amq.topic',
          destination: 'orders',
          destinationType: 'exchange',
        });
      };
      const told: string[] = [];
      const tell = (message: string): Promise<void> => Promise.resolve(void told.push(message));

      await prepare();
      const task = { vhost, wanted: [], previous: [exchange, own], isClaimed: () => false };
      const outcome = await bringAbout(broker, { ...task, approvals: NOTHING_APPROVED, onStranded: tell });
      expect(outcome).toEqual({ present: [], failures: [] });
      const expected = /^Exchange "orders" .*: from exchange "amq.topic", to queue "of an application"\. /;
      expect(told).toEqual([expect.stringMatching(expected)]);

      await prepare();
      await bindings.remove(broker, own, 'k');
      const session = { broker: () => Promise.resolve(broker) };
      await exchangeType.remove({ session, isReplacement: false, warn: tell } as unknown as Call, exchange);
      expect(await exchanges.read(broker, vhost, 'orders')).toBeUndefined();
      expect(told).toEqual([expect.stringMatching(expected), expect.stringMatching(expected)]);
    });
  },
  ['4.3'],
);
