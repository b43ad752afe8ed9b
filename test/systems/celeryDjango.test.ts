/** System 1: Celery and Django. Limits, expiry and rejection all dead-letter back into the working queue `default`. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withBroker } from '../rigs/brokers';
import { deathCount, type AmqpClient } from './amqpClient';
import { expectNoChange, SystemStack } from './systemStack';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

withBroker('celery-django', (broker) => {
  let system: SystemStack;
  let celery: AmqpClient;

  beforeAll(async () => {
    system = await SystemStack.create(broker, 'celery-django');
    await system.up('--skip-preview=false'); // with its preview, as people do it
    celery = await system.clientOf('celery', 'celery');
  });
  afterAll(() => system.dispose());

  it('gives each queue the limits of its row', async () => {
    const deadLetters = { 'dead-letter-exchange': '', 'dead-letter-routing-key': 'default' };
    const limits: Record<string, Record<string, unknown>> = {
      player_sync: { 'message-ttl': 2 * HOUR, 'max-length': 1_000, ...deadLetters },
      match_processing: { 'message-ttl': 30 * MINUTE, 'max-length': 5_000, ...deadLetters },
      timeline_processing: { 'message-ttl': 30 * MINUTE, 'max-length': 5_000, ...deadLetters },
      recovery: { 'message-ttl': 4 * HOUR, 'max-length': 100, ...deadLetters },
    };
    for (const [queue, definition] of Object.entries(limits)) {
      await expect
        .poll(() => system.effectivePolicy('celery', queue), { timeout: 60_000 })
        .toMatchObject(definition);
    }
    for (const queue of ['default', 'maintenance']) expect(await celery.exists(queue)).toBe(true);
  });

  it('changes nothing the second time, and needs no guest for it', async () => {
    expectNoChange(await system.up());
    const users = await system.get<{ name: string }[]>('users');
    expect(users.map((user) => user.name)).not.toContain('guest');
  });

  it('drops the oldest over max-length, into default', async () => {
    for (let number = 1; number <= 103; number++) await celery.publishToQueue('recovery', `task ${number}`);
    await celery.awaitDepth('default', 3);
    expect(await celery.depth('recovery')).toBe(100);
    const first = await celery.take('default');
    expect(first.content.toString()).toBe('task 1');
    expect(deathCount(first, 'recovery', 'maxlen')).toBe(1);
    await celery.takeBodies('default', 2);
    await celery.takeBodies('recovery', 100);
  });

  it('moves rejected tasks to default', async () => {
    await celery.publishToQueue('match_processing', 'a task that fails');
    await celery.reject('match_processing');
    const dead = await celery.take('default');
    expect(dead.content.toString()).toBe('a task that fails');
    expect(deathCount(dead, 'match_processing', 'rejected')).toBe(1);
  });

  it('changes a TTL in place, with the messages that are there, and expires into default', async () => {
    await celery.publishToQueue('maintenance', 'stays');
    system.edit({ 'ttl: 2h': 'ttl: 300ms' });
    const run = await system.up();
    expect(run.output).not.toMatch(/replace/);
    await celery.publishToQueue('player_sync', 'too late');
    const dead = await celery.take('default');
    expect(dead.content.toString()).toBe('too late');
    expect(deathCount(dead, 'player_sync', 'expired')).toBe(1);
    expect(await celery.takeBodies('maintenance', 1)).toEqual(['stays']);
  });

  it('lets Celery declare what is its own, and nothing else', async () => {
    await celery.declareQueue('celery@host.celery.pidbox', { durable: false, autoDelete: true });
    await expect(celery.declareQueue('somebody_elses', { durable: true })).rejects.toThrow(/ACCESS.REFUSED/i);
  });

  it('leaves nothing behind', async () => {
    await system.destroyAndCompare();
  });
});
