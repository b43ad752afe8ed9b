/** Recreating and deleting queues that are full, that would be too small, and that somebody still publishes to. */
import { expect, it } from 'vitest';
import { NOTHING_APPROVED, parseApprovals } from '../../broker/guards/approvals';
import * as bindings from '../../broker/kinds/bindings';
import { isBrokerError } from '../../broker/api/errors';
import * as exchanges from '../../broker/kinds/exchanges';
import { holdingName } from '../../broker/replacement/holding';
import { putVhostLimits } from '../../broker/kinds/limits';
import * as policies from '../../broker/kinds/policies';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { setQueueAside } from '../../broker/replacement/queueReplacement';
import { bringBack, judgeReturn } from '../../broker/replacement/queueReturn';
import * as queues from '../../broker/kinds/queues';
import type { Broker } from '../../broker/api/transport';
import { waitFor } from '../../tools/processes';
import type { Arguments, QueueObject } from '../../topology/objects';
import { withBrokersAtOnce } from '../rigs/brokers';
import { connectTo, idsOf, numbersTo, publishNumbered, takeAll } from './numberedMessages';
import { brokerOf, scratchOn } from './realBroker';

const queueOf = (vhost: string, table: Arguments, more: Partial<QueueObject> = {}): QueueObject => ({
  kind: 'queue',
  vhost,
  name: 'q',
  durable: true,
  autoDelete: false,
  arguments: table,
  ...more,
});

const PRIORITIES = { 'x-max-priority': 3 };
const MORE = { 'x-max-priority': 5 };

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isBrokerError(error, 'guarded')) throw new Error(`not refused: ${String(error)}`);
  return error.message;
}

