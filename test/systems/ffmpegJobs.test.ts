/** System 3: media jobs. A rejected job goes to the dead letter queue; a worker that dies loses no job. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import { deathCount, type AmqpClient } from './amqpClient';
import { expectNoChange, SystemStack } from './systemStack';

withOldestAndNewestBroker('ffmpeg-jobs', (broker) => {
  let system: SystemStack;
  let api: AmqpClient;
  let worker: AmqpClient;
  let operator: AmqpClient;

  beforeAll(async () => {
    system = await SystemStack.create(broker, 'ffmpeg-jobs');
    await system.up();
    api = await system.clientOf('ffmpeg-api', 'ffmpeg');
    worker = await system.clientOf('ffmpeg-worker', 'ffmpeg');
    operator = await system.clientOf('ffmpeg-operator', 'ffmpeg');
  });
  afterAll(() => system.dispose());

  it('keeps a job for an hour, and 10,000 of them', async () => {
    await expect
      .poll(() => system.effectivePolicy('ffmpeg', 'ffmpeg_job_queue'), { timeout: 60_000 })
      .toMatchObject({ 'message-ttl': 3_600_000, 'max-length': 10_000 });
  });

  it('changes nothing the second time', async () => {
    expectNoChange(await system.up());
  });

  it('routes a job by its exchange, and a rejected one to the dead letter queue', async () => {
    await api.publish('ffmpeg_jobs', 'ffmpeg_job', 'a broken film');
    await worker.reject('ffmpeg_job_queue');
    const dead = await operator.take('ffmpeg_job_dlq');
    expect(dead.content.toString()).toBe('a broken film');
    expect(deathCount(dead, 'ffmpeg_job_queue', 'rejected')).toBe(1);
  });

  it('gives the job of a worker that dies to another', async () => {
    await api.publish('ffmpeg_jobs', 'ffmpeg_job', 'a long film');
    const dying = await system.clientOf('ffmpeg-worker', 'ffmpeg');
    await dying.holdUnacknowledged('ffmpeg_job_queue');
    expect(await worker.depth('ffmpeg_job_queue')).toBe(0);
    await dying.close();
    const job = await worker.take('ffmpeg_job_queue');
    expect(job.content.toString()).toBe('a long film');
    expect(job.fields.redelivered).toBe(true);
  });

  it('expires and overflows as the topology says once it says so', async () => {
    system.edit({ 'ttl: 1h': 'ttl: 400ms', 'maxLength: 10000': 'maxLength: 2' });
    expect((await system.up()).output).not.toMatch(/replace/);
    // At once: were each confirmed before the next, the first might expire before the third pushes it out.
    const jobs = ['one', 'two', 'three'];
    await Promise.all(jobs.map((job) => api.publish('ffmpeg_jobs', 'ffmpeg_job', job)));
    const reasons = new Map<string, string>();
    for (let count = 0; count < 3; count++) {
      const dead = await operator.take('ffmpeg_job_dlq');
      const reason = ['maxlen', 'expired'].find((one) => deathCount(dead, 'ffmpeg_job_queue', one) === 1);
      reasons.set(dead.content.toString(), reason ?? 'none');
    }
    expect(Object.fromEntries(reasons)).toEqual({ one: 'maxlen', two: 'expired', three: 'expired' });
  });

  it('keeps each user to what it is for', async () => {
    await expect(worker.declareQueue('anything', { durable: true })).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(worker.publish('ffmpeg_jobs', 'ffmpeg_job', 'not mine')).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(api.take('ffmpeg_job_queue')).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(worker.take('ffmpeg_job_dlq')).rejects.toThrow(/ACCESS.REFUSED/i);
    await expect(system.clientOf('ffmpeg-worker', '/')).rejects.toThrow(/ConnectionClose|NOT.ALLOWED/i);
  });

  it('leaves nothing behind', async () => {
    await system.destroyAndCompare();
  });
});
