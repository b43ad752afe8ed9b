import * as amqp from 'amqplib';
import { expect, it } from 'vitest';
import { EVERYTHING_APPROVED, NOTHING_APPROVED } from '../../broker/guards/approvals';
import { removeQueue } from '../../broker/guards/queueDeletion';
import * as queues from '../../broker/kinds/queues';
import { isBrokerError } from '../../broker/api/errors';
import { waitFor } from '../../tools/processes';
import * as vhosts from '../../broker/kinds/vhosts';
import type { Arguments, QueueType } from '../../topology/objects';
import { withBroker, withBrokersAtOnce } from '../rigs/brokers';
import { brokerOf, scratchOn, uniqueName } from './realBroker';

const TYPES: readonly QueueType[] = ['classic', 'quorum', 'stream'];

const refusal = async (work: Promise<void>): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isBrokerError(error, 'guarded')) throw new Error(`not refused: ${String(error)}`);
  return error.message;
};

withBrokersAtOnce('deleting a queue', (rig) => {
  const scratch = scratchOn(rig);
  const make = async (type: QueueType, table: Arguments = {}): Promise<string> => {
    const vhost = await scratch.vhost();
    await queues.put(brokerOf(rig), {
      kind: 'queue',
      vhost,
      name: 'q',
      durable: true,
      autoDelete: false,
      arguments: { 'x-queue-type': type, ...table },
    });
    return vhost;
  };
  it.each(TYPES)(
    '%s: refused right after a message came in, with the count and the way out',
    async (type) => {
      const vhost = await make(type);
      const broker = brokerOf(rig);
      await scratch.publish(vhost, 'q', 3);
      const message = await refusal(
        removeQueue(broker, { vhost, name: 'q' }, { approvals: NOTHING_APPROVED }),
      );
      // A stream's figures come late: they may be from between two of the messages.
      expect(message).toMatch(type === 'stream' ? /[1-3] messages?, 0 consumers/ : /3 messages, 0 consumers/);
      expect(message).toContain(`approve the loss with \`queue q@${vhost}\``);
      expect(await queues.read(broker, vhost, 'q')).toBeDefined();
      await removeQueue(broker, { vhost, name: 'q' }, { approvals: EVERYTHING_APPROVED });
      expect(await queues.read(broker, vhost, 'q')).toBeUndefined();
    },
  );

  it.each(TYPES)('%s: an empty one goes', async (type) => {
    const vhost = await make(type);
    await removeQueue(brokerOf(rig), { vhost, name: 'q' }, { approvals: NOTHING_APPROVED });
    expect(await queues.read(brokerOf(rig), vhost, 'q')).toBeUndefined();
  });

  it('quorum, with a single active consumer, which forbids looking into it: counted nevertheless', async () => {
    const vhost = await make('quorum', { 'x-single-active-consumer': true });
    const broker = brokerOf(rig);
    await scratch.publish(vhost, 'q', 3);
    const message = await refusal(removeQueue(broker, { vhost, name: 'q' }, { approvals: NOTHING_APPROVED }));
    expect(message).toContain('3 messages, 0 consumers');
    const empty = await make('quorum', { 'x-single-active-consumer': true });
    await removeQueue(broker, { vhost: empty, name: 'q' }, { approvals: NOTHING_APPROVED });
    expect(await queues.read(broker, empty, 'q')).toBeUndefined();
  });

  it('in a vhost that is gone: fine, for who was killed after that deletion comes again', async () => {
    const queue = { vhost: uniqueName('gone'), name: 'q' };
    await removeQueue(brokerOf(rig), queue, { approvals: NOTHING_APPROVED });
    await removeQueue(brokerOf(rig), queue, { approvals: EVERYTHING_APPROVED });
  });

  it.each(['classic', 'quorum'] as const)('%s: refused while somebody consumes', async (type) => {
    const vhost = await make(type);
    const url = `amqp://${rig.username}:${rig.password}@127.0.0.1:${rig.amqpPort}/${encodeURIComponent(vhost)}`;
    const connection = await amqp.connect(url);
    try {
      const channel = await connection.createChannel();
      await channel.consume('q', () => undefined, { noAck: false });
      const message = await refusal(
        removeQueue(brokerOf(rig), { vhost, name: 'q' }, { approvals: NOTHING_APPROVED }),
      );
      expect(message).toContain('1 consumer');
    } finally {
      await connection.close();
    }
  });

  it.each(['classic', 'quorum'] as const)(
    '%s: goes once it is drained, whatever the statistics say',
    async (type) => {
      const vhost = await make(type);
      const broker = brokerOf(rig);
      await scratch.publish(vhost, 'q', 2);
      // Not by expect.poll, which asks vitest for the test that runs: here are several at once.
      const refused = await waitFor(async () => {
        const message = await refusal(
          removeQueue(broker, { vhost, name: 'q' }, { approvals: NOTHING_APPROVED }),
        );
        return message.includes('2 messages') ? message : undefined;
      }, 15_000);
      expect(refused).toBeDefined();
      await broker.request({
        method: 'DELETE',
        path: `queues/${encodeURIComponent(vhost)}/q/contents`,
        action: 'purge',
      });
      await removeQueue(broker, { vhost, name: 'q' }, { approvals: NOTHING_APPROVED });
      expect(await queues.read(broker, vhost, 'q')).toBeUndefined();
    },
  );

  it.each(TYPES)('a vhost with messages in a %s queue is refused, and an empty one goes', async (type) => {
    const vhost = await make(type);
    const broker = brokerOf(rig);
    await scratch.publish(vhost, 'q', 2);
    const message = await refusal(vhosts.remove(broker, vhost, { approvals: NOTHING_APPROVED }));
    expect(message).toMatch(type === 'stream' ? /"q" \([12] messages?/ : /"q" \(2 messages/);
    expect(message).toContain(`\`vhost ${vhost}\``);
    await removeQueue(broker, { vhost, name: 'q' }, { approvals: EVERYTHING_APPROVED });
    await vhosts.remove(broker, vhost, { approvals: NOTHING_APPROVED });
    expect(await vhosts.read(broker, vhost)).toBeUndefined();
  });
});

withBroker(
  'deleting a protected vhost',
  (rig) => {
    const scratch = scratchOn(rig);

    it('is refused, with the way out, until it is approved or the protection is gone', async () => {
      const broker = brokerOf(rig);
      const [approved, lifted] = [await scratch.vhost(), await scratch.vhost()];
      for (const name of [approved, lifted]) {
        await vhosts.put(broker, { kind: 'vhost', name, description: 'd', deletionProtection: true });
        expect(await vhosts.read(broker, name)).toMatchObject({ description: 'd', deletionProtection: true });
        // What a change doesn't name stays.
        await vhosts.put(broker, { kind: 'vhost', name, description: 'e' });
        const message = await refusal(vhosts.remove(broker, name, { approvals: NOTHING_APPROVED }));
        expect(message).toContain('it is protected from deletion');
        expect(message).toContain(`\`vhost ${name}\``);
        expect(await vhosts.read(broker, name)).toMatchObject({ description: 'e', deletionProtection: true });
      }
      await vhosts.remove(broker, approved, { approvals: EVERYTHING_APPROVED });
      expect(await vhosts.read(broker, approved)).toBeUndefined();
      await vhosts.put(broker, { kind: 'vhost', name: lifted, deletionProtection: false });
      await vhosts.remove(broker, lifted, { approvals: NOTHING_APPROVED });
      expect(await vhosts.read(broker, lifted)).toBeUndefined();
    });

    it('is possible for one that is made with it', async () => {
      const broker = brokerOf(rig);
      const name = await scratch.vhost();
      await vhosts.remove(broker, name, { approvals: NOTHING_APPROVED });
      await vhosts.put(broker, { kind: 'vhost', name, deletionProtection: true });
      expect(await vhosts.read(broker, name)).toMatchObject({ deletionProtection: true });
    });
  },
  ['4.3'],
);

withBroker(
  'a broker without protection from deletion',
  (rig) => {
    const scratch = scratchOn(rig);

    it('is no place for a vhost that wants it, and fine for one that does not', async () => {
      const broker = brokerOf(rig);
      const name = await scratch.vhost();
      const wanting = { kind: 'vhost', name, description: 'd', deletionProtection: true } as const;
      await expect(vhosts.put(broker, wanting)).rejects.toThrow(
        /Cannot protect vhost .* from deletion: RabbitMQ (3\.10|4\.0)\..* can't do that\. Leave it out, or upgrade/,
      );
      expect(await vhosts.read(broker, name)).toMatchObject({ description: '' });
      await vhosts.put(broker, { ...wanting, deletionProtection: false });
      expect(await vhosts.read(broker, name)).toMatchObject({ description: 'd' });
    });
  },
  ['3.10', '4.0'],
);
