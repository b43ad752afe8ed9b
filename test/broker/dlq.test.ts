/** `warren dlq` and `warren purge` on real brokers: every message is told, comes back, or stays; none is lost. */
import type { ChannelModel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exactHeaders, keepExactHeaders } from '../../broker/amqp/exactHeaders';
import { Publisher } from '../../broker/amqp/publisher';
import { waitFor } from '../../tools/processes';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { awaitReady, connectTo, idsOf, numbersTo, publishNumbered, ready, takeAll } from './numberedMessages';
import { commandLine, publishedWhileAsked, warren } from './dlqCommands';
import { scratchOn } from './realBroker';

const WAIT_MS = 60_000;

const folder = mkdtempSync(path.join(tmpdir(), 'warren-dlq-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function declare(channel: ConfirmChannel, name: string, table: Record<string, unknown>): Promise<void> {
  await channel.assertQueue(name, { durable: true, arguments: table });
}

/** Which JavaScript can't hold, or the library would write otherwise, or not at all. */
const NUMBERS = {
  id: { '!': 'int64', value: 9_007_199_254_740_993n },
  five: { '!': 'int64', value: 5n },
  microseconds: { '!': 'double', value: 1_732_700_000_000_000.25 },
};

interface Figures {
  readonly messages_ready?: number;
}

const to = (queue: string) => ({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue });

/** Takes what is in the queue, and rejects it: by returning it until the queue has had enough, where it says into what. */
async function kill(
  connection: ChannelModel,
  queue: string,
  returned?: { readonly into: string; readonly count: number },
): Promise<void> {
  const channel = await connection.createChannel();
  await channel.prefetch(50);
  await channel.consume(queue, (message) => {
    if (message !== null) channel.reject(message, returned !== undefined);
  });
  // Those that go round are never ready, and a channel that closed then would put them back.
  await awaitReady(connection, returned?.into ?? queue, returned?.count ?? 0);
  await channel.close();
}

withBroker('dead letters of quorum queues', (broker) => {
  const scratch = scratchOn(broker);
  const COUNT = 300;
  let vhost = '';
  let connection: ChannelModel;
  afterAll(() => connection.close());

  it('are looked at without a loss, though they are beyond the delivery limit', async () => {
    vhost = await scratch.vhost();
    connection = await connectTo(broker, vhost);
    const channel = await connection.createConfirmChannel();
    const quorum = { 'x-queue-type': 'quorum' };
    await declare(channel, 'failed', quorum);
    // Like RabbitMQ's own default since 4.0, only sooner; and what it counted in the other queue comes along on 4.3.
    await callManagement(broker, 'PUT', `policies/${vhost}/limit`, {
      ...{ pattern: '^failed$', 'apply-to': 'queues', priority: 7 },
      definition: { 'delivery-limit': 1, 'max-length': 1000 },
    });
    await declare(channel, 'work', { ...quorum, 'x-delivery-limit': 2, ...to('failed') });
    await publishNumbered(connection, {
      ...{ from: 0, count: COUNT, exchange: '', routingKey: () => 'work' },
      options: (id) => ({
        headers: { tenant: 'acme' },
        type: 'order',
        ...(id === 0 ? { expiration: 60_000 } : {}),
      }),
    });
    await kill(connection, 'work', { into: 'failed', count: COUNT });

    const orders: unknown[] = [];
    for (let look = 0; look < 3; look++) {
      const { stdout } = await warren(broker, vhost, 0, 'dlq', 'show', 'failed', '--limit', '120', '--json');
      const shown = JSON.parse(stdout) as {
        ready: number;
        messages: { properties: { messageId: string } }[];
      };
      expect(shown.ready).toBe(COUNT);
      orders.push(shown.messages.map(({ properties }) => properties.messageId));
    }
    // Quorum queues of 3.10 put what is given back at their end.
    if (broker.version !== '3.10') expect(orders).toEqual([orders[0], orders[0], orders[0]]);
    await awaitReady(connection, 'failed', COUNT);
    const { stdout } = await warren(broker, vhost, 0, 'dlq', 'show', 'failed', '--limit', '1');
    expect(stdout).toMatch(
      /1\. delivery-limit in work, .*ago\)\n.*came there by the default exchange with key work/,
    );
    const policies = await callManagement<{ name: string }[]>(broker, 'GET', `policies/${vhost}`);
    expect(policies.map(({ name }) => name)).toEqual(['limit']);
  });

  it('are listed beside what can be looked into where they can not, with the reason', async () => {
    const channel = await connection.createConfirmChannel();
    for (const [queue, target] of Object.entries({ more: 'open', others: 'busy' })) {
      await declare(channel, target, {});
      await declare(channel, queue, to(target));
    }
    for (const queue of ['open', 'busy', 'busy']) channel.sendToQueue(queue, Buffer.from('m'));
    await channel.waitForConfirms();
    await channel.prefetch(1);
    await channel.consume('busy', () => undefined, { exclusive: true });
    const policy = `operator-policies/${vhost}/limit`;
    const definition = { 'delivery-limit': 1 };
    await callManagement(broker, 'PUT', policy, { pattern: '^failed$', 'apply-to': 'queues', definition });
    // A quorum queue's figures are some seconds late.
    await waitFor(async () => {
      const figures = await callManagement<Figures>(broker, 'GET', `queues/${vhost}/failed`);
      return figures.messages_ready === COUNT ? true : undefined;
    }, WAIT_MS);
    const { stdout } = await warren(broker, vhost, 1, 'dlq', 'list', '--look', '--json');
    const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;
    expect((JSON.parse(stdout) as { queues: unknown[] }).queues).toEqual([
      expect.objectContaining({
        ...{ queue: 'busy', looked: null },
        whyNot: text(/^Cannot read queue "busy": .*exclusive/),
      }),
      expect.objectContaining({
        ...{ queue: 'failed', ready: COUNT, looked: null },
        whyNot: text(/delivery limit of 1 that can't be lifted.*warren dlq show, with --despite-limit$/),
      }),
      expect.objectContaining({ queue: 'open', looked: 1, neverDied: 1 }),
    ]);
    const listed = await warren(broker, vhost, 1, 'dlq', 'list');
    expect(listed.stdout).toMatch(/^Not looked into busy in vhost \S+: Cannot read queue "busy": .*\.$/m);
    expect(listed.stdout).toMatch(/^Not looked into: quorum queues/m);
    await callManagement(broker, 'DELETE', policy);
    await channel.close();
  });

  it('are all there when a retry is killed in the middle, and when one is interrupted', async () => {
    // So slowly that another command can be tried meanwhile.
    const isSlow = broker.version === '4.3';
    const args = ['dlq', 'retry', 'failed', '--rate', isSlow ? '20' : '200'];
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const before = await ready(connection, 'work');
      const { words, env } = commandLine(broker, vhost, args);
      const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'ignore'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      await waitFor(
        async () => ((await ready(connection, 'work')) > before + 20 ? true : undefined),
        WAIT_MS,
      );
      if (isSlow && signal === 'SIGINT') {
        // It would put the limit back, under the hands of the first.
        const second = await warren(broker, vhost, 2, 'dlq', 'show', 'failed');
        expect(second.output).toContain('another warren dlq is at work on queue "failed"');
      }
      child.kill(signal);
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : null);
      expect(said.includes('Stopped by a signal')).toBe(signal === 'SIGINT');
    }
    await warren(broker, vhost, 0, 'dlq', 'retry', 'failed');
    await awaitReady(connection, 'failed', 0);
    const back = await takeAll(connection, 'work');
    expect([...new Set(idsOf(back))].sort((a, b) => a - b)).toEqual(numbersTo(COUNT));
    // Only the killed one may have sent something twice: what was under way.
    expect(back.length - COUNT).toBeLessThanOrEqual(100);
    const policies = await callManagement<{ name: string }[]>(broker, 'GET', `policies/${vhost}`);
    expect(policies.map(({ name }) => name)).toEqual(['limit']);
    for (const message of back) expectAsPublished(message);
  });
});

