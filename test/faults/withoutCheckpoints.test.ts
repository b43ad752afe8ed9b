/**
 * `warren up` lets Pulumi write the state only once, at the end: what there is of it when a resource fails, after
 * Ctrl-C, and after SIGKILL, when nothing is written at all and the next run must find out by itself.
 */
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allowRigUser, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import type { InterceptingProxy } from './interceptingProxy';
import { closeStackBehindProxy, openStackBehindProxy } from './stackBehindProxy';

const EXAMPLE = path.resolve(__dirname, '../../topology/examples/celery-django.yaml');
const QUEUE_CREATED = { method: 'PUT', path: /^\/api\/queues\/celery\/recovery$/ };

withBroker(
  'without checkpoints',
  (broker) => {
    let workspace: PulumiWorkspace;
    let proxy: InterceptingProxy;
    let endpoint: string;

    beforeEach(async () => {
      ({ workspace, proxy, endpoint } = await openStackBehindProxy(broker));
      await workspace.initWithSeed({
        topology: EXAMPLE,
        target: broker.version,
        endpoint,
      });
    });
    afterEach(() => closeStackBehindProxy({ workspace, proxy }));

    const stateHolds = (name: string): boolean => workspace.stateText().includes(`::${name}"`);

    it('warren up and destroy write the state at the end only, and --checkpoints brings them back', async () => {
      // The user's own value would win.
      const plain = new PulumiWorkspace({ stack: 'test' });
      try {
        await plain.initWithSeed({
          topology: EXAMPLE,
          target: broker.version,
          endpoint,
        });
        const seen: boolean[] = [];
        const look = (): void => {
          seen.push(plain.stateText().includes('::warren-admin-g1"'));
        };
        for (const options of [[], ['--checkpoints']]) {
          proxy.intercept({ ...QUEUE_CREATED, action: look });
          const up = await plain.warren('up', '--yes', '--skip-preview', ...options);
          expect(up.exitCode, up.output).toBe(0);
          expect(plain.stateText()).toContain('::celery/recovery"');
          const destroyed = await plain.warren('destroy', '--yes', '--skip-preview');
          expect(destroyed.exitCode, destroyed.output).toBe(0);
        }
        expect(seen).toEqual([false, true]);
      } finally {
        plain.dispose();
      }
    });

    it('a resource that fails: the others stand in the state', async () => {
      await callManagement(broker, 'PUT', 'vhosts/celery', {});
      await allowRigUser(broker, 'celery');
      const other = { durable: false, auto_delete: true, arguments: {} };
      await callManagement(broker, 'PUT', 'queues/celery/recovery', other);
      const failed = await workspace.up();
      expect(failed.exitCode, failed.output).not.toBe(0);
      expect(failed.output).toContain("differs in what can't be changed");
      expect(stateHolds('celery/maintenance')).toBe(true);
      expect(stateHolds('celery/recovery')).toBe(false);

      await callManagement(broker, 'DELETE', 'queues/celery/recovery');
      const again = await workspace.up();
      expect(again.exitCode, again.output).toBe(0);
      expectNoChange(await workspace.up());
    });

    it('Ctrl-C: what was made stands in the state', async () => {
      const running = workspace.startUp();
      proxy.intercept({ ...QUEUE_CREATED, action: () => running.interrupt() });
      const interrupted = await running.ended;
      expect(interrupted.exitCode, interrupted.output).not.toBe(0);
      expect(proxy.isHit).toBe(true);
      expect(stateHolds('warren-admin-g1')).toBe(true);

      const again = await workspace.up();
      expect(again.exitCode, again.output).toBe(0);
      expectNoChange(await workspace.up());
    });

    it('SIGKILL: nothing stands in the state, and a re-run adopts everything', async () => {
      const running = workspace.startUp();
      proxy.intercept({ ...QUEUE_CREATED, action: () => running.kill() });
      await running.ended;
      expect(proxy.isHit).toBe(true);
      expect(stateHolds('warren-admin-g1')).toBe(false);

      await workspace.clearLock();
      const again = await workspace.up();
      expect(again.exitCode, again.output).toBe(0);
      expectNoChange(await workspace.up());
    });

    it('SIGKILL amid destroy: a re-run finds the rest gone, or makes it go', async () => {
      expect((await workspace.up()).exitCode).toBe(0);
      const running = workspace.start('destroy');
      proxy.intercept({
        method: 'DELETE',
        path: /^\/api\/queues\/celery\/recovery\b/,
        action: () => running.kill(),
      });
      await running.ended;
      expect(proxy.isHit).toBe(true);
      expect(stateHolds('celery/recovery')).toBe(true);

      await workspace.clearLock();
      const again = await workspace.destroy();
      expect(again.exitCode, again.output).toBe(0);
      const vhosts = await callManagement<{ name: string }[]>(broker, 'GET', 'vhosts');
      expect(vhosts.map(({ name }) => name)).toEqual(['/']);
    });
  },
  ['4.3'],
);
