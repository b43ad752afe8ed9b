/**
 * SIGKILL for the engine and its providers at the worst moments: the broker has just done something, and neither the
 * provider nor the state has heard of it. A plain re-run must get in and end in the right state.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resetBroker, withOldestAndNewestBroker } from '../rigs/brokers';
import { callManagement, canLogIn } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import { InterceptingProxy } from './interceptingProxy';

const EXAMPLE = path.resolve(__dirname, '../../topology/examples/celery-django.yaml');

const MOMENTS = [
  ['the administrator was created', 'PUT', /^\/api\/users\/warren-admin-g1$/],
  ['guest was deleted', 'DELETE', /^\/api\/users\/guest$/],
  ['the vhost was created', 'PUT', /^\/api\/vhosts\/celery$/],
  ['a queue was created', 'PUT', /^\/api\/queues\/celery\/recovery$/],
] as const;

withOldestAndNewestBroker('killed', (broker) => {
  let workspace: PulumiWorkspace;
  let proxy: InterceptingProxy;

  beforeEach(async () => {
    await resetBroker(broker);
    proxy = await InterceptingProxy.start(broker.managementPort);
    workspace = new PulumiWorkspace({ stack: 'test' });
    await workspace.initWithSeed({
      topology: EXAMPLE,
      target: broker.version,
      endpoint: `http://127.0.0.1:${proxy.port}`,
    });
  });
  afterEach(async () => {
    await proxy.stop();
    workspace.dispose();
  });

  it.each(MOMENTS)('after %s: a re-run gets in and finishes', async (_moment, method, requestPath) => {
    const running = workspace.startUp();
    proxy.intercept({ method, path: requestPath, action: () => running.kill() });
    const killed = await running.ended;
    expect(proxy.isHit, killed.output).toBe(true);
    expect(killed.exitCode).not.toBe(0);

    await workspace.clearLock();
    const again = await workspace.up();
    expect(again.exitCode, again.output).toBe(0);
    const guest = { managementPort: broker.managementPort, username: 'guest', password: 'guest' };
    expect(await canLogIn(guest)).toBe(false);
    const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/celery');
    expect(queues.map((queue) => queue.name).sort()).toEqual([
      'default',
      'maintenance',
      'match_processing',
      'player_sync',
      'recovery',
      'timeline_processing',
    ]);
    expectNoChange(await workspace.up());
  });

  it('and the state lost: the derived password still gets in', async () => {
    expect((await workspace.up()).exitCode).toBe(0);
    fs.rmSync(path.join(workspace.folder, 'state', '.pulumi', 'stacks'), { recursive: true });
    await workspace.init();
    const again = await workspace.up();
    expect(again.exitCode, again.output).toBe(0);
    expectNoChange(await workspace.up());
  });
});
