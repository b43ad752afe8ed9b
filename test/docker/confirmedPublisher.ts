/** Publishes one message after the other with confirms, through outages, and remembers what was confirmed. */
import { connect } from 'amqplib';
import { AmqpClient, type AmqpLogin } from '../systems/amqpClient';

const PAUSE_MS = 40;
const RECONNECT_MS = 200;

export class ConfirmedPublisher {
  readonly confirmed: string[] = [];
  /** Sent, but the answer got lost: they may be there or not. */
  readonly uncertain: string[] = [];
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
      const message = `message ${number}`;
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
  const end = 'the end';
  channel.sendToQueue(queue, Buffer.from(end), { persistent: true });
  await channel.waitForConfirms();
  const found: string[] = [];
  await new Promise<void>((resolve) => {
    void channel.consume(queue, (message) => {
      if (message === null) return;
      channel.ack(message);
      if (message.content.toString() === end) resolve();
      else found.push(message.content.toString());
    });
  });
  await channel.close();
  await connection.close();
  return found;
}
