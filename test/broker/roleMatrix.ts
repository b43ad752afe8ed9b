/** Everything that a client can try on a set of queues and exchanges over AMQP, and what the broker says to it. */
import { connect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { BrokerObject, ExchangeObject, QueueObject } from '../../topology/index';
import type { TestBroker } from '../rigs/brokers';

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/** Something to try, by a name such as `bind paid orders`. */
interface Operation {
  readonly name: string;
  readonly prepare?: (admin: Channel) => Promise<unknown>;
  readonly run: (channel: ConfirmChannel) => Promise<unknown>;
  /** Makes good what the operation, or its preparation, has destroyed. */
  readonly repair?: (admin: Channel) => Promise<unknown>;
}

/** `refused` is 403 ACCESS_REFUSED; anything else that went wrong is told in its own words. */
export type Outcome = 'allowed' | 'refused' | { readonly fault: string };

export function open(rig: TestBroker, { username, password, vhost }: Login): Promise<ChannelModel> {
  const url = { hostname: '127.0.0.1', port: rig.amqpPort, username, password, vhost };
  // Hundreds of small requests, one after the other: without it, the system holds each one back for some 40 ms.
  return connect(url, { noDelay: true });
}

/** Tries everything as a user. Another one, who may do it all, prepares each operation and repairs what it did. */
export function tryEverything(
  user: ChannelModel,
  admin: Channel,
  objects: readonly BrokerObject[],
): Promise<Map<string, Outcome>> {
  return tryAll(user, operationsOn(objects), admin);
}

export async function tryAll(
  user: ChannelModel,
  operations: readonly Operation[],
  admin?: Channel,
): Promise<Map<string, Outcome>> {
  user.on('error', () => undefined);
  const outcomes = new Map<string, Outcome>();
  let channel = await newChannel(user);
  for (const { name, prepare, run, repair } of operations) {
    if (admin !== undefined) await prepare?.(admin);
    try {
      await run(channel);
      outcomes.set(name, 'allowed');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      outcomes.set(name, /403.*ACCESS_REFUSED/.test(message) ? 'refused' : { fault: message });
      // A refusal has closed the channel.
      channel = await newChannel(user);
    }
    if (admin !== undefined) await repair?.(admin);
  }
  await channel.close();
  return outcomes;
}

async function newChannel(connection: ChannelModel): Promise<ConfirmChannel> {
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  return channel;
}

/** A dead-letter exchange that is in no declaration of the topology. */
export const OTHER_DEAD_LETTERS = 'amq.fanout';

function operationsOn(objects: readonly BrokerObject[]): Operation[] {
  const queues = objects.filter((object): object is QueueObject => object.kind === 'queue');
  const exchanges = objects.filter((object): object is ExchangeObject => object.kind === 'exchange');
  const targets = [...exchanges.map(({ name }) => name), 'amq.topic'];
  return [
    ...queues.flatMap((queue) => [
      ...queueOperations(queue),
      ...targets.map((exchange) => bindOperation(queue.name, exchange)),
    ]),
    ...exchanges.flatMap(exchangeOperations),
    ...targets.flatMap((destination) => targets.map((source) => bindExchangeOperation(destination, source))),
    ...targets.map((exchange) => publishOperation(exchange, exchange)),
    publishOperation('amq.default', ''),
  ];
}

function queueOperations(queue: QueueObject): Operation[] {
  const { name } = queue;
  const declare = (channel: Channel): Promise<unknown> => declareQueue(channel, queue);
  const remove = (channel: Channel): Promise<unknown> => channel.deleteQueue(name);
  const declareWithDeadLetters = (channel: Channel): Promise<unknown> =>
    channel.assertQueue(name, { deadLetterExchange: OTHER_DEAD_LETTERS });
  const again = async (admin: Channel): Promise<void> => {
    await remove(admin);
    await declare(admin);
  };
  return [
    { name: `declare ${name}`, run: declare },
    { name: `create ${name}`, prepare: remove, run: declare, repair: declare },
    { name: `create ${name} with dead letters`, prepare: remove, run: declareWithDeadLetters, repair: again },
    { name: `purge ${name}`, run: (channel) => channel.purgeQueue(name) },
    { name: `get ${name}`, run: (channel) => channel.get(name, { noAck: true }) },
    {
      name: `consume ${name}`,
      run: async (channel) => {
        const { consumerTag } = await channel.consume(name, () => undefined, { noAck: true });
        await channel.cancel(consumerTag);
      },
    },
    { name: `delete ${name}`, run: remove, repair: declare },
  ];
}

function declareQueue(channel: Channel, { name, durable, autoDelete, arguments: given }: QueueObject) {
  return channel.assertQueue(name, { durable, autoDelete, arguments: given });
}

function exchangeOperations({ name, type, durable, ...exchange }: ExchangeObject): Operation[] {
  const { autoDelete, internal, arguments: given } = exchange;
  const declare = (channel: Channel): Promise<unknown> =>
    channel.assertExchange(name, type, { durable, autoDelete, internal, arguments: given });
  const remove = (channel: Channel): Promise<unknown> => channel.deleteExchange(name);
  return [
    { name: `declare exchange ${name}`, run: declare },
    { name: `create exchange ${name}`, prepare: remove, run: declare, repair: declare },
    { name: `delete exchange ${name}`, run: remove, repair: declare },
  ];
}

const KEY = 'matrix';

function bindOperation(queue: string, exchange: string): Operation {
  return {
    name: `bind ${queue} to ${exchange}`,
    run: async (channel) => {
      await channel.bindQueue(queue, exchange, KEY);
      await channel.unbindQueue(queue, exchange, KEY);
    },
  };
}

function bindExchangeOperation(destination: string, source: string): Operation {
  return {
    name: `bind exchange ${destination} to ${source}`,
    run: async (channel) => {
      await channel.bindExchange(destination, source, KEY);
      await channel.unbindExchange(destination, source, KEY);
    },
  };
}

function publishOperation(name: string, exchange: string): Operation {
  return { name: `publish to ${name}`, run: (channel) => publish(channel, exchange) };
}

/** Confirmed: without, a refusal would come unnoticed, later. */
export function publish(channel: ConfirmChannel, exchange: string): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.once('error', reject);
    channel.publish(exchange, 'no-such-queue', Buffer.from('x'), {}, (error: unknown) => {
      channel.off('error', reject);
      if (error === null || error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('the broker nacked the message'));
    });
  });
}
