/** `retry` on real brokers: what comes back, after how long, as what, and where it ends. */
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { afterAll, describe, expect, it } from 'vitest';
import { importDefinitions } from '../../broker/kinds/definitions';
import { load } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { withBrokersAtOnce, type TestBroker } from '../rigs/brokers';
import { connectTo } from './numberedMessages';
import { brokerOf, scratchOn } from './realBroker';

const FIRST_KEY = 'mail.welcome';
/** The broker's clock and ours may differ a little; that it waits at all, and twice as long each time, is the point. */
const CLOCK_TOLERANCE_MS = 20;

interface Delivery {
  readonly queue: string;
  readonly message: ConsumeMessage;
  readonly waitedMs: number;
}

/** Publishes one message, rejects whatever comes back from `queues`, and returns all deliveries when it is in `dead`. */
async function rejectUntilDead(
  channel: ConfirmChannel,
  queues: readonly string[],
  requeue: boolean,
): Promise<{ deliveries: Delivery[]; dead: ConsumeMessage }> {
  const deliveries: Delivery[] = [];
  let rejectedAt = performance.now();
  let settle: (message: ConsumeMessage) => void = () => undefined;
  const ended = new Promise<ConsumeMessage>((resolve) => (settle = resolve));
  for (const queue of queues) {
    await channel.consume(queue, (message) => {
      if (message === null) return;
      deliveries.push({ queue, message, waitedMs: performance.now() - rejectedAt });
      rejectedAt = performance.now();
      channel.reject(message, requeue);
    });
  }
  await channel.consume('dead', (message) => message && settle(message), { noAck: true });
  channel.publish('events', FIRST_KEY, Buffer.from('hello'), {
    persistent: true,
    messageId: 'message-1',
    correlationId: 'order-7',
    headers: { tenant: 'acme' },
  });
  await channel.waitForConfirms();
  return { deliveries, dead: await ended };
}

function deaths(message: ConsumeMessage): Record<string, unknown>[] {
  return (message.properties.headers?.['x-death'] ?? []) as unknown as Record<string, unknown>[];
}

