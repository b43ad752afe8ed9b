/** Publishing so that it is known of each message what became of it: taken, refused by a queue, or bound for nowhere. */
import { isDeepStrictEqual } from 'node:util';
import type { ChannelModel, ConfirmChannel, Message, Options } from 'amqplib';
import { AmqpError, forbiddenExchange, reasonIn } from './errors';
import { asHandedOut } from './exactHeaders';

export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

/** `returned`: no queue was there for it. `refused`: a queue said no, since it is full. */
export type Outcome = 'taken' | 'returned' | 'refused';

/** Of a message that the broker refused to this user, or that was never sent. */
export class NotTaken extends AmqpError {
  constructor(message: string) {
    super('operation', message);
  }
}

interface Pending {
  readonly message: Outgoing;
  isReturned: boolean;
  settle(outcome: Outcome): void;
  fail(error: Error): void;
}

export class Publisher {
  readonly #pending = new Set<Pending>();
  /** Exchanges that have taken something: who may not write there any more could a moment ago. */
  readonly #written = new Set<string>();
  #fault: AmqpError | undefined;

  private constructor(private readonly channel: ConfirmChannel) {}

  static async open(connection: ChannelModel): Promise<Publisher> {
    const channel = await connection.createConfirmChannel();
    const publisher = new Publisher(channel);
    channel.on('return', (message: Message) => publisher.takeBack(message));
    channel.on('error', (error) => publisher.end(reasonIn(error.message)));
    channel.on('close', () => publisher.end('the connection was closed'));
    connection.on('blocked', (reason: string) => {
      publisher.end(`the broker takes no messages (${reason}): it has an alarm, see warren status`);
    });
    return publisher;
  }

  /** @throws NotTaken, or AmqpError where it isn't known whether the message was taken */
  publish(message: Outgoing): Promise<Outcome> {
    const fault = this.#fault;
    if (fault !== undefined) return Promise.reject(new NotTaken(fault.message));
    return new Promise((resolve, reject) => {
      const pending: Pending = { message, isReturned: false, settle: resolve, fail: reject };
      this.#pending.add(pending);
      const { exchange, routingKey, content, properties } = message;
      const options = { ...properties, mandatory: true };
      this.channel.publish(exchange, routingKey, content, options, (error: unknown) => {
        this.#pending.delete(pending);
        const isTaken = error === null || error === undefined;
        if (isTaken) this.#written.add(exchange);
        pending.settle(!isTaken ? 'refused' : pending.isReturned ? 'returned' : 'taken');
      });
    });
  }

  async close(): Promise<void> {
    if (this.#fault === undefined) await this.channel.close();
  }

  /**
   * The broker doesn't say which one it returns. Equal messages can stand for each other; where none is equal,
   * nothing is known any more.
   */
  private takeBack({ fields, content, properties }: Message): void {
    const open = [...this.#pending].filter(
      ({ message, isReturned }) =>
        !isReturned &&
        message.exchange === fields.exchange &&
        message.routingKey === fields.routingKey &&
        message.content.equals(content),
    );
    const sameHeaders = (one: Pending): boolean =>
      isDeepStrictEqual(asHandedOut(one.message.properties.headers ?? {}), properties.headers ?? {}) &&
      (one.message.properties.messageId ?? '') === ((properties.messageId as string | undefined) ?? '');
    const returned = open.find(sameHeaders) ?? (open.length === 1 ? open[0] : undefined);
    if (returned === undefined) this.end('the broker returned a message that nobody knows');
    else returned.isReturned = true;
  }

  private end(reason: string): void {
    this.#fault ??= new AmqpError('operation', `Cannot publish: ${reason}.`);
    const forbidden = forbiddenExchange(reason);
    // Those that were told meanwhile are settled already.
    for (const pending of this.#pending) {
      const { exchange } = pending.message;
      const isForbidden = exchange === forbidden && !this.#written.has(exchange);
      pending.fail(isForbidden ? new NotTaken(this.#fault.message) : this.#fault);
    }
    this.#pending.clear();
  }
}
