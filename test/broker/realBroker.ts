/** A vhost of a test's own on a real broker, so that tests don't meet each other's objects. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { openBroker, type Broker } from '../../broker/api/transport';
import { callManagement, type ManagementLogin } from '../rigs/management';
import { allowRigUser, type TestBroker } from '../rigs/brokers';

export function brokerOf(rig: ManagementLogin, login?: { username: string; password: string }): Broker {
  const { username, password } = login ?? rig;
  return openBroker({ endpoint: endpointOf(rig), username, password });
}

export function endpointOf(rig: Pick<ManagementLogin, 'managementPort'>): string {
  return `http://127.0.0.1:${rig.managementPort}`;
}

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

export interface Scratch {
  /** A vhost that is there, and goes after the tests. */
  vhost(name?: string): Promise<string>;
  /** The user goes after the tests, whoever made it. */
  user(name?: string): string;
  publish(vhost: string, queue: string, count?: number): Promise<void>;
}

/** Call inside a `describe`: cleans up after its tests, which may run side by side. */
export function scratchOn(rig: TestBroker): Scratch {
  const vhosts: string[] = [];
  const users: string[] = [];
  // A shovel or an upstream whose URI names no vhost is for `/`: who sets it must be allowed in there. Others, whose
  // tests reset the broker before and not after, may have left it without one.
  beforeAll(async () => {
    await callManagement(rig, 'PUT', 'vhosts/%2F', {});
    await allowRigUser(rig, '/');
  });
  afterAll(async () => {
    const remove = (kind: string, name: string): Promise<unknown> =>
      callManagement(rig, 'DELETE', `${kind}/${encodeURIComponent(name)}`).catch(() => undefined);
    for (const name of vhosts.splice(0)) {
      const target = `vhosts/${encodeURIComponent(name)}/deletion/protection`;
      await callManagement(rig, 'DELETE', target).catch(() => undefined);
      await remove('vhosts', name);
    }
    for (const name of users.splice(0)) await remove('users', name);
  });
  return {
    vhost: async (name = uniqueName('warren-test')) => {
      vhosts.push(name);
      await callManagement(rig, 'PUT', `vhosts/${encodeURIComponent(name)}`, {});
      return name;
    },
    user: (name = uniqueName('warren-test')) => {
      users.push(name);
      return name;
    },
    publish: async (vhost, queue, count = 1) => {
      for (let sent = 0; sent < count; sent++) {
        const reply = await callManagement<{ routed: boolean }>(
          rig,
          'POST',
          `exchanges/${encodeURIComponent(vhost)}/amq.default/publish`,
          {
            properties: { delivery_mode: 2 },
            routing_key: queue,
            payload: 'x',
            payload_encoding: 'string',
          },
        );
        if (!reply.routed) throw new Error(`No queue "${queue}" took the message`);
      }
    },
  };
}