withBrokersAtOnce('retry', (rig: TestBroker) => {
  const scratch = scratchOn(rig);
  const connections: ChannelModel[] = [];
  afterAll(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
  });

  async function channelTo(vhost: string): Promise<ConfirmChannel> {
    const connection = await connectTo(rig, vhost);
    connections.push(connection);
    return connection.createConfirmChannel();
  }

  /** In a vhost of its own. */
  async function apply(work: string): Promise<ConfirmChannel> {
    const vhost = await scratch.vhost();
    const text = `warren: 1
vhosts:
  ${vhost}:
    exchanges:
      events: { type: topic }
    queues:
      work: ${work}
      dead: { bindings: [{ exchange: amq.fanout }] }
`;
    const { objects, diagnostics } = load(text, 't.yaml', { target: rig.version });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    await importDefinitions(brokerOf(rig), renderDefinitions(objects ?? []));
    return channelTo(vhost);
  }

  const bindings = `bindings: [{ exchange: events, routingKey: 'mail.#' }]`;
  const identity = {
    messageId: 'message-1',
    correlationId: 'order-7',
    headers: expect.objectContaining({ tenant: 'acme' }) as unknown,
  };

  describe.each([
    ['classic', 'type: classic'],
    ['quorum', 'type: quorum'],
  ])('as a ladder of a %s queue', (_, type) => {
    it('comes back after 1 s, 2 s and 4 s, with its identity, and ends in the dead letter queue', async () => {
      const channel = await apply(
        `{ ${type}, retry: { attempts: 3, delay: 1s }, deadLetter: { queue: dead }, ${bindings} }`,
      );
      const { deliveries, dead } = await rejectUntilDead(channel, ['work'], false);
      expect(deliveries).toHaveLength(4);
      [1000, 2000, 4000].forEach((delayMs, index) => {
        expect(deliveries[index + 1]?.waitedMs).toBeGreaterThanOrEqual(delayMs - CLOCK_TOLERANCE_MS);
      });
      for (const { message } of [...deliveries, { message: dead }]) {
        expect(message.content.toString()).toBe('hello');
        expect(message.properties).toMatchObject(identity);
      }
      // The rung is the routing key; the first key stays readable in x-death.
      expect(deliveries.map(({ message }) => message.fields.routingKey)).toEqual([
        FIRST_KEY,
        'work.retry.2',
        'work.retry.3',
        'work.retry.dead',
      ]);
      expect(deaths(dead)).toContainEqual(
        expect.objectContaining({ queue: 'work', reason: 'rejected', count: 4, 'routing-keys': [FIRST_KEY] }),
      );
      for (const rung of [1, 2, 3]) {
        expect(deaths(dead)).toContainEqual(
          expect.objectContaining({ queue: `work.retry.${rung}`, reason: 'expired', count: 1 }),
        );
      }
    });
  });

  it('as a ladder keeps messages apart that are at different attempts', async () => {
    const channel = await apply(
      `{ retry: { attempts: 2, delay: 300ms }, deadLetter: { queue: dead }, ${bindings} }`,
    );
    const seen = new Map<string, number>();
    const dead: string[] = [];
    await new Promise<void>((resolve) => {
      void channel.consume('work', (message) => {
        if (message === null) return;
        const body = message.content.toString();
        seen.set(body, (seen.get(body) ?? 0) + 1);
        // Odd ones succeed when they come back for the first time.
        if (Number(body) % 2 === 1 && seen.get(body) === 2) channel.ack(message);
        else channel.reject(message, false);
      });
      void channel.consume(
        'dead',
        (message) => {
          if (message !== null) dead.push(message.content.toString());
          if (dead.length === 10) resolve();
        },
        { noAck: true },
      );
      for (let index = 0; index < 20; index += 1) {
        channel.publish('events', `mail.${index}`, Buffer.from(String(index)), { persistent: true });
      }
    });
    expect(dead.map(Number).sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect([...seen.entries()].filter(([body]) => Number(body) % 2 === 1).map(([, count]) => count)).toEqual(
      Array(10).fill(2),
    );
    expect([...seen.entries()].filter(([body]) => Number(body) % 2 === 0).map(([, count]) => count)).toEqual(
      Array(10).fill(3),
    );
  });

  it('by stages keeps the routing key, and takes expired messages along, too', async () => {
    const channel = await apply(
      `{ retry: { attempts: 2, delay: 200ms, method: stages }, deadLetter: { exchange: amq.fanout }, ${bindings} }`,
    );
    const { deliveries, dead } = await rejectUntilDead(
      channel,
      ['work', 'work.attempt.2', 'work.attempt.3'],
      false,
    );
    expect(deliveries.map(({ queue }) => queue)).toEqual(['work', 'work.attempt.2', 'work.attempt.3']);
    for (const { message } of [...deliveries, { message: dead }]) {
      expect(message.fields.routingKey).toBe(FIRST_KEY);
      expect(message.properties).toMatchObject(identity);
    }
    expect(deliveries[1]?.waitedMs).toBeGreaterThanOrEqual(200 - CLOCK_TOLERANCE_MS);
    expect(deliveries[2]?.waitedMs).toBeGreaterThanOrEqual(400 - CLOCK_TOLERANCE_MS);
  });

  // 4.3 brought it.
  if (rig.version === '4.3') {
    it('as delayed retry waits in the queue itself', async () => {
      const channel = await apply(
        `{ type: quorum, retry: { attempts: 3, delay: 200ms, method: delayed-retry }, deadLetter: { queue: dead }, ${bindings} }`,
      );
      const { deliveries, dead } = await rejectUntilDead(channel, ['work'], true);
      expect(deliveries.map(({ message }) => message.fields.routingKey)).toEqual(Array(4).fill(FIRST_KEY));
      [200, 400, 600].forEach((delayMs, index) => {
        expect(deliveries[index + 1]?.waitedMs).toBeGreaterThanOrEqual(delayMs - CLOCK_TOLERANCE_MS);
      });
      expect(dead.properties).toMatchObject(identity);
      expect(deaths(dead)).toMatchObject([{ queue: 'work', reason: 'delivery_limit', count: 1 }]);
    });
  }

  it('shows why a ladder refuses what else makes messages leave: they would be gone', async () => {
    const channel = await channelTo(await scratch.vhost());
    await channel.assertExchange('lossy.back', 'fanout', { durable: true });
    await channel.assertQueue('lossy', {
      durable: true,
      messageTtl: 50,
      deadLetterExchange: '',
      deadLetterRoutingKey: 'lossy.delay',
    });
    await channel.assertQueue('lossy.delay', {
      durable: true,
      messageTtl: 50,
      deadLetterExchange: 'lossy.back',
    });
    await channel.bindQueue('lossy', 'lossy.back', '');
    await channel.assertQueue('witness', { durable: true });
    await channel.bindQueue('witness', 'lossy.back', '');
    channel.sendToQueue('lossy', Buffer.from('gone'), { persistent: true });
    await channel.waitForConfirms();
    // The witness gets it when its delay is over; the queue that it came from does not.
    await new Promise<void>((resolve) => void channel.consume('witness', () => resolve(), { noAck: true }));
    expect(await channel.checkQueue('lossy')).toMatchObject({ messageCount: 0 });
    expect(await channel.checkQueue('lossy.delay')).toMatchObject({ messageCount: 0 });
  });
});
