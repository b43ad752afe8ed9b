/** A small AMQP client for observing a broker: every publish is confirmed, every wait is for a condition. */
import {
  connect,
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type GetMessage,
  type Options,
} from 'amqplib';
import { waitFor } from '../../tools/processes';

export interface AmqpLogin {
  readonly amqpPort: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

const WAIT_MS = 60_000;

export class AmqpClient {
  private constructor(
    private readonly connection: ChannelModel,
    private channel: ConfirmChannel,
  ) {}

  static async open(login: AmqpLogin): Promise<AmqpClient> {
    const connection = await connect({
      protocol: 'amqp',
      hostname: '127.0.0.1',
      port: login.amqpPort,
      username: login.username,
      password: login.password,
      vhost: login.vhost,
    });
    // A refused operation closes its channel (or the connection) and rejects the call: that is what tests look at.
    connection.on('error', () => undefined);
    return new AmqpClient(connection, await newChannel(connection));
  }

  /** Resolves when the broker has confirmed it; rejects when the broker nacks or refuses it. */
  async publish(
    exchange: string,
    routingKey: string,
    body: string,
    options: Options.Publish = {},
  ): Promise<void> {
    await this.once(async (channel) => {
      await new Promise<void>((resolve, reject) => {
        channel.once('error', reject);
        const settings = { persistent: true, ...options };
        channel.publish(exchange, routingKey, Buffer.from(body), settings, (error: unknown) => {
          channel.off('error', reject);
          if (error === null || error === undefined) resolve();
          else reject(error instanceof Error ? error : new Error('the broker nacked the message'));
        });
      });
    });
  }

  publishToQueue(queue: string, body: string, options: Options.Publish = {}): Promise<void> {
    return this.publish('', queue, body, options);
  }

  declareQueue(queue: string, options: Options.AssertQueue): Promise<unknown> {
    return this.once((channel) => channel.assertQueue(queue, options));
  }

  /** Ready messages now. */
  async depth(queue: string): Promise<number> {
    return this.once(async (channel) => (await channel.checkQueue(queue)).messageCount);
  }

  async exists(queue: string): Promise<boolean> {
    return this.depth(queue).then(
      () => true,
      () => false,
    );
  }

  /** Waits for the next message and takes it off the queue. */
  async take(queue: string): Promise<GetMessage> {
    const message = await this.next(queue);
    this.channel.ack(message);
    return message;
  }

  /** Waits for the next message and rejects it without requeue. */
  async reject(queue: string): Promise<GetMessage> {
    const message = await this.next(queue);
    this.channel.nack(message, false, false);
    return message;
  }

  /** Waits for the next message and puts it back, as a consumer with a passing failure does. */
  async requeue(queue: string): Promise<void> {
    const message = await this.next(queue);
    this.channel.nack(message, false, true);
    await this.awaitDepth(queue, 1);
  }

  /** Takes the next message and keeps it unacknowledged, as a consumer does that works on it. */
  async holdUnacknowledged(queue: string): Promise<void> {
    await this.next(queue);
  }

  /** Bodies of the next `count` messages in the order in which they come. */
  async takeBodies(queue: string, count: number): Promise<string[]> {
    const bodies: string[] = [];
    while (bodies.length < count) bodies.push((await this.take(queue)).content.toString());
    return bodies;
  }

  async awaitDepth(queue: string, depth: number): Promise<void> {
    let last = -1;
    const reached = await waitFor(async () => {
      last = await this.depth(queue);
      return last === depth ? true : undefined;
    }, WAIT_MS);
    if (reached === undefined) throw new Error(`${queue} has ${last} messages, expected ${depth}`);
  }

  /** Acknowledges whatever comes, until it is closed. */
  async consume(queue: string): Promise<Channel> {
    const channel = await this.connection.createChannel();
    await channel.consume(queue, (message) => {
      if (message !== null) channel.ack(message);
    });
    return channel;
  }

  /** The channel first, in order: an acknowledgement that waits to be sent would be lost with the connection. */
  async close(): Promise<void> {
    await this.channel.close().catch(() => undefined);
    await this.connection.close().catch(() => undefined);
  }

  private async next(queue: string): Promise<GetMessage> {
    const message = await waitFor(async () => {
      const answer = await this.once((channel) => channel.get(queue));
      return answer === false ? undefined : answer;
    }, WAIT_MS);
    if (message === undefined) throw new Error(`no message came to ${queue}`);
    return message;
  }

  /** Runs an operation; one that the broker refuses has closed the channel, so the next gets a new one. */
  private async once<T>(operation: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    try {
      return await operation(this.channel);
    } catch (error) {
      this.channel = await newChannel(this.connection);
      throw error;
    }
  }
}

async function newChannel(connection: ChannelModel): Promise<ConfirmChannel> {
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  return channel;
}

/** How often a message was dead-lettered for a reason in a queue, from its `x-death` header. */
export function deathCount(message: GetMessage, queue: string, reason: string): number {
  const deaths = (message.properties.headers?.['x-death'] ?? []) as {
    queue: string;
    reason: string;
    count: number;
  }[];
  return deaths.find((death) => death.queue === queue && death.reason === reason)?.count ?? 0;
}