withBrokersAtOnce('a queue at its limits', (rig) => {
  const scratch = scratchOn(rig);
  const publish = async (vhost: string, exchange: string, count: number, from = 0): Promise<void> => {
    const connection = await connectTo(rig, vhost);
    await publishNumbered(connection, { from, count, exchange, routingKey: () => 'k' });
    await connection.close();
  };
  const idsIn = async (vhost: string, name = 'q'): Promise<number[]> => {
    const connection = await connectTo(rig, vhost);
    const ids = idsOf(await takeAll(connection, name));
    await connection.close();
    return ids;
  };
  const bound = async (queue: QueueObject): Promise<Broker> => {
    const broker = brokerOf(rig);
    await queues.put(broker, queue);
    const to = { kind: 'binding', vhost: queue.vhost, source: 'amq.direct', destination: 'q' } as const;
    await bindings.put(broker, { ...to, destinationType: 'queue', routingKey: 'k', arguments: {} });
    return broker;
  };

  it('auto-delete: a shovel would be its only consumer, so it is refused while it holds messages', async () => {
    const vhost = await scratch.vhost();
    const [old, wanted] = [PRIORITIES, MORE].map((table) => queueOf(vhost, table, { autoDelete: true }));
    if (old === undefined || wanted === undefined) throw new Error('two queues');
    const broker = await bound(old);
    await publish(vhost, 'amq.direct', 50);
    const options = { approvals: NOTHING_APPROVED, replacement: wanted };
    expect(await refusal(setQueueAside(broker, old, options))).toMatch(
      /50 messages.*goes with its last consumer/,
    );
    expect(await idsIn(vhost)).toEqual(numbersTo(50));
  });

  it('a limit in bytes that the messages exceed is seen before they are moved', async () => {
    const vhost = await scratch.vhost();
    const broker = await bound(queueOf(vhost, PRIORITIES));
    await publish(vhost, 'amq.direct', 20);
    const replacement = queueOf(vhost, { ...PRIORITIES, 'x-max-length-bytes': 5 });
    const options = { approvals: NOTHING_APPROVED, replacement };
    expect(await refusal(setQueueAside(broker, replacement, options))).toContain('x-max-length-bytes');
    expect(await idsIn(vhost)).toEqual(numbersTo(20));
  });

  it('what an interrupted run set aside does not go into a queue that is too small for it', async () => {
    const vhost = await scratch.vhost();
    const broker = await bound(queueOf(vhost, PRIORITIES));
    await publish(vhost, 'amq.direct', 20);
    await setQueueAside(broker, queueOf(vhost, MORE), { approvals: NOTHING_APPROVED });
    // The next run knows nothing of this one.
    const next = brokerOf(rig);
    const small = queueOf(vhost, { 'x-max-length': 2 });
    expect(await refusal(judgeReturn(next, small, NOTHING_APPROVED))).toMatch(/20 messages.*takes only 2/);
    await judgeReturn(next, small, parseApprovals([`queue q@${vhost}`]));
    const wanted = queueOf(vhost, MORE);
    await judgeReturn(next, wanted, NOTHING_APPROVED);
    await queues.put(next, wanted);
    await bringBack(next, wanted);
    expect(await idsIn(vhost)).toEqual(numbersTo(20));
  });

  it.each(['reject-publish', 'reject-publish-dlx'])(
    '%s: what does not fit waits, and nothing is dead-lettered over and over',
    async (overflow) => {
      const vhost = await scratch.vhost();
      const broker = brokerOf(rig);
      await queues.put(broker, queueOf(vhost, {}, { name: 'dead' }));
      const limited = (lengthMax: number): Promise<void> =>
        policies.put(broker, {
          ...{ kind: 'policy', vhost, name: 'p', pattern: '^q$', applyTo: 'queues', priority: 0 },
          definition: {
            ...{ 'max-length': lengthMax, overflow },
            ...{ 'dead-letter-exchange': '', 'dead-letter-routing-key': 'dead' },
          },
        });
      await limited(10);
      await bound(queueOf(vhost, PRIORITIES));
      await publish(vhost, 'amq.direct', 10);
      const wanted = queueOf(vhost, MORE);
      await setQueueAside(broker, wanted, { approvals: NOTHING_APPROVED, replacement: wanted });
      await publish(vhost, 'amq.direct', 30, 10);
      await queues.put(broker, wanted);
      expect(await refusal(bringBack(broker, wanted))).toMatch(
        new RegExp(`40 messages.*wait in its holding queue.*takes 10 in all.*${overflow}`),
      );
      await limited(100);
      await bringBack(brokerOf(rig), wanted);
      expect(await idsIn(vhost)).toEqual(numbersTo(40));
      expect(await idsIn(vhost, 'dead')).toEqual([]);
    },
  );

  it('quorum, to be deleted: what is published while it is counted refuses that, and stays', async () => {
    const vhost = await scratch.vhost();
    const policy = { kind: 'policy', vhost, applyTo: 'queues' } as const;
    const [forAll, own] = [{ 'message-ttl': 100 }, { 'max-length': 1000 }];
    await policies.put(brokerOf(rig), {
      ...policy,
      ...{ name: 'all', pattern: '', priority: 0, definition: forAll },
    });
    await policies.put(brokerOf(rig), {
      ...policy,
      ...{ name: 'q', pattern: '^q$', priority: 1, definition: own },
    });
    const broker = await bound(queueOf(vhost, { 'x-queue-type': 'quorum' }));
    const connection = await connectTo(rig, vhost); // somebody may have unacknowledged messages
    const removal = refusal(removeQueue(broker, { vhost, name: 'q' }, { approvals: NOTHING_APPROVED }));
    const observer = brokerOf(rig);
    await waitFor(async () => {
      const held = await bindings.listTo(observer, { vhost, type: 'queue', name: 'q' });
      return held.some(({ source }) => source === 'amq.direct') ? undefined : true;
    }, 60_000);
    await publishNumbered(connection, {
      from: 0,
      count: 40,
      exchange: 'amq.direct',
      routingKey: () => 'k',
    });
    expect(await removal).toContain('40 messages');
    expect(await idsIn(vhost)).toEqual(numbersTo(40));
    await connection.close();
    expect(await namesIn(broker, vhost)).toEqual(['all', 'q', 'q']);
  });

  it('a vhost that takes no further queue: recreating is refused and leaves nothing, deleting goes', async () => {
    const vhost = await scratch.vhost();
    const table = { 'x-queue-type': 'quorum' };
    const broker = await bound(queueOf(vhost, table));
    await putVhostLimits(broker, { kind: 'vhostLimits', vhost, maxQueues: 1 });
    const replacement = queueOf(vhost, { ...table, 'x-max-length': 10 });
    const options = { approvals: NOTHING_APPROVED, replacement };
    expect(await refusal(setQueueAside(broker, replacement, options))).toMatch(
      /queue limit in .* is reached.*maxQueues/,
    );
    expect(await namesIn(broker, vhost)).toEqual(['q']);
    const stored = await bindings.listTo(broker, { vhost, type: 'queue', name: 'q' });
    expect(stored.map(({ source }) => source)).toEqual(['amq.direct']);
    await removeQueue(broker, { vhost, name: 'q' }, { approvals: NOTHING_APPROVED });
    expect(await namesIn(broker, vhost)).toEqual([]);
  });

  it('a stream that messages come into by its name is not recreated, and is bound again at once', async () => {
    const vhost = await scratch.vhost();
    const table = { 'x-queue-type': 'stream' };
    const broker = await bound(queueOf(vhost, table));
    const replacement = queueOf(vhost, { ...table, 'x-max-age': '1h' });
    const options = { approvals: NOTHING_APPROVED, replacement };
    const recreation = refusal(setQueueAside(broker, replacement, options));
    const holding = holdingName('queue', 'q');
    await waitFor(async () => {
      const held = await bindings.listTo(brokerOf(rig), { vhost, type: 'exchange', name: holding });
      return held.length > 0 ? true : undefined;
    }, 60_000);
    // Only one: a stream's figures come up to 10 s late, and what is looked at has come after 11 s.
    await scratch.publish(vhost, 'q', 1);
    expect(await recreation).toMatch(/1 message\b.*cannot be moved/);
    expect(await namesIn(broker, vhost)).toEqual(['q']);
  });
});

/** Of queues, of policies, and of exchanges that are not the broker's own. */
async function namesIn(broker: Broker, vhost: string): Promise<string[]> {
  const lists = await Promise.all([
    queues.list(broker, vhost),
    policies.list(broker, 'policy', vhost),
    exchanges.list(broker, vhost),
  ]);
  const names = lists.flatMap((list) => list.map(({ name }) => name));
  return names.filter((name) => name !== '' && !name.startsWith('amq.')).sort();
}
