/** System 5: one queue with priorities; a permanent failure is rejected into a dead letter queue. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import { deathCount, type AmqpClient } from './amqpClient';
import { expectNoChange, SystemStack } from './systemStack';

const QUEUE = 'stt_jobs_queue';

withOldestAndNewestBroker('speech-to-text', (broker) => {
  let system: SystemStack;
  let api: AmqpClient;
  let worker: AmqpClient;
  let operator: AmqpClient;

  beforeAll(async () => {
    system = await SystemStack.create(broker, 'speech-to-text');
    await system.up();
    api = await system.clientOf('stt-api', 'stt');
    worker = await system.clientOf('stt-worker', 'stt');
    operator = await system.clientOf('stt-operator', 'stt');
  });
  afterAll(() => system.dispose());

  it('changes nothing the second time', async () => {
    expectNoChange(await system.up());
  });

  it('gives out the most urgent job first', async () => {
    for (const priority of [0, 10, 5, 7, 5]) {
      await api.publish('stt_jobs', 'stt_job', `priority ${priority}`, { priority });
    }
    const order = await worker.takeBodies(QUEUE, 5);
    expect(order).toEqual(['priority 10', 'priority 7', 'priority 5', 'priority 5', 'priority 0']);
  });

  it('puts a transient failure back and a permanent one aside', async () => {
    await api.publish('stt_jobs', 'stt_job', 'a recording', { priority: 5 });
    await worker.requeue(QUEUE);
    expect(await worker.depth(QUEUE)).toBe(1);
    await worker.reject(QUEUE);
    const dead = await operator.take('stt_jobs_dlq');
    expect(dead.content.toString()).toBe('a recording');
    expect(deathCount(dead, QUEUE, 'rejected')).toBe(1);
  });

  it('ends a job after its time, changed in place', async () => {
    system.edit({ 'ttl: 1h': 'ttl: 300ms' });
    expect((await system.up()).output).not.toMatch(/replace/);
    await api.publish('stt_jobs', 'stt_job', 'too late', { priority: 5 });
    expect(deathCount(await operator.take('stt_jobs_dlq'), QUEUE, 'expired')).toBe(1);
  });

  it('takes the declaration of the application as it is', async () => {
    await worker.declareQueue(QUEUE, { durable: true, maxPriority: 10 });
    await expect(worker.declareQueue(QUEUE, { durable: true })).rejects.toThrow(/PRECONDITION.FAILED/i);
  });

  it('keeps each user to what it is for', async () => {
    await expect(worker.declareQueue('anything', { durable: true })).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(worker.publish('stt_jobs', 'stt_job', 'not mine')).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(api.take(QUEUE)).rejects.toThrow(/ACCESS.REFUSED/i);
  });

  it('leaves nothing behind', async () => {
    await system.destroyAndCompare();
  });
});
