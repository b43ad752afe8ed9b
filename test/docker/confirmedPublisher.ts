/** Publishes one message after the other with confirms, through outages, and remembers what was confirmed. */
import * as crypto from 'node:crypto';
import { connect } from 'amqplib';
import { AmqpClient, type AmqpLogin } from '../systems/amqpClient';

const PAUSE_MS = 40;
const RECONNECT_MS = 200;
const ACK_EVERY = 500;

export class ConfirmedPublisher {
  readonly confirmed: string[] = [];
  /** Sent, but the answer got lost: they may be there or not. */
  readonly uncertain: string[] = [];
  /** Begins all of its messages: the queue may hold others. */
  readonly word = crypto.randomBytes(4).toString('hex');
  private isStopped = false;
  private readonly work: Promise<void>;

  constructor(
    private readonly login: AmqpLogin,
    private readonly queue: string,
  ) {
    this.work = this.run();
  }

  /** Waits until some more are confirmed. */
  async more(count: number): Promise<void> {
    const goal = this.confirmed.length + count;
    while (this.confirmed.length < goal) await pause(PAUSE_MS);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.work;
  }

  private async run(): Promise<void> {
    let client: AmqpClient | undefined;
    for (let number = 1; !this.isStopped;) {
      try {
        client ??= await AmqpClient.open(this.login);
      } catch {
        await pause(RECONNECT_MS);
        continue;
      }
      const message = `${this.word} ${number}`;
      number++;
      try {
        await client.publishToQueue(this.queue, message);
        this.confirmed.push(message);
        await pause(PAUSE_MS);
      } catch {
        this.uncertain.push(message);
        await client.close().catch(() => undefined);
        client = undefined;
      }
    }
    await client?.close().catch(() => undefined);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Everything in a queue, taken off it: a message of our own marks the end. */
export async function drain(
  { amqpPort, vhost, ...login }: AmqpLogin,
  queue: string,
): Promise<readonly string[]> {
  const connection = await connect({
    protocol: 'amqp',
    hostname: '127.0.0.1',
    port: amqpPort,
    vhost,
    ...login,
  });
  const channel = await connection.createConfirmChannel();
  const end = `the end ${crypto.randomBytes(4).toString('hex')}`;
  channel.sendToQueue(queue, Buffer.from(end), { persistent: true });
  await channel.waitForConfirms();
  const found: string[] = [];
  await new Promise<void>((resolve) => {
    void channel.consume(queue, (message) => {
      if (message === null) return;
      const isEnd = message.content.toString() === end;
      if (!isEnd) found.push(message.content.toString());
      // Many at once: of many single ones, a quorum queue forgets those that wait when the channel goes; and it gives a
      // consumer no more than 2,000 that aren't acknowledged.
      if (isEnd || found.length % ACK_EVERY === 0) channel.ackAll();
      if (isEnd) resolve();
    });
  });
  await channel.close();
  await connection.close();
  return found;
}
