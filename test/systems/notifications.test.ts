/** System 2: a topic exchange, three queues, and a retry ladder on the broker that ends in a dead letter queue. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import { deathCount, type AmqpClient } from './amqpClient';
import { expectNoChange, SystemStack } from './systemStack';

withOldestAndNewestBroker('notifications', (broker) => {
  let system: SystemStack;
  let api: AmqpClient;
  let worker: AmqpClient;
  let operator: AmqpClient;

  beforeAll(async () => {
    system = await SystemStack.create(broker, 'notifications');
    await system.up();
    api = await system.clientOf('notifications-api', 'notifications');
    worker = await system.clientOf('notifications-worker', 'notifications');
    operator = await system.clientOf('notifications-operator', 'notifications');
  });
  afterAll(() => system.dispose());

  it('changes nothing the second time', async () => {
    expectNoChange(await system.up());
  });

  it.each([
    ['notification.message.new', 'message_notifications'],
    ['notification.message.retry', 'message_notifications'],
    ['notification.email.send', 'email_notifications'],
    ['notification.push.send', 'push_notifications'],
  ])('routes %s to %s', async (routingKey, queue) => {
    await api.publish('notifications', routingKey, routingKey);
    expect(await worker.takeBodies(queue, 1)).toEqual([routingKey]);
    for (const other of ['message_notifications', 'email_notifications', 'push_notifications']) {
      expect(await worker.depth(other)).toBe(0);
    }
  });

  it('brings a failed notification back after each delay, with its own identity, and gives up after three', async () => {
    system.edit({ 'delay: 5s, factor: 6': 'delay: 200ms' });
    expect((await system.up()).output).not.toMatch(/replace/);
    await api.publish('notifications', 'notification.email.send', 'to somebody', { messageId: 'mail-1' });
    await worker.reject('email_notifications');
    for (const attempt of [1, 2, 3]) {
      const started = performance.now();
      await worker.awaitDepth('email_notifications', 1);
      // The broker's clock and ours may differ by a little; that it waits at all is the point.
      expect(performance.now() - started).toBeGreaterThan(100 * 2 ** attempt * 0.5);
      const failed = await worker.reject('email_notifications');
      expect(failed.properties.messageId).toBe('mail-1');
    }
    const dead = await operator.take('notifications.dead');
    expect(dead.content.toString()).toBe('to somebody');
    expect(dead.properties.messageId).toBe('mail-1');
    expect(deathCount(dead, 'email_notifications', 'rejected')).toBe(4);
    expect(deathCount(dead, 'email_notifications.retry.3', 'expired')).toBe(1);
  });

  it('keeps each user to what it is for', async () => {
    await expect(worker.declareQueue('anything', { durable: true })).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(worker.publish('notifications', 'notification.push.send', '')).rejects.toThrow(
      /ACCESS.REFUSED/i,
    );
    await expect(api.take('push_notifications')).rejects.toThrow(/ACCESS.REFUSED/i);
  });

  it('leaves nothing behind', async () => {
    await system.destroyAndCompare();
  });
});
