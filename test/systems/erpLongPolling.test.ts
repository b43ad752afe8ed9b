/** System 4: the application declares one queue per user at run time; the topology covers them by name pattern. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import type { AmqpClient } from './amqpClient';
import { expectNoChange, SystemStack } from './systemStack';

const EVENTS = 'event_queue:user:17';
const COLLEGE = 'event_queue:college:3';
const ONLINE = 'online_status:user:17';
const ONLINE_OPTIONS = { durable: false };

withOldestAndNewestBroker('erp-long-polling', (broker) => {
  let system: SystemStack;
  let erp: AmqpClient;

  beforeAll(async () => {
    system = await SystemStack.create(broker, 'erp-long-polling');
    await system.up();
    erp = await system.clientOf('erp', 'erp');
    await erp.declareQueue(EVENTS, { durable: true });
    await erp.declareQueue(COLLEGE, { durable: true });
    await erp.declareQueue(ONLINE, ONLINE_OPTIONS);
  });
  afterAll(() => system.dispose());

  it('covers the queues of each family by a policy', async () => {
    const events = { 'message-ttl': 1_800_000, 'max-length': 100, overflow: 'drop-head' };
    const online = { expires: 300_000, 'max-length': 1 };
    const expected = { [EVENTS]: events, [COLLEGE]: events, [ONLINE]: online };
    for (const [queue, definition] of Object.entries(expected)) {
      await expect
        .poll(() => system.effectivePolicy('erp', queue), { timeout: 60_000 })
        .toMatchObject(definition);
    }
  });

  it('replicates the durable families in the way of the version', async () => {
    const queue = await system.get<{ type: string }>(`queues/erp/${encodeURIComponent(EVENTS)}`);
    const policy = await system.effectivePolicy('erp', EVENTS);
    if (broker.version === '3.10') expect(policy).toMatchObject({ 'ha-mode': 'all' });
    else expect(queue.type).toBe('quorum');
  });

  it('changes nothing the second time, whatever the application has declared', async () => {
    expectNoChange(await system.up());
    expect(await erp.exists(EVENTS)).toBe(true);
  });

  it('drops the oldest event over 100', async () => {
    for (let number = 1; number <= 105; number++) await erp.publishToQueue(EVENTS, `event ${number}`);
    await erp.awaitDepth(EVENTS, 100);
    expect(await erp.takeBodies(EVENTS, 1)).toEqual(['event 6']);
    await erp.takeBodies(EVENTS, 99);
  });

  it('keeps just the last status', async () => {
    await erp.publishToQueue(ONLINE, 'away');
    await erp.publishToQueue(ONLINE, 'online');
    await erp.awaitDepth(ONLINE, 1);
    expect(await erp.takeBodies(ONLINE, 1)).toEqual(['online']);
  });

  it('removes an unused status queue and expires old events', async () => {
    system.edit({ 'expires: 5m': 'expires: 1s', 'ttl: 30m': 'ttl: 300ms' });
    await system.up();
    await erp.publishToQueue(COLLEGE, 'soon stale');
    await erp.awaitDepth(COLLEGE, 0);
    // Asked over HTTP: a passive declaration over AMQP counts as use, and would keep the queue alive.
    const names = async (): Promise<string[]> =>
      (await system.get<{ name: string }[]>('queues/erp')).map((queue) => queue.name);
    await expect.poll(names, { timeout: 60_000 }).not.toContain(ONLINE);
  });

  it('lets the application declare these names only', async () => {
    await expect(erp.declareQueue('event_queue:system:1', { durable: true })).rejects.toThrow(
      /ACCESS.REFUSED/i,
    );
    await expect(erp.declareQueue('x:event_queue:user:1', { durable: true })).rejects.toThrow(
      /ACCESS.REFUSED/i,
    );
  });

  it('limits the vhost', async () => {
    const [limits] = await system.get<{ value: Record<string, number> }[]>('vhost-limits/erp');
    expect(limits?.value['max-queues']).toBeGreaterThanOrEqual(3_000);
  });

  it('leaves nothing behind', async () => {
    await system.destroyAndCompare();
  });
});
