/**
 * Messages of a queue, one after the other, until none is ready any more. None is acknowledged here. A few are under
 * way at a time: those that stay unacknowledged don't stop it, since each further consumer has a window of its own.
 */
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { AmqpError, reasonIn } from './errors';

export interface IntakeOptions {
  readonly queue: string;
  /** How many the broker hands out ahead. */
  readonly window: number;
}

/** Time for what the broker has sent; then it is asked whether there is more. */
const IDLE_MS = 150;
/** A queue may need a while until it serves a new consumer. */
const STALLED_MS = 20_000;

/** To be settled, or counted: there may be many, and large ones. */
export function withoutContent(message: ConsumeMessage): ConsumeMessage {
  return { ...message, content: Buffer.alloc(0) };
}

export class Intake {
  readonly #arrived: ConsumeMessage[] = [];
  /** In the order in which they came. */
  readonly #unsettled = new Map<number, ConsumeMessage>();
  #atFirst = 0;
  #consumer: string | undefined;
  /** Of the present consumer's window. */
  #kept = 0;
  #wake: () => void = () => undefined;
  #fault: AmqpError | undefined;

  private constructor(
    private readonly channel: Channel,
    private readonly options: IntakeOptions,
  ) {}

  /** @throws AmqpError where there is no such queue, or the login may not consume from it */
  static async open(connection: ChannelModel, options: IntakeOptions): Promise<Intake> {
    const channel = await connection.createChannel();
    const intake = new Intake(channel, options);
    channel.on('error', (error) => intake.fail(reasonIn(error.message)));
    channel.on('close', () => intake.fail('the connection was closed'));
    await intake.attempt(async () => {
      await channel.prefetch(options.window);
      intake.#atFirst = (await channel.checkQueue(options.queue)).messageCount;
      await intake.consume();
    });
    return intake;
  }

  /** Messages that were ready in the queue at the beginning. */
  get atFirst(): number {
    return this.#atFirst;
  }

  /** Messages that are ready in a queue now. */
  readyIn(queue: string): Promise<number> {
    return this.attempt(async () => (await this.channel.checkQueue(queue)).messageCount);
  }

  /** Undefined once nothing is ready any more. */
  async next(): Promise<ConsumeMessage | undefined> {
    const sinceMs = performance.now();
    for (;;) {
      const message = this.#arrived.shift();
      if (message !== undefined) return message;
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#kept >= this.options.window) await this.attempt(() => this.renew());
      await this.arrival();
      if (this.#arrived.length > 0) continue;
      if ((await this.readyIn(this.options.queue)) === 0) {
        // What it had just handed out is on its way.
        await this.arrival();
        if (this.#arrived.length === 0) return undefined;
        continue;
      }
      // What is under way elsewhere makes room when it is settled.
      const isWaiting = this.#unsettled.size > this.#kept;
      if (!isWaiting && performance.now() - sinceMs > STALLED_MS) {
        throw this.told('it hands out nothing: another consumer may have it for itself');
      }
    }
  }

  /** Why the broker has ended it: all that wasn't acknowledged is in the queue again. */
  get fault(): AmqpError | undefined {
    return this.#fault;
  }

  /** It is elsewhere, or meant to be gone: the queue forgets it. @throws AmqpError where the queue has it again */
  acknowledge(message: ConsumeMessage): void {
    if (this.#fault !== undefined) throw this.#fault;
    this.settle(message);
    this.channel.ack(message);
  }

  /** It stays, and is given back at the end. */
  keep(message: ConsumeMessage): void {
    if (message.fields.consumerTag === this.#consumer) this.#kept++;
  }

  /** Gives back whatever isn't acknowledged, in its order, and waits until the broker has heard of it. */
  async close(): Promise<void> {
    if (this.#fault !== undefined) return;
    await this.attempt(async () => {
      if (this.#consumer !== undefined) await this.channel.cancel(this.#consumer);
      // All of a consumer at once, so that they come in their order. On 4.3, a nack doesn't count as a delivery, where a
      // channel that is closed does. Before 4.3, quorum queues without a delivery limit put them at the end; 3.10 with
      // one shuffles them.
      for (const message of this.#lastOfConsumers()) this.channel.nack(message, true, true);
      this.#unsettled.clear();
      await this.channel.close();
    });
  }

  /** Of each consumer in turn the last message that is still with us. */
  #lastOfConsumers(): readonly ConsumeMessage[] {
    const byConsumer = new Map<string, ConsumeMessage>();
    for (const message of this.#unsettled.values()) byConsumer.set(message.fields.consumerTag, message);
    return [...byConsumer.values()];
  }

  private async consume(): Promise<void> {
    this.#kept = 0;
    const { consumerTag } = await this.channel.consume(this.options.queue, (message) => {
      if (message === null) {
        this.fail('the queue was deleted');
        return;
      }
      this.#unsettled.set(message.fields.deliveryTag, withoutContent(message));
      this.#arrived.push(message);
      this.#wake();
    });
    this.#consumer = consumerTag;
  }

  private async renew(): Promise<void> {
    if (this.#consumer !== undefined) await this.channel.cancel(this.#consumer);
    await this.consume();
  }

  private settle(message: ConsumeMessage): void {
    this.#unsettled.delete(message.fields.deliveryTag);
  }

  private arrival(): Promise<void> {
    if (this.#arrived.length > 0 || this.#fault !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private fail(reason: string): void {
    this.#fault ??= this.told(reason);
    this.#wake();
  }

  private told(reason: string): AmqpError {
    return new AmqpError('operation', `Cannot read queue "${this.options.queue}": ${reason}.`);
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#fault ??= this.told(reasonIn((error as Error).message));
      throw this.#fault;
    }
  }
}
