/**
 * A node of a three-node cluster is killed in the middle of an `up`, and while it holds messages: the `up` goes on over
 * the other nodes, the cluster is repaired by a re-run, every queue that is said to be there takes messages, and what a
 * quorum queue confirmed is still there. A queue that can't survive shows that a loss would be seen.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { connect, type ChannelModel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOTHING_APPROVED } from '../../broker/guards/approvals';
import { declareQueue } from '../../broker/guards/queueDeclaration';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { remove as removeQueueNow } from '../../broker/kinds/queues';
import * as vhosts from '../../broker/kinds/vhosts';
import { waitFor } from '../../tools/processes';
import type { QueueObject } from '../../topology/objects';
import { brokerOf } from '../broker/realBroker';
import { chrootObstacle } from '../rigs/chrootBroker';
import { startChrootCluster, type ClusterRig, type ClusterRigNode } from '../rigs/chrootCluster';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import { InterceptingProxy } from './interceptingProxy';

const NAMES = Array.from({ length: 8 }, (_, index) => `q${index + 1}`);
const MESSAGES = 200;
/** Limits against hanging: it takes the nodes a minute (net_ticktime) to be sure that one is gone. */
const WAIT_MS = 180_000;
const TEST_TIMEOUT_MS = 600_000;

const topology = (lengthMax: number): string => `warren: 1
vhosts:
  shop:
    queues:
${NAMES.map((name) => `      ${name}: { replicated: true, maxLength: ${lengthMax} }`).join('\n')}
`;

const obstacle = chrootObstacle();
for (const version of ['4.0', '4.3'] as const) {
  const wanted = process.env.WARREN_TEST_VERSIONS ?? '';
  const reason =
    obstacle ??
    (wanted === '' || wanted.split(',').includes(version) ? undefined : `WARREN_TEST_VERSIONS is ${wanted}`);
  const title = `a cluster of RabbitMQ ${version}`;
  describe.skipIf(reason !== undefined)(
    reason === undefined ? title : `${title} [skipped: ${reason}]`,
    () => {
      let cluster: ClusterRig;
      let proxy: InterceptingProxy;
      let workspace: PulumiWorkspace;

      beforeAll(async () => {
        cluster = await startChrootCluster(SUITE_WITH_VERSION[version], (text) =>
          process.stderr.write(`${text}\n`),
        );
        proxy = await InterceptingProxy.start(cluster.nodes[0].managementPort);
        workspace = new PulumiWorkspace({ stack: 'test' });
        const ports = [proxy.port, ...cluster.nodes.slice(1).map(({ managementPort }) => managementPort)];
        write(1000);
        await workspace.initWithSeed({
          topology: path.join(workspace.folder, 'topology.yaml'),
          target: version,
          endpoints: ports.map((port) => `http://127.0.0.1:${port}`),
          // Until the others are sure that a node is gone, they may be slow to answer.
          requestTimeout: '90s',
          absentUsers: [], // the rig's own login
        });
      });
      afterAll(async () => {
        await proxy.stop();
        workspace.dispose();
        await cluster.stop();
      });

      const write = (lengthMax: number): void => {
        fs.writeFileSync(path.join(workspace.folder, 'topology.yaml'), topology(lengthMax));
      };

      it('a node goes in the middle of up: it ends right, or says once why not, and then a re-run does', async () => {
        const [first, second] = cluster.nodes;
        proxy.intercept({ method: 'PUT', path: /^\/api\/queues\/shop\/q/, action: () => first.kill() });
        const run = await workspace.up();
        expect(proxy.isHit, run.output).toBe(true);
        process.stderr.write(
          `${title}: up with a lost node ended with ${run.exitCode ?? 'a signal'} after ${run.durationMs} ms\n`,
        );
        if (run.exitCode !== 0) {
          expect(
            run.output
              .split('Diagnostics:')
              .at(-1)
              ?.match(/error: Cannot/g),
          ).toHaveLength(1);
          const again = await workspace.up();
          expect(again.exitCode, again.output).toBe(0);
        }
        const queues = await callManagement<{ name: string; type: string }[]>(second, 'GET', 'queues/shop');
        expect(queues.map(({ name }) => name).sort()).toEqual(NAMES);
        expect(new Set(queues.map(({ type }) => type))).toEqual(new Set(['quorum']));
        await callManagement(second, 'PUT', 'permissions/shop/guest', {
          configure: '.*',
          write: '.*',
          read: '.*',
        });
        await Promise.all(NAMES.map((name) => publishConfirmed(second, name)));
        await purge(second, NAMES);
      });

      it('the node comes back: nothing to change, and nothing drifted, asked through another node', async () => {
        await cluster.nodes[0].restart();
        await proxy.stop(); // the first endpoint is gone for good
        const refreshed = await workspace.refresh();
        expect(refreshed.exitCode, refreshed.output).toBe(0);
        expect(refreshed.output).not.toMatch(/\d+ (updated|deleted|changed)/);
        expectNoChange(await workspace.up());
      });

      it(
        'what was confirmed survives a node and an up; what can’t survive is missed',
        async () => {
          const [, second, third] = cluster.nodes;
          await publishConfirmed(second, 'q1');
          await publishConfirmed(third, 'volatile', { durable: false });
          await publishConfirmed(third, 'single', { durable: true });
          await callManagement(third, 'PUT', 'vhosts/alone', {});
          await callManagement(third, 'PUT', 'queues/alone/single', { durable: true });
          await third.kill();
          // Two nodes of three have all that was confirmed, and the count sees what only the third one has.
          await waitForMessages(second, { q1: MESSAGES });
          // An AMQP client that asks for them would wait a minute for an answer.
          await waitFor(async () => {
            const queues = await callManagement<{ name: string; state: string }[]>(
              second,
              'GET',
              'queues/shop',
            );
            const states = queues.filter(({ name }) => name === 'single' || name === 'volatile');
            return states.every(({ state }) => state === 'down') ? true : undefined;
          }, WAIT_MS);
          // Nobody knows what it holds: that isn't nothing.
          const options = { approvals: NOTHING_APPROVED };
          const single = { vhost: 'alone', name: 'single' };
          const unknown = /^Refused to delete .*the broker reports no counts for it/;
          await expect(removeQueue(brokerOf(second), single, options)).rejects.toThrow(unknown);
          await expect(vhosts.remove(brokerOf(second), 'alone', options)).rejects.toThrow(unknown);

          write(900);
          const run = await workspace.up();
          expect(run.exitCode, run.output).toBe(0);
          expect(run.output).toMatch(/\d+ (updated|changed)/);
          await third.restart();
          await waitForMessages(second, { q1: MESSAGES, volatile: 0, single: MESSAGES });
          expectNoChange(await workspace.up());
        },
        TEST_TIMEOUT_MS,
      );

      it(
        'a queue whose declaration was cut off works, or is refused with the way out',
        async () => {
          const [first, second] = cluster.nodes;
          const broker = brokerOf(second);
          const cutOff = NAMES.map((name) => quorumQueue(`cut-off-${name}`));
          const declarations = cutOff.map(({ name, durable, arguments: table }) =>
            callManagement(first, 'PUT', `queues/shop/${name}`, { durable, arguments: table }).catch(
              () => undefined,
            ),
          );
          const known = new Set(cutOff.map(({ name }) => name));
          await waitFor(async () => {
            const queues = await callManagement<{ name: string }[]>(second, 'GET', 'queues/shop');
            return queues.some(({ name }) => known.has(name)) ? true : undefined;
          }, WAIT_MS);
          await first.kill();
          await Promise.all(declarations);
          await first.restart();
          const outcomes = await Promise.allSettled(cutOff.map((queue) => declareQueue(broker, queue)));
          const refused = cutOff.filter((_, index) => outcomes[index]?.status === 'rejected');
          process.stderr.write(`${title}: ${refused.length} of ${cutOff.length} queues have no leader\n`);
          const reasons = outcomes.flatMap((outcome) =>
            outcome.status === 'rejected' ? [String(outcome.reason)] : [],
          );
          const unexpected = reasons.filter((reason) => !reason.includes('has no leader, though'));
          expect(unexpected, unexpected.join('\n')).toEqual([]);
          for (const { vhost, name } of refused) {
            await removeQueueNow(broker, { vhost, name }, { isLeaderless: true });
          }
          await Promise.all(refused.map((queue) => declareQueue(broker, queue)));
          await Promise.all(cutOff.map(({ name }) => publishConfirmed(second, name)));
        },
        TEST_TIMEOUT_MS,
      );
    },
  );
}

