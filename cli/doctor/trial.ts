/** One user in one vhost, as its application would begin: log in, declare, publish, consume. Nothing stays behind. */
import type { Channel, ChannelModel } from 'amqplib';
import type { AmqpSettings } from '../../broker/amqp/address';
import { closeAmqp, openAmqp } from '../../broker/amqp/connection';
import { reasonIn } from '../../broker/amqp/errors';
import { Publisher } from '../../broker/amqp/publisher';
import type { Checks } from './checks';
import type { TrialPlan } from './plan';

export async function tryUser(
  checks: Checks,
  settings: AmqpSettings,
  { vhost, plan }: { readonly vhost: string; readonly plan: TrialPlan },
): Promise<void> {
  const opened = await checks.step('log in', async () => {
    const connection = await openAmqp(settings, { vhost, name: 'warren doctor' });
    return { connection, text: `as ${settings.username}` };
  });
  if (opened === undefined) return;
  const { connection } = opened;
  try {
    await declare(checks, connection, plan.declare);
    // Where publishing is blocked, so is everything else on this connection.
    if (await publish(checks, connection, plan.publish)) await consume(checks, connection, plan.consume);
    else checks.skip('consume', 'the connection is of no use any more');
  } finally {
    // Takes the queue of its own along.
    await closeAmqp(connection);
  }
}

async function declare(checks: Checks, connection: ChannelModel, how: TrialPlan['declare']): Promise<void> {
  if ('because' in how) {
    checks.skip('declare', how.because);
    return;
  }
  if ('down' in how) {
    await checks.independent('declare', () => Promise.reject(isDown(how.down)));
    return;
  }
  await checks.independent('declare', () =>
    onChannel(connection, async (channel) => {
      if ('own' in how) {
        await channel.assertQueue(how.own, { exclusive: true, autoDelete: true, durable: false });
        return { text: `${how.own}, a private queue that goes again` };
      }
      await channel.checkQueue(how.passive);
      return { text: `it sees queue ${how.passive}; queues of its own are not for it` };
    }),
  );
}

/** Whether the connection can still be used. */
async function publish(
  checks: Checks,
  connection: ChannelModel,
  how: TrialPlan['publish'],
): Promise<boolean> {
  if ('because' in how) {
    checks.skip('publish', how.because);
    return true;
  }
  const alarm = { isOn: false };
  connection.once('blocked', () => (alarm.isOn = true));
  await checks.independent('publish', async () => {
    const publisher = await Publisher.open(connection);
    const [exchange, routingKey] =
      'own' in how ? ['', how.own] : [how.returned, `warren.doctor.${process.pid}`];
    const outcome = await publisher.publish({
      ...{ exchange, routingKey, content: Buffer.from('warren doctor') },
      properties: { messageId: routingKey, expiration: '60000' },
    });
    await publisher.close();
    if (outcome === 'refused') throw new Error('a queue refuses the message: it is full');
    const shown = exchange === '' ? 'the default exchange' : `exchange ${exchange}`;
    return 'own' in how
      ? { text: 'to the private queue, confirmed' }
      : { text: `to ${shown}, with a key that leads nowhere; ${outcome}, and confirmed` };
  });
  return !alarm.isOn;
}

async function consume(checks: Checks, connection: ChannelModel, how: TrialPlan['consume']): Promise<void> {
  if ('because' in how) {
    checks.skip('consume', how.because);
    return;
  }
  if ('down' in how) {
    await checks.independent('consume', () => Promise.reject(isDown(how.down)));
    return;
  }
  const queue = 'own' in how ? how.own : how.empty;
  await checks.independent('consume', () =>
    onChannel(connection, async (channel) => {
      await channel.prefetch(1);
      let wake: () => void = () => undefined;
      const came = new Promise<void>((resolve) => (wake = resolve));
      const { consumerTag } = await channel.consume(queue, (message) => {
        if (message === null) return;
        // Somebody else's, who published just now, goes back at once.
        if ('own' in how) channel.ack(message);
        else channel.nack(message, false, true);
        wake();
      });
      if ('own' in how) await came;
      await channel.cancel(consumerTag);
      return 'own' in how
        ? { text: 'from the private queue, the message is there' }
        : { text: `from ${queue}, in which nothing lay` };
    }),
  );
}

function isDown(queue: string): Error {
  return new Error(
    `queue ${queue} is down, and it may use no other: start the node that has it, or enough nodes for a majority. \`warren status\` says which is away`,
  );
}

/** What is refused closes a channel, and no more than that. */
async function onChannel<T>(connection: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    const result = await work(channel);
    await channel.close();
    return result;
  } catch (error) {
    throw new Error(
      `${reasonIn((error as Error).message)}. Its roles or permissions in the topology say what it may; \`warren status --access\` shows what the broker has`,
    );
  }
}
