/** What no figure shows is not nothing: messages that a broker without statistics, or with late ones, doesn't tell of. */
import type { ChannelModel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOTHING_APPROVED } from '../../broker/guards/approvals';
import { namesInUse } from '../../broker/figures/queueCounts';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { setQueueAside } from '../../broker/replacement/queueReplacement';
import * as queues from '../../broker/kinds/queues';
import type { Arguments } from '../../topology/objects';
import { withBrokersAtOnce, type TestBroker } from '../rigs/brokers';
import { startChrootBroker, type StartedBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { callManagement } from '../rigs/management';
import { ownNodeObstacle } from '../rigs/ownNode';
import { connectTo, publishNumbered } from './numberedMessages';
import { brokerOf, scratchOn } from './realBroker';
import { waitFor } from '../../tools/processes';

const COUNT = 5;

async function declare(rig: TestBroker, vhost: string, name: string, table: Arguments): Promise<void> {
  const queue = { kind: 'queue', vhost, name, durable: true, autoDelete: false } as const;
  await queues.put(brokerOf(rig), { ...queue, arguments: { 'x-queue-type': 'quorum', ...table } });
}

async function fill(connection: ChannelModel, name: string): Promise<void> {
  await publishNumbered(connection, { from: 0, count: COUNT, exchange: '', routingKey: () => name });
}

const removal = (rig: TestBroker, vhost: string): Promise<void> =>
  removeQueue(brokerOf(rig), { vhost, name: 'q' }, { approvals: NOTHING_APPROVED });

withBrokersAtOnce(
  'messages of a quorum queue that nobody can get, and nobody has',
  (rig) => {
    const scratch = scratchOn(rig);

    it('rejected ones that wait for their delayed retry are counted before it is deleted', async () => {
      const vhost = await scratch.vhost();
      const minute = 60_000;
      await declare(rig, vhost, 'q', {
        'x-delayed-retry-type': 'all',
        'x-delayed-retry-min': minute,
        'x-delayed-retry-max': minute,
      });
      const connection = await connectTo(rig, vhost);
      await fill(connection, 'q');
      const channel = await connection.createChannel();
      await new Promise<void>((resolve) => {
        let rejected = 0;
        void channel.consume('q', (message) => {
          if (message !== null) channel.reject(message, true);
          if (++rejected === COUNT) resolve();
        });
      });
      // Nobody is connected any more, and the figures are older than that.
      await connection.close();
      await expect(removal(rig, vhost)).rejects.toThrow(`${COUNT} messages`);
      const recreation = setQueueAside(brokerOf(rig), { vhost, name: 'q' }, { approvals: NOTHING_APPROVED });
      await expect(recreation).rejects.toThrow('delayed retry');
    });

    it('dead letters whose target takes none are counted before it is deleted', async () => {
      const vhost = await scratch.vhost();
      await declare(rig, vhost, 'full', { 'x-max-length': 1, 'x-overflow': 'reject-publish' });
      await declare(rig, vhost, 'q', {
        'x-message-ttl': 1,
        'x-overflow': 'reject-publish',
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'full',
        'x-dead-letter-strategy': 'at-least-once',
      });
      const connection = await connectTo(rig, vhost);
      // A queue that rejects lets some more in before it does.
      await fill(connection, 'full').catch(() => undefined);
      await fill(connection, 'q');
      await connection.close();
      await expect(removal(rig, vhost)).rejects.toThrow(/[1-9] messages?, 0 consumers/);
    });
  },
  ['4.3'],
);

describe('a broker that collects no statistics', () => {
  const obstacle = ownNodeObstacle('4.3');
  let node: StartedBroker | undefined;
  let rig: TestBroker;
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    const conf = (): readonly string[] => ['management_agent.disable_metrics_collector = true'];
    node = await startChrootBroker(SUITE_WITH_VERSION['4.3'], () => undefined, { conf });
    rig = { version: '4.3', ...node, username: 'guest', password: 'guest' };
  }, 200_000);
  afterAll(() => node?.stop());

  it.skipIf(obstacle !== undefined)(
    `unacknowledged messages keep a quorum queue; it goes once no client can have any${obstacle === undefined ? '' : ` [skipped: ${obstacle}]`}`,
    async () => {
      await callManagement(rig, 'PUT', 'vhosts/v', {});
      await declare(rig, 'v', 'q', {});
      const connection = await connectTo(rig, 'v');
      await fill(connection, 'q');
      const channel = await connection.createChannel();
      const taken: number[] = [];
      await channel.consume('q', (message) => taken.push(message?.fields.deliveryTag ?? 0));
      // Not by expect.poll, which asks vitest for the test that runs: here are several at once.
      await waitFor(() => (taken.length === COUNT ? true : undefined), 60_000);
      expect(taken).toHaveLength(COUNT);
      expect(await namesInUse(brokerOf(rig), 'v')).toEqual(new Set(['q']));
      await expect(removal(rig, 'v')).rejects.toThrow('disconnect all clients of the vhost');
      expect(await queues.read(brokerOf(rig), 'v', 'q')).toBeDefined();
      channel.ackAll();
      await channel.close();
      await connection.close();
      await removal(rig, 'v');
      expect(await queues.read(brokerOf(rig), 'v', 'q')).toBeUndefined();
    },
  );
});
