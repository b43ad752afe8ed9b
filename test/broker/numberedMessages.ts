/** Messages that can be told apart, in and out of a queue over AMQP: a lost one shows, and so does a changed one. */
import { connect, type ChannelModel, type ConsumeMessage, type Options } from 'amqplib';
import { waitFor } from '../../tools/processes';
import type { TestBroker } from '../rigs/brokers';

const WAIT_MS = 60_000;

export async function connectTo(rig: TestBroker, vhost: string): Promise<ChannelModel> {
  const { amqpPort: port, username, password } = rig;
  const connection = await connect({
    protocol: 'amqp',
    hostname: '127.0.0.1',
    port,
    username,
    password,
    vhost,
  });
  connection.on('error', () => undefined);
  return connection;
}

export interface Numbered {
  readonly from: number;
  readonly count: number;
  readonly exchange: string;
  readonly routingKey: (id: number) => string;
  readonly options?: (id: number) => Options.Publish;
}

/** Resolves once the broker has confirmed all of them. */
export async function publishNumbered(connection: ChannelModel, messages: Numbered): Promise<void> {
  const channel = await connection.createConfirmChannel();
  const { exchange, routingKey, options = () => ({}) } = messages;
  for (let id = messages.from; id < messages.from + messages.count; id++) {
    const settings = { persistent: true, messageId: String(id), ...options(id) };
    const hasRoom = channel.publish(exchange, routingKey(id), Buffer.from(`body ${id}`), settings);
    if (!hasRoom) await new Promise((resolve) => channel.once('drain', resolve));
  }
  await channel.waitForConfirms();
  await channel.close();
}

/** Takes what is in the queue, until nothing comes any more. */
export async function takeAll(connection: ChannelModel, queue: string): Promise<ConsumeMessage[]> {
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  const taken: ConsumeMessage[] = [];
  await channel.prefetch(500);
  await new Promise<void>((resolve, reject) => {
    if (messageCount === 0) resolve();
    const consume = (message: ConsumeMessage | null): void => {
      if (message === null) return;
      taken.push(message);
      channel.ack(message);
      if (taken.length === messageCount) resolve();
    };
    channel.consume(queue, consume).catch(reject);
  });
  await channel.close();
  return taken;
}

/** Messages that are ready in it. */
export async function ready(connection: ChannelModel, queue: string): Promise<number> {
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  await channel.close();
  return messageCount;
}

export async function awaitReady(connection: ChannelModel, queue: string, count: number): Promise<void> {
  let last = -1;
  const reached = await waitFor(async () => {
    last = await ready(connection, queue);
    return last === count ? true : undefined;
  }, WAIT_MS);
  if (reached === undefined) throw new Error(`${queue} has ${last} messages, expected ${count}`);
}

export function idsOf(messages: readonly ConsumeMessage[]): number[] {
  return messages.map((message) => Number(message.properties.messageId));
}

export function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