function quorumQueue(name: string): QueueObject {
  const table = { 'x-queue-type': 'quorum' };
  return { kind: 'queue', vhost: 'shop', name, durable: true, autoDelete: false, arguments: table };
}

async function purge(node: ClusterRigNode, queues: readonly string[]): Promise<void> {
  for (const queue of queues) await callManagement(node, 'DELETE', `queues/shop/${queue}/contents`);
}

async function connectTo(node: ClusterRigNode): Promise<ChannelModel> {
  return connect({
    hostname: '127.0.0.1',
    port: node.amqpPort,
    username: 'guest',
    password: 'guest',
    vhost: 'shop',
  });
}

async function publishConfirmed(
  node: ClusterRigNode,
  queue: string,
  declare?: { durable: boolean },
): Promise<void> {
  const connection = await connectTo(node);
  connection.on('error', () => undefined); // what is lost with it isn't confirmed
  try {
    const channel = await connection.createConfirmChannel();
    if (declare !== undefined) await channel.assertQueue(queue, declare);
    for (let count = 0; count < MESSAGES; count++) {
      channel.sendToQueue(queue, Buffer.from(String(count)), { persistent: true });
    }
    await channel.waitForConfirms();
  } finally {
    await connection.close();
  }
}

/** Waits until there are exactly so many. */
async function waitForMessages(
  node: ClusterRigNode,
  wanted: Readonly<Record<string, number>>,
): Promise<void> {
  let counts: Record<string, number> = {};
  await waitFor(async () => {
    for (const queue of Object.keys(wanted)) counts = { ...counts, [queue]: await messagesIn(node, queue) };
    return Object.entries(wanted).every(([queue, count]) => counts[queue] === count) ? true : undefined;
  }, WAIT_MS);
  expect(counts).toEqual(wanted);
}

/** Those that can be fetched; none where there is no such queue. */
async function messagesIn(node: ClusterRigNode, queue: string): Promise<number> {
  const connection = await connectTo(node);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return (await channel.checkQueue(queue)).messageCount;
  } catch {
    return 0;
  } finally {
    await connection.close().catch(() => undefined);
  }
}
