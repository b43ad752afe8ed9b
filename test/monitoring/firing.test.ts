/**
 * Each alert is made to fire once: a real cluster in trouble, a real Prometheus that asks it as a stack's own would, and
 * the rules as they are rendered, but with seconds where they wait for minutes.
 */
import * as net from 'node:net';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboard } from '../../topology/render/monitoring/dashboard';
import { ruleGroups } from '../../topology/render/monitoring/alerts';
import { renderDefinitions } from '../../topology/render/definitions';
import { findFreePorts } from '../../tools/freePort';
import { chrootObstacle } from '../rigs/chrootBroker';
import { startChrootCluster, type ClusterRig } from '../rigs/chrootCluster';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { callManagement } from '../rigs/management';
import { promtoolObstacle, startPrometheus } from '../rigs/prometheus';
import { firingNames, valuesOf } from '../rigs/prometheusApi';
import { hurriedFiles, loaded } from './topology';

const VERSION = '4.3';
const TOPOLOGY = `
warren: 1
broker: { nodes: 3, connectionMax: 10 }
vhosts:
  media:
    limits: { maxQueues: 12 }
    queues:
      jobs: { replicated: true }
      deep: { maxLength: 20, overflow: reject-publish, alerts: { depth: 10 } }
      growing: { deadLetter: { queue: dead } }
      aged: { alerts: { age: 2s } }
      dead:
users:
  worker: { roles: { media: { consumer: [jobs, growing] } } }
workers:
  jobs: { vhost: media, user: worker, queues: [jobs], replicas: 2, longestTask: 1m }
  growing: { vhost: media, user: worker, queues: [growing], autoscale: { min: 0, max: 3 } }
`;
/** Node and queue processes take some. */
const OPEN_FILES_MAX = 400;
const WAIT_MS = 90_000;
const TEST_TIMEOUT_MS = 300_000;

const reason =
  chrootObstacle() ??
  promtoolObstacle() ??
  ((process.env.WARREN_TEST_VERSIONS ?? VERSION).split(',').includes(VERSION)
    ? undefined
    : `WARREN_TEST_VERSIONS is without ${VERSION}`);
