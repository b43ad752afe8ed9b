/**
 * One at a time looks into a queue whose delivery limit is out of the way: the first to end would put the limit back
 * under the hands of the other, and what that one then gives back would be beyond it. The lock is a private queue:
 * RabbitMQ gives it to one connection only, and takes it away with that, however it ends.
 */
import type { ChannelModel } from 'amqplib';
import { holdingName } from '../replacement/holding';
import { reasonIn } from './errors';

export type LockResult = 'locked' | 'taken' | { readonly refused: string };

/** RESOURCE_LOCKED */
const TAKEN = 405;

/** For as long as the connection is there. */
export async function lockQueue(connection: ChannelModel, queue: string): Promise<LockResult> {
  const lock = holdingName('lock', queue);
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    const table = { 'x-queue-type': 'classic' };
    await channel.assertQueue(lock, {
      ...{ exclusive: true, autoDelete: false, durable: false },
      arguments: table,
    });
    // A policy of somebody's may let queues expire that nobody consumes from.
    await channel.consume(lock, () => undefined, { noAck: true });
    return 'locked';
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: number };
    return code === TAKEN ? 'taken' : { refused: reasonIn(message) };
  }
}
