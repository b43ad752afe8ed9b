/** `warren diff` with a living broker: as a side, and for its figures beside two files. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, waitFor } from '../../tools/processes';
import type { Change, TopologyDiff } from '../../topology/diff/model';
import { load } from '../../topology/index';
import { callManagement } from '../rigs/management';
import { withBroker } from '../rigs/brokers';
import { apply } from './applied';
import { brokerOf, endpointOf, scratchOn, uniqueName } from './realBroker';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');

withBroker('warren diff with a living broker', (rig) => {
  const scratch = scratchOn(rig);
  const vhost = uniqueName('live-diff');
  const user = uniqueName('shopper');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-live-'));
  const topology = (length: number, failed = 'failed: { type: quorum }'): string => `
warren: 1
vhosts:
  ${vhost}:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { maxLength: ${length}, bindings: [{ exchange: orders, routingKey: order.# }] }
      ${failed}
    families: { 'basket:{id}': { ttl: 1h } }
users: { ${user}: { permissions: { ${vhost}: { configure: '^$', write: '^orders$', read: '^paid$' } } } }
`;
  const env = {
    ...process.env,
    RABBITMQ_USERNAME: rig.username,
    RABBITMQ_PASSWORD: rig.password,
    NO_COLOR: '1',
  };
  const live = `live:${endpointOf(rig)}`;

  const diff = async (
    ...args: string[]
  ): Promise<{ exitCode: number | null; output: string; diff: TopologyDiff }> => {
    const all = [WARREN, 'diff', ...args, '--target', rig.version, '--format', 'json'];
    const { exitCode, stdout, output } = await run(process.execPath, all, { cwd: folder, env });
    return { exitCode, output, diff: JSON.parse(stdout === '' ? '{}' : stdout) as TopologyDiff };
  };
  const changeIn = ({ changes }: TopologyDiff, id: string): Change | undefined =>
    changes.find((each) => each.id === id);

  beforeAll(async () => {
    fs.writeFileSync(path.join(folder, 'now.yaml'), topology(100));
    fs.writeFileSync(path.join(folder, 'short.yaml'), topology(2));
    fs.writeFileSync(path.join(folder, 'without.yaml'), topology(100, ''));
    await scratch.vhost(vhost);
    scratch.user(`${user}-g3`);
    const { objects = [] } = load(topology(100), 'now.yaml', { target: rig.version });
    // As a stack makes them: users by generation.
    const onBroker = objects.map((object) => {
      if (object.kind === 'user') return { ...object, name: `${object.name}-g3` };
      return 'user' in object ? { ...object, user: `${object.user}-g3` } : object;
    });
    for (const object of onBroker) await apply(brokerOf(rig), object);
    const put = (name: string): Promise<unknown> =>
      callManagement(rig, 'PUT', `queues/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`, {
        durable: true,
      });
    await Promise.all(['basket:7', 'celeryev.x', 'stranger'].map(put));
    await scratch.publish(vhost, 'paid', 5);
    await scratch.publish(vhost, 'basket:7', 3);
    // Of a quorum queue there is no figure for some seconds.
    const counted = await waitFor(async () => {
      const list = await callManagement<{ name: string; messages?: number }[]>(
        rig,
        'GET',
        `queues/${encodeURIComponent(vhost)}`,
      );
      const messages = new Map(list.map((queue) => [queue.name, queue.messages]));
      const expected: readonly [string, number][] = [
        ['paid', 5],
        ['failed', 0],
        ['basket:7', 3],
      ];
      return expected.every(([name, count]) => messages.get(name) === count) ? true : undefined;
    }, 60_000);
    expect(counted).toBe(true);
  });
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('finds no difference to what was made of the topology, whatever else is there', async () => {
    const there = await diff(live, 'now.yaml');
    expect(there.exitCode, there.output).toBe(0);
    expect(there.diff.changes.map(({ id }) => id)).toEqual([]);
    expect((await diff('now.yaml', live)).diff.changes).toEqual([]);
  });

  it('shows what is there beside the changes', async () => {
    for (const args of [
      [live, 'short.yaml'],
      ['now.yaml', 'short.yaml', '--live', endpointOf(rig)],
    ]) {
      const { diff: found, output } = await diff(...args);
      const [change] = found.changes;
      expect(change, output).toMatchObject({ id: `policy warren.paid@${vhost}`, class: 'destructive' });
      expect(change?.effects[0]).toMatchObject({
        subject: { kind: 'queue', name: 'paid' },
        live: { messages: 5, beyondLimit: 3, isUnused: false },
      });
    }
  });

  it('says of a queue that goes whether it is used', async () => {
    const { diff: found } = await diff('now.yaml', 'without.yaml', '--live', endpointOf(rig));
    expect(changeIn(found, `queue failed@${vhost}`)).toMatchObject({
      class: 'destructive',
      live: { messages: 0, consumers: 0, isUnused: true },
    });
  });

  it('adds up what the queues of a family hold', async () => {
    fs.writeFileSync(path.join(folder, 'family.yaml'), topology(100).replace('ttl: 1h', 'ttl: 30m'));
    const { diff: found } = await diff('now.yaml', 'family.yaml', '--live', endpointOf(rig));
    const effects = found.changes.flatMap((change) => change.effects);
    expect(effects.find(({ subject }) => subject.kind === 'family')?.live).toMatchObject({ messages: 3 });
  });

  it('lists queues that nobody lists, where a policy reaches them', async () => {
    const policy =
      "    policies: { all: { pattern: '.*', priority: 1, definition: { max-length: 1 } } }\n    families";
    fs.writeFileSync(path.join(folder, 'policy.yaml'), topology(100).replace('    families', policy));
    const { diff: found } = await diff('now.yaml', 'policy.yaml', '--live', endpointOf(rig));
    const subjects = found.changes.flatMap((change) => change.effects.map(({ subject }) => subject));
    expect(subjects).toContainEqual({ kind: 'unmanaged', vhost, name: 'stranger' });
  });

  it('asks for a login, and tells a wrong one', async () => {
    const silent = await run(process.execPath, [WARREN, 'diff', live, 'now.yaml'], {
      cwd: folder,
      env: { ...env, RABBITMQ_PASSWORD: '' },
    });
    expect(silent.exitCode).toBe(2);
    expect(silent.output).toContain('RABBITMQ_PASSWORD');
    const wrong = await run(process.execPath, [WARREN, 'diff', live, 'now.yaml'], {
      cwd: folder,
      env: { ...env, RABBITMQ_PASSWORD: 'wrong-one' },
    });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.output).not.toContain('wrong-one');
    expect(wrong.output).not.toMatch(/\n\s+at /);
  });
});
