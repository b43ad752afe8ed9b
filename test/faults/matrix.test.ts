/**
 * Each fault for create, read, update and delete at once: an end within the limits, one description, and afterwards a
 * plain re-run, which ends right whatever the broker had done already.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scratchOn, uniqueName } from '../broker/realBroker';
import { FakeEngine, urn, type PluginProcess } from '../provider/plugin';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { FAULTS, type NamedFault } from './faults';
import { InterceptingProxy, type Fault } from './interceptingProxy';

const QUEUE = 'rabbitmq:index/queue:Queue';
const POLICY = 'rabbitmq:index/policy:Policy';
/** Short, so that the tests are, and long for a broker on a busy machine; far below the limit that is asserted. */
const LIMITS = { WARREN_REQUEST_TIMEOUT: '1500ms', WARREN_RETRY_BUDGET: '2s' };
/** For all four: one request timeout, one budget, and what a busy machine needs. */
const BOUND_MS = 10_000;
const NOT_DONE = /^Not done: .* shown at another resource\.$/;
const BEHIND_LOGIN = /^\/api\/(?!whoami|overview)/;

const policy = (vhost: string, ttl: number) => ({
  name: 'limits',
  vhost,
  policy: { pattern: '^x$', priority: 1, applyTo: 'queues', definition: { 'message-ttl': ttl } },
});
const queue = (vhost: string, name: string) => ({
  name,
  vhost,
  settings: { durable: true, autoDelete: false },
});

withBroker(
  'faults',
  (rig) => {
    const scratch = scratchOn(rig);
    let proxy: InterceptingProxy;
    let engine: FakeEngine;
    let vhost: string;

    beforeAll(async () => {
      proxy = await InterceptingProxy.start(rig.managementPort);
    });
    afterAll(() => proxy.stop());
    beforeEach(async () => {
      engine = await FakeEngine.start();
      vhost = await scratch.vhost();
      await callManagement(rig, 'PUT', `permissions/${vhost}/${rig.username}`, {
        ...{ configure: '.*', write: '.*', read: '.*' },
      });
      const declare = (name: string) =>
        callManagement(rig, 'PUT', `queues/${vhost}/${name}`, { durable: true });
      await Promise.all([declare('old'), declare('seen')]);
      await callManagement(rig, 'PUT', `policies/${vhost}/limits`, {
        ...{ pattern: '^x$', priority: 1, 'apply-to': 'queues', definition: { 'message-ttl': 1 } },
      });
    });
    afterEach(async () => {
      proxy.heal();
      await engine.stop();
    });

    const plugin = (limits: NodeJS.ProcessEnv): Promise<PluginProcess> =>
      engine.plugin(
        'rabbitmq',
        {
          endpoint: `http://127.0.0.1:${proxy.port}`,
          username: rig.username,
          password: rig.password,
          approve: JSON.stringify([`queue old@${vhost}`]),
        },
        limits,
      );

    /** Undefined for what went well, else the message. */
    async function runAll(limits: NodeJS.ProcessEnv = LIMITS): Promise<readonly (string | undefined)[]> {
      const { create, update, remove, read } = await operations(await plugin(limits));
      const outcome = (work: Promise<unknown>): Promise<string | undefined> =>
        work.then(
          () => undefined,
          (error: unknown) => (error as Error).message,
        );
      return Promise.all([create, update, remove, read].map((work) => outcome(work())));
    }

    function operations(on: PluginProcess) {
      return Promise.resolve({
        create: () => on.create(urn(QUEUE, 'new'), queue(vhost, 'new')),
        update: () => on.update(urn(POLICY, 'limits'), `limits@${vhost}`, policy(vhost, 1), policy(vhost, 2)),
        remove: () => on.remove(urn(QUEUE, 'old'), `old@${vhost}`, queue(vhost, 'old')),
        read: async () => {
          const { id } = await on.read(urn(QUEUE, 'seen'), `seen@${vhost}`, queue(vhost, 'seen'));
          if (id === '') throw new Error('The queue was not found');
        },
      });
    }

    async function expectDone(): Promise<void> {
      const queues = await callManagement<{ name: string }[]>(rig, 'GET', `queues/${vhost}`);
      expect(queues.map(({ name }) => name).sort()).toEqual(['new', 'seen']);
      const stored = await callManagement<{ definition: unknown }>(rig, 'GET', `policies/${vhost}/limits`);
      expect(stored.definition).toEqual({ 'message-ttl': 2 });
    }

    it.each(FAULTS)('$name, for good: told, and a re-run ends right', async ({ fault, ...expected }) => {
      proxy.break(BEHIND_LOGIN, fault);
      const startMs = performance.now();
      const messages = await runAll();
      expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
      expectTold(messages, expected);
      proxy.heal();
      expect(await runAll({})).toEqual([undefined, undefined, undefined, undefined]);
      await expectDone();
    });

    it.each(FAULTS.filter(({ passes }) => passes))('$name, once: nobody hears of it', async ({ fault }) => {
      let count = 0;
      const once: Fault = async (response, ask) => {
        count++;
        if (count === 3) proxy.heal();
        await fault(response, ask);
      };
      proxy.break(BEHIND_LOGIN, once);
      expect(await runAll()).toEqual([undefined, undefined, undefined, undefined]);
      expect(count).toBeGreaterThanOrEqual(3);
      await expectDone();
    });

    it('slow answers, within the limit: waited for, and nothing is sent twice', async () => {
      proxy.break(BEHIND_LOGIN, async (response, ask) => {
        const { status, headers, body } = await ask();
        // Longer than the limits of the other tests.
        setTimeout(() => response.writeHead(status, headers).end(body), 1700);
      });
      const before = proxy.requests.length;
      expect(await runAll({ WARREN_REQUEST_TIMEOUT: '2m' })).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      const writes = proxy.requests.slice(before).filter((request) => request.startsWith('PUT'));
      expect(writes.sort()).toEqual([`PUT /api/policies/${vhost}/limits`, `PUT /api/queues/${vhost}/new`]);
      await expectDone();
    });
  },
  ['4.3'],
);

function expectTold(
  messages: readonly (string | undefined)[],
  { message, isOutage }: Pick<NamedFault, 'message' | 'isOutage'>,
): void {
  const count = (text: RegExp): number => messages.filter((told) => text.test(told ?? '')).length;
  expect({ full: count(message), rest: count(NOT_DONE) }, messages.join('\n')).toEqual(
    isOutage ? { full: 1, rest: 3 } : { full: 4, rest: 0 },
  );
}

describe('no broker at all', () => {
  it.each([
    ['http://127.0.0.1:1', /is not reachable \(ECONNREFUSED\)/],
    [`http://${uniqueName('no-such-host')}.invalid:15672`, /\((ENOTFOUND|EAI_AGAIN)\).*(Correct|Check)/],
  ])('%s', async (endpoint, message) => {
    const engine = await FakeEngine.start();
    const plugin = await engine.plugin('rabbitmq', { endpoint, username: 'u', password: 'p' }, LIMITS);
    const startMs = performance.now();
    await expect(plugin.create(urn(QUEUE, 'new'), queue('/', 'new'))).rejects.toThrow(message);
    expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
    await engine.stop();
  });
});
