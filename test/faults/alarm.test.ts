/** A broker in a memory alarm takes no messages; what a stack does to it goes on as ever. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, waitFor } from '../../tools/processes';
import { startChrootBroker, type StartedBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { callManagement } from '../rigs/management';
import { ownNodeObstacle } from '../rigs/ownNode';
import { PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';

const CLI = path.resolve(__dirname, '../../cli/warren.cjs');
const VERSION = '4.3';
const WAIT_MS = 60_000;
const topology = (lengthMax: number): string => `warren: 1
users:
  worker: { permissions: { shop: { configure: '', write: '', read: '^a$' } } }
vhosts:
  shop:
    queues:
      a:
        maxLength: ${lengthMax}
        bindings: [{ exchange: orders, routingKey: 'order.#' }]
      b: { replicated: true }
    exchanges:
      orders: { type: topic }
`;

const reason = ownNodeObstacle(VERSION);
const title = `RabbitMQ ${VERSION} in alarm`;
describe.skipIf(reason !== undefined)(reason === undefined ? title : `${title} [skipped: ${reason}]`, () => {
  let node: StartedBroker | undefined;
  let workspace: PulumiWorkspace;

  beforeAll(async () => {
    node = await startChrootBroker(SUITE_WITH_VERSION[VERSION], () => undefined, {
      // Far below what an idle node takes.
      conf: () => ['vm_memory_high_watermark.absolute = 10MB', 'disk_free_limit.absolute = 50MB'],
    });
    workspace = new PulumiWorkspace({ stack: 'test' });
    write(1000);
    await workspace.initWithSeed({
      topology: path.join(workspace.folder, 'topology.yaml'),
      target: VERSION,
      endpoint: `http://127.0.0.1:${node.managementPort}`,
      absentUsers: [], // the test's own login
    });
  });
  afterAll(async () => {
    workspace.dispose();
    await node?.stop();
  });

  const write = (lengthMax: number): void => {
    fs.writeFileSync(path.join(workspace.folder, 'topology.yaml'), topology(lengthMax));
  };
  const login = () => {
    if (node === undefined) throw new Error('no node');
    return { managementPort: node.managementPort, username: 'guest', password: 'guest' };
  };
  const endpoint = (): string => `http://127.0.0.1:${node?.managementPort ?? 0}`;
  async function isInAlarm(): Promise<true | undefined> {
    const nodes = await callManagement<{ mem_alarm?: boolean }[]>(login(), 'GET', 'nodes');
    return nodes.every((found) => found.mem_alarm === true) ? true : undefined;
  }

  it('publishers are blocked', async () => {
    expect(await waitFor(isInAlarm, WAIT_MS)).toBe(true);
    const connection = await connect({ hostname: '127.0.0.1', port: node?.amqpPort ?? 0 });
    const blocked = new Promise((resolve) => connection.once('blocked', resolve));
    const channel = await connection.createChannel();
    channel.publish('', 'nowhere', Buffer.from('x'));
    expect(await blocked).toMatch(/memory/);
    // In an alarm the broker reads nothing more of a publisher's, so not its goodbye either: it ends with the node.
    connection.on('error', () => undefined);
  });

  it('is told by the health checks, by warren status and by warren doctor, and is no reason to take the node out', async () => {
    const checks = ['alarms', 'local-alarms', 'ready-to-serve-clients', 'is-in-service'];
    const answers = checks.map(async (check) => {
      const headers = { authorization: `Basic ${btoa('guest:guest')}` };
      return (await fetch(`${endpoint()}/api/health/checks/${check}`, { headers })).status;
    });
    expect(await Promise.all(answers)).toEqual([503, 503, 200, 200]);
    const env = { ...process.env, RABBITMQ_USERNAME: 'guest', RABBITMQ_PASSWORD: 'guest' };
    const ask = (command: string) => run(process.execPath, [CLI, command, '--live', endpoint()], { env });
    const status = await ask('status');
    expect(status.exitCode, status.output).toBe(1);
    expect(status.stdout).toMatch(/node \S+: has a memory alarm: nobody can publish/);
    const doctor = await ask('doctor');
    expect(doctor.exitCode, doctor.output).toBe(1);
    expect(doctor.stdout).toMatch(/✗ publish +Cannot publish: the broker takes no messages \(.*memory/);
  });

  it('a stack goes up, changes, is compared and goes', async () => {
    const up = await workspace.up();
    expect(up.exitCode, up.output).toBe(0);
    expectNoChange(await workspace.up());
    write(900);
    const changed = await workspace.up();
    expect(changed.exitCode, changed.output).toBe(0);
    const policies = await callManagement<{ definition: object }[]>(login(), 'GET', 'policies/shop');
    expect(policies.map(({ definition }) => definition)).toContainEqual(
      expect.objectContaining({ 'max-length': 900 }),
    );
    const destroyed = await workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    const vhosts = await callManagement<{ name: string }[]>(login(), 'GET', 'vhosts');
    expect(vhosts.map(({ name }) => name)).toEqual(['/']);
    expect(await isInAlarm()).toBe(true);
  });
});