const title = 'alerts, fired by a cluster in trouble';
describe.skipIf(reason !== undefined)(
  reason === undefined ? title : `${title} [skipped: ${reason}]`,
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const { topology, objects } = loaded(TOPOLOGY, VERSION);
    const alerts = ruleGroups(topology, objects).flatMap(({ rules }) => rules.map(({ alert }) => alert));
    const seen = new Set<string>();
    let cluster: ClusterRig;
    let prometheus: { stop(): Promise<void> } | undefined;
    let port = 0;
    let connection: ChannelModel;
    let channel: ConfirmChannel;

    beforeAll(async () => {
      const ports = await findFreePorts(4);
      port = ports[3] ?? 0;
      cluster = await startChrootCluster(SUITE_WITH_VERSION[VERSION], () => undefined, {
        plugins: ['rabbitmq_prometheus'],
        openFilesMax: OPEN_FILES_MAX,
        conf: (index) => [
          'prometheus.tcp.ip = 127.0.0.1',
          `prometheus.tcp.port = ${ports[index] ?? 0}`,
          // As the documentation says it, for publishers that give their messages no time.
          'message_interceptors.incoming.set_header_timestamp.overwrite = false',
          // A minority that paused itself would tell nothing of its queues any more.
          'cluster_partition_handling = ignore',
        ],
      });
      const [first] = cluster.nodes;
      const definitions = { ...renderDefinitions(objects), users: [], permissions: [] };
      await callManagement(first, 'POST', 'definitions', definitions);
      const all = { configure: '.*', write: '.*', read: '.*' };
      await callManagement(first, 'PUT', 'permissions/media/guest', all);
      connection = await connect(`amqp://guest:guest@127.0.0.1:${first.amqpPort}/media`);
      // Its node may be one of those that go.
      connection.on('error', () => undefined);
      channel = await connection.createConfirmChannel();
      const targets = ports.slice(0, 3).map((metrics) => `127.0.0.1:${metrics}`);
      prometheus = await startPrometheus(port, hurriedFiles(topology, objects, targets));
    }, TEST_TIMEOUT_MS);
    afterAll(async () => {
      await prometheus?.stop();
      await cluster.stop();
    });

    /** While `again` is done once more at each look. */
    async function fires(
      names: readonly string[],
      again: () => Promise<unknown> = () => Promise.resolve(),
    ): Promise<void> {
      const missing = async (): Promise<string[]> => {
        await again();
        const firing = await firingNames(port).catch((): string[] => []);
        for (const name of firing) seen.add(name);
        return names.filter((name) => !firing.includes(name));
      };
      await expect.poll(missing, { timeout: WAIT_MS, interval: 500 }).toEqual([]);
    }
    async function isQuiet(): Promise<void> {
      await expect.poll(() => firingNames(port), { timeout: WAIT_MS, interval: 500 }).toEqual([]);
    }
    const publish = async (key: string, count = 1): Promise<void> => {
      for (let sent = 0; sent < count; sent++) channel.publish('', key, Buffer.from('x'));
      await channel.waitForConfirms();
    };
    const reject = async (queue: string): Promise<void> => {
      await publish(queue);
      const message = await channel.get(queue);
      if (message !== false) channel.nack(message, false, false);
    };

    it('of queues without consumers, and none when these are there', async () => {
      await fires(['RabbitMQQueueWithoutConsumers']);
      await channel.consume('jobs', () => undefined);
      await isQuiet();
    });

    it('of consumers that acknowledge nothing', async () => {
      await publish('jobs', 3);
      await fires(['RabbitMQUnackedStuck']);
    });

    it('of a queue that is deeper than it may be, nearly full, and has nobody', async () => {
      await publish('deep', 19);
      await fires(['RabbitMQQueueTooDeep', 'RabbitMQQueueNearMaxLength', 'RabbitMQMessagesWithoutConsumers']);
    });

    it('of a message that waits for too long', async () => {
      await publish('aged');
      await fires(['RabbitMQOldestMessageTooOld']);
    });

    it('of a queue that grows', async () => {
      await publish('growing', 101);
      await fires(['RabbitMQQueueGrowing'], () => publish('growing', 5));
    });

    it('of dead letters, and of messages that are lost', async () => {
      await fires(['RabbitMQDeadLettersArriving'], () => reject('growing'));
      await channel.purgeQueue('deep');
      await fires(['RabbitMQMessagesDiscarded'], () => reject('deep'));
      await fires(['RabbitMQMessagesUnroutable'], () => publish('nowhere'));
    });

    it('of a vhost with many queues, and a node with many connections', async () => {
      for (let number = 1; number <= 6; number++) await channel.assertQueue(`more-${number}`);
      const login = `amqp://guest:guest@127.0.0.1:${cluster.nodes[0].amqpPort}/media`;
      const others = await Promise.all(Array.from({ length: 8 }, () => connect(login)));
      await fires(['RabbitMQQueuesNearLimit', 'RabbitMQConnectionsNearLimit']);
      await Promise.all(others.map((one) => one.close()));
    });

    it('and each panel of the dashboard has something to show', async () => {
      const { panels } = dashboard(topology, objects) as {
        panels: { title: string; targets?: { expr: string }[] }[];
      };
      const queries = panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '10s') })),
      );
      expect(queries.length).toBeGreaterThan(15);
      const empty = async (): Promise<string[]> => {
        await reject('growing');
        const values = await Promise.all(queries.map(({ expr }) => valuesOf(port, expr).catch(() => [])));
        return queries.filter((_, index) => (values[index] ?? []).length === 0).map(({ title }) => title);
      };
      await expect.poll(empty, { timeout: WAIT_MS, interval: 500 }).toEqual([]);
    });

    it('of a node that has nearly all files open', async () => {
      const { amqpPort } = cluster.nodes[2];
      const openOnes = await valuesOf(port, 'rabbitmq_process_open_fds');
      // With none left, it would tell nothing.
      const wanted = 0.9 * OPEN_FILES_MAX - Math.max(...openOnes);
      expect(wanted).toBeGreaterThan(0);
      const sockets: net.Socket[] = [];
      // The node closes what says nothing, after ten seconds.
      const more = (): Promise<void> => {
        while (sockets.filter((socket) => !socket.destroyed).length < wanted) {
          sockets.push(net.connect(amqpPort, '127.0.0.1').on('error', () => undefined));
        }
        return Promise.resolve();
      };
      await fires(['RabbitMQFileDescriptorsNearLimit'], more);
      for (const socket of sockets) socket.destroy();
    });

    it('of nodes without memory, and without disk', async () => {
      const [, second] = cluster.nodes;
      await second.control('set_vm_memory_high_watermark', 'absolute', '1MB');
      await fires(['RabbitMQMemoryAlarm', 'RabbitMQMemoryNearWatermark']);
      await second.control('set_vm_memory_high_watermark', 'absolute', '1GB');
      await second.control('set_disk_free_limit', '9000GB');
      await fires(['RabbitMQDiskAlarm', 'RabbitMQDiskNearLimit']);
      await second.control('set_disk_free_limit', '50MB');
    });

    it('of nodes that are gone, and of the queues on them', async () => {
      const [first, second, third] = cluster.nodes;
      await third.kill();
      await fires(['RabbitMQNodeDown', 'RabbitMQPeersUnreachable', 'RabbitMQQueueMissesMembers']);
      // A leader that is alone goes on telling of its queue.
      const { leader } = await callManagement<{ leader?: string }>(first, 'GET', 'queues/media/jobs');
      await (leader === second.name ? second : first).kill();
      await fires(['RabbitMQQueueWithoutMajority', 'RabbitMQQueueWithoutLeader']);
    });

    it('has left none out', () => {
      expect([...seen].sort()).toEqual([...new Set(alerts)].sort());
    });
  },
);
