/** A vhost on a real broker that takes compiled objects, many messages at once, and gives them back. */
import { connect, type Channel, type ChannelModel, type ConfirmChannel, type GetMessage } from 'amqplib';
import type { BrokerObject } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import type { HeaderValue } from '../../topology/route/headers';
import type { Message } from '../../topology/route/publish';
import { allowRigUser, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';

export class LiveVhost {
  private constructor(
    private readonly broker: TestBroker,
    readonly name: string,
    private readonly connection: ChannelModel,
    private readonly publisher: ConfirmChannel,
    readonly channel: Channel,
  ) {}

  /** @param name of a vhost that is there */
  static async open(broker: TestBroker, name: string): Promise<LiveVhost> {
    await allowRigUser(broker, name);
    const { amqpPort, username, password } = broker;
    const connection = await connect({
      protocol: 'amqp',
      hostname: '127.0.0.1',
      port: amqpPort,
      username,
      password,
      vhost: name,
    });
    const [publisher, channel] = await Promise.all([
      connection.createConfirmChannel(),
      connection.createChannel(),
    ]);
    return new LiveVhost(broker, name, connection, publisher, channel);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async import(objects: readonly BrokerObject[]): Promise<void> {
    // Without the parts that are empty, or the vhost itself, whose metadata would be written anew.
    const { exchanges, queues, bindings, policies, parameters } = renderDefinitions(objects);
    await callManagement(this.broker, 'POST', 'definitions', {
      exchanges,
      queues,
      bindings,
      policies,
      parameters,
    });
  }

  /** Publishes messages whose bodies are their indexes; says which of them the broker confirmed and which it nacked. */
  async publish(messages: readonly Message[]): Promise<('ack' | 'nack')[]> {
    return Promise.all(
      messages.map(
        ({ exchange, routingKey, headers, cc, bcc }, index) =>
          new Promise<'ack' | 'nack'>((resolve) => {
            const options = {
              persistent: true,
              headers: Object.fromEntries(
                Object.entries(headers).map(([key, value]) => [key, onTheWire(value)]),
              ),
              ...(cc === undefined ? {} : { CC: [...cc] }),
              ...(bcc === undefined ? {} : { BCC: [...bcc] }),
            };
            this.publisher.publish(
              exchange,
              routingKey,
              Buffer.from(String(index)),
              options,
              (error: unknown) => {
                resolve(error === null || error === undefined ? 'ack' : 'nack');
              },
            );
          }),
      ),
    );
  }

  /** What the broker says when it closes the channel over a message to this exchange. */
  async refusalOf(exchange: string): Promise<string> {
    const channel = await this.connection.createChannel();
    return new Promise((resolve) => {
      channel.once('error', (error: Error) => {
        resolve(error.message);
      });
      channel.publish(exchange, '', Buffer.from('x'));
    });
  }

  async depth(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  /** Takes all messages off a queue, in their order: as many as the broker says that it has. */
  async drain(queue: string): Promise<GetMessage[]> {
    const expected = await this.depth(queue);
    if (expected === 0) return [];
    const messages: GetMessage[] = [];
    const consumerTag = `drain-${queue}`;
    await new Promise<void>((resolve, reject) => {
      this.channel
        .consume(
          queue,
          (message) => {
            if (message === null) reject(new Error(`${queue} went away`));
            else if (messages.push(message as unknown as GetMessage) === expected) resolve();
          },
          { noAck: true, consumerTag },
        )
        .catch(reject);
    });
    await this.channel.cancel(consumerTag);
    return messages;
  }
}

/** amqplib picks the type of a number by its looks. */
function onTheWire(value: HeaderValue): unknown {
  return typeof value === 'object' && value !== null ? { '!': 'double', value: value.double } : value;
}