function expectAsPublished({ properties, content }: ConsumeMessage): void {
  expect(properties).toMatchObject({ type: 'order', deliveryMode: 2, expiration: undefined });
  expect(content.toString()).toBe(`body ${String(properties.messageId)}`);
  // A queue adds its own count.
  const names = Object.keys(properties.headers ?? {});
  expect(names.filter((name) => !/^x-(delivery|acquired)-count$/.test(name))).toEqual(['tenant']);
}

withBroker(
  'warren dlq',
  (broker) => {
    const scratch = scratchOn(broker);
    const connections: ChannelModel[] = [];
    afterAll(async () => {
      for (const connection of connections) await connection.close();
    });

    async function scene(): Promise<{ vhost: string; connection: ChannelModel; channel: ConfirmChannel }> {
      const vhost = await scratch.vhost();
      const connection = await connectTo(broker, vhost);
      connections.push(connection);
      keepExactHeaders(connection);
      return { vhost, connection, channel: await connection.createConfirmChannel() };
    }

    it('lists queues with reasons and origins; sends back by the way that others get no copy of', async () => {
      const { vhost, connection, channel } = await scene();
      await channel.assertExchange('orders', 'topic');
      await channel.assertExchange('news', 'fanout');
      await declare(channel, 'failed', {});
      await declare(channel, 'paid', to('failed'));
      await declare(channel, 'mail', to('failed'));
      await declare(channel, 'audit', {});
      await channel.bindQueue('paid', 'orders', 'order.paid.*');
      for (const queue of ['mail', 'audit']) await channel.bindQueue(queue, 'news', '');
      const publish = (exchange: string, key: string, id: string, options: Options.Publish = {}) =>
        channel.publish(exchange, key, Buffer.from(id), { persistent: true, messageId: id, ...options });
      publish('orders', 'order.paid.8', 'paid-2', { expiration: 1 });
      publish('orders', 'order.paid.7', 'paid-1', {
        priority: 3,
        correlationId: 'c',
        headers: { 'x-own': 1, ...NUMBERS },
      });
      publish('news', 'any', 'mail-1', { userId: broker.username });
      publish('', 'failed', 'stray');
      await channel.waitForConfirms();
      await awaitReady(connection, 'failed', 2);
      await kill(connection, 'paid');
      await kill(connection, 'mail');
      await awaitReady(connection, 'failed', 4);

      const listed = await warren(broker, vhost, 0, 'dlq', 'list', '--json');
      expect((JSON.parse(listed.stdout) as { queues: unknown[] }).queues).toEqual([
        expect.objectContaining({
          ...{ queue: 'failed', ready: 4, looked: 4, neverDied: 1, isWork: false },
          cameFrom: { paid: 2, mail: 1 },
          reasons: { rejected: 2, expired: 1 },
        }),
      ]);
      const dry = await warren(broker, vhost, 1, 'dlq', 'retry', 'failed', '--dry-run');
      expect(dry.stdout).toMatch(/^Would send 2 to paid, 1 to mail from failed/);
      const filtered = await warren(broker, vhost, 0, 'dlq', 'retry', 'failed', '--filter', 'reason=expired');
      expect(filtered.stdout).toMatch(/^Sent 1 to paid from failed/);
      const done = await warren(broker, vhost, 1, 'dlq', 'retry', 'failed');
      expect(done.stdout).toMatch(/Sent 1 to paid, 1 to mail.*\n1 of them went straight into their queue/);
      expect(done.stdout).toContain('1 message stayed: no queue that it died in is named in it');
      const paid = await takeAll(connection, 'paid');
      expect(paid.map(({ fields }) => `${fields.exchange} ${fields.routingKey}`)).toEqual([
        'orders order.paid.8',
        'orders order.paid.7',
      ]);
      expect(paid[1]?.properties).toMatchObject({ priority: 3, correlationId: 'c', headers: { 'x-own': 1 } });
      expect(exactHeaders(paid[1]?.properties.headers)).toMatchObject(NUMBERS);
      const [mail] = await takeAll(connection, 'mail');
      expect(mail?.fields).toMatchObject({ exchange: '', routingKey: 'mail' });
      expect(mail?.properties.userId).toBeUndefined();
      // The first copy alone.
      expect(await ready(connection, 'audit')).toBe(1);
      await warren(broker, vhost, 0, 'dlq', 'retry', 'failed', '--to', 'audit');
      expect(await ready(connection, 'audit')).toBe(2);
    });

    it('keeps what would be refused, dropped or bound for nowhere', async () => {
      const { vhost, connection, channel } = await scene();
      await declare(channel, 'failed', {});
      const queues = { refusing: { 'x-overflow': 'reject-publish' }, dropping: {}, gone: {} };
      for (const [name, table] of Object.entries(queues))
        await declare(channel, name, { ...table, ...to('failed') });
      for (const [name, count] of Object.entries({ refusing: 5, dropping: 6, gone: 2 })) {
        await publishNumbered(connection, { from: 0, count, exchange: '', routingKey: () => name });
        await kill(connection, name);
      }
      await awaitReady(connection, 'failed', 13);
      await channel.deleteQueue('gone');
      await callManagement(broker, 'PUT', `policies/${vhost}/full`, {
        ...{ pattern: '^(refusing|dropping)$', 'apply-to': 'queues' },
        definition: { 'max-length': 3 },
      });
      const { stdout } = await warren(broker, vhost, 1, 'dlq', 'retry', 'failed');
      expect(stdout).toContain('2 messages stayed: its queue gone is gone; --to QUEUE sends it to another.');
      expect(stdout).toContain(
        '3 messages stayed: dropping is full: it would drop its oldest message for each.',
      );
      expect(stdout).toMatch(/stayed: refusing refuses it: it is full\./);
      const left = [await ready(connection, 'failed'), await ready(connection, 'refusing')];
      expect(left[0]).toBe(13 - 3 - (left[1] ?? 0));
      expect(left[1]).toBeGreaterThanOrEqual(3);
      expect(await ready(connection, 'dropping')).toBe(3);
    });

    it('knows of each message whether a queue was there for it', async () => {
      const { connection, channel } = await scene();
      await declare(channel, 'here', {});
      const publisher = await Publisher.open(connection);
      const keys = ['here', 'nowhere', 'here', 'nowhere', 'nowhere'];
      const outcomes = keys.map((routingKey, id) =>
        publisher.publish({
          ...{ exchange: '', routingKey, content: Buffer.from('same') },
          properties: {
            ...{ messageId: String(id % 4), headers: { some: [1, 'x', true], when: 1.5, ...NUMBERS } },
          },
        }),
      );
      expect(await Promise.all(outcomes)).toEqual(['taken', 'returned', 'taken', 'returned', 'returned']);
      await publisher.close();
      await expect(
        publisher.publish({ exchange: '', routingKey: 'here', content: Buffer.from('x'), properties: {} }),
      ).rejects.toThrow('Cannot publish');
    });

    it('has a retry count anew', async () => {
      const { vhost, connection, channel } = await scene();
      await channel.assertExchange('later', 'fanout');
      await declare(channel, 'failed', {});
      await declare(channel, 'work', { 'x-dead-letter-exchange': 'later', 'x-dead-letter-routing-key': 'w' });
      await declare(channel, 'later', { 'x-message-ttl': 1, ...to('work') });
      await channel.bindQueue('later', 'later', '');
      channel.sendToQueue('work', Buffer.from('m'), { messageId: '1' });
      await channel.waitForConfirms();
      // Twice around, and then to the end of it: an application's own way to count.
      const deaths: number[] = [];
      await channel.consume('work', (message) => {
        if (message === null) return;
        const entries = (message.properties.headers?.['x-death'] ?? []) as { queue: string; count: number }[];
        const count = entries.find(({ queue }) => queue === 'work')?.count ?? 0;
        deaths.push(count);
        if (count < 2) channel.nack(message, false, false);
        else {
          channel.sendToQueue('failed', message.content, message.properties);
          channel.ack(message);
        }
      });
      await awaitReady(connection, 'failed', 1);
      expect(deaths).toEqual([0, 1, 2]);
      await warren(broker, vhost, 0, 'dlq', 'retry', 'failed');
      await awaitReady(connection, 'failed', 1);
      expect(deaths).toEqual([0, 1, 2, 0, 1, 2]);
    });

    it('discards what is approved by its number, and saves it before', async () => {
      const { vhost, connection, channel } = await scene();
      await declare(channel, 'failed', {});
      await declare(channel, 'work', to('failed'));
      await publishNumbered(connection, { from: 0, count: 250, exchange: '', routingKey: () => 'work' });
      await kill(connection, 'work');
      await publishNumbered(connection, { from: 250, count: 2, exchange: '', routingKey: () => 'failed' });
      const save = path.join(folder, 'saved.jsonl');
      const ask = ['dlq', 'discard', 'failed', '--save', save];
      const refused = await warren(broker, vhost, 2, ...ask);
      expect(refused.output).toContain('to discard 250 messages of failed, say --yes 250');
      // Else it would be in the way of the next run.
      expect(existsSync(save)).toBe(false);
      const fewer = await warren(broker, vhost, 2, ...ask, '--yes', '249');
      expect(fewer.output).toContain('--yes 249 was for fewer');
      expect(await ready(connection, 'failed')).toBe(252);
      const done = await warren(broker, vhost, 0, ...ask, '--yes', '250');
      expect(done.stdout).toContain('Discarded 250 messages of failed');
      expect(await ready(connection, 'failed')).toBe(2);
      const again = await warren(broker, vhost, 2, ...ask);
      expect(again.output).toContain('the file is there already, and is not written over');
      const saved = readFileSync(save, 'utf8').trimEnd().split('\n');
      expect(saved).toHaveLength(250);
      expect(JSON.parse(saved[7] ?? '')).toMatchObject({
        origin: { queue: 'work' },
        payloadBase64: Buffer.from('body 7').toString('base64'),
      });
    });

    it('purges by number, leaves what consumers have, and refuses streams', async () => {
      const { vhost, connection, channel } = await scene();
      await declare(channel, 'work', {});
      await publishNumbered(connection, { from: 0, count: 12, exchange: '', routingKey: () => 'work' });
      const held = await channel.get('work');
      if (held === false) throw new Error('nothing in work');
      const refused = await warren(broker, vhost, 2, 'purge', 'work');
      expect(refused.output).toContain('1 message of work');
      expect(refused.output).toContain('say --yes 11');
      await publishedWhileAsked(broker, vhost, 11, async () => {
        await publishNumbered(connection, { from: 12, count: 1, exchange: '', routingKey: () => 'work' });
      });
      const done = await warren(broker, vhost, 0, 'purge', 'work', '--yes', '12');
      expect(done.stdout).toMatch(/^Purged 12 messages of work/);
      channel.nack(held, false, true);
      await awaitReady(connection, 'work', 1);
      await declare(channel, 'log', { 'x-queue-type': 'stream' });
      for (const command of [
        ['purge', 'log'],
        ['dlq', 'show', 'log'],
        ['dlq', 'retry', 'log'],
      ]) {
        expect((await warren(broker, vhost, 2, ...command)).output).toContain('"log" is a stream');
      }
      expect((await warren(broker, vhost, 2, 'dlq', 'show', 'wrk')).output).toContain('did you mean "work"?');
    });
  },
  ['4.3'],
);
