/**
 * Every metric of the rules and of the dashboard is one that a real node tells, by the two jobs that ask it. What only an
 * older version has among its alerts fires here; firing.test.ts has those of the newest.
 */
import * as net from 'node:net';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ruleGroups } from '../../topology/render/monitoring/alerts';
import { dashboard } from '../../topology/render/monitoring/dashboard';
import { renderDefinitions } from '../../topology/render/definitions';
import { RAFT_METRIC, scrapeJobs } from '../../topology/render/monitoring/scrape';
import { findFreePorts } from '../../tools/freePort';
import { BROKER_VERSIONS, type BrokerVersion } from '../rigs/brokers';
import { startChrootBroker, type StartedBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { callManagement } from '../rigs/management';
import { ownNodeObstacle } from '../rigs/ownNode';
import { promtoolObstacle, startPrometheus } from '../rigs/prometheus';
import { firingNames } from '../rigs/prometheusApi';
import { EVERYTHING, hurriedFiles, loaded } from './topology';

/** Of these, 3.10 lets clients have 270. */
const OPEN_FILES_MAX = 400;
const WAIT_MS = 60_000;

/** All expressions, without what stands in quotes. */
function expressions(version: BrokerVersion): string[] {
  const { topology, objects } = loaded(EVERYTHING, version);
  const rules = ruleGroups(topology, objects).flatMap((group) => group.rules.map(({ expr }) => expr));
  const { panels } = dashboard(topology, objects) as { panels: { targets?: { expr: string }[] }[] };
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  return [...rules, ...queries].map((expr) => expr.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
}

function metricsOf(version: BrokerVersion): Set<string> {
  return new Set(expressions(version).flatMap((expr) => expr.match(/\brabbitmq_\w+/g) ?? []));
}

async function scraped(port: number, version: BrokerVersion): Promise<Set<string>> {
  const names = new Set<string>();
  for (const { path, families, keep } of scrapeJobs(loaded(EVERYTHING, version).topology)) {
    const query = families.map((family) => `family=${family}`).join('&');
    const text = await (await fetch(`http://127.0.0.1:${port}${path}?${query}`)).text();
    const kept = keep === undefined ? /.*/ : new RegExp(`^(?:${keep})$`);
    for (const [name] of text.matchAll(/^rabbitmq_\w+/gm)) if (kept.test(name)) names.add(name);
  }
  return names;
}

for (const version of BROKER_VERSIONS) {
  const reason = ownNodeObstacle(version);
  const title = `a node of RabbitMQ ${version}`;
  describe.skipIf(reason !== undefined)(
    reason === undefined ? title : `${title} [skipped: ${reason}]`,
    () => {
      let node: StartedBroker;
      let port = 0;

      beforeAll(async () => {
        [port = 0] = await findFreePorts(1);
        node = await startChrootBroker(SUITE_WITH_VERSION[version], () => undefined, {
          plugins: ['rabbitmq_prometheus'],
          openFilesMax: OPEN_FILES_MAX,
          conf: () => ['prometheus.tcp.ip = 127.0.0.1', `prometheus.tcp.port = ${port}`],
        });
      });
      afterAll(() => node.stop());

      it('tells every metric that the rules and the dashboard ask for', async () => {
        const guest = { managementPort: node.managementPort, username: 'guest', password: 'guest' };
        const { objects } = loaded(EVERYTHING, version);
        const definitions = { ...renderDefinitions(objects), users: [], permissions: [] };
        await callManagement(guest, 'POST', 'definitions', definitions);
        const permissions = { configure: '.*', write: '.*', read: '.*' };
        await callManagement(guest, 'PUT', 'permissions/media/guest', permissions);
        const connection = await connect(`amqp://guest:guest@127.0.0.1:${node.amqpPort}/media`);
        const channel = await connection.createConfirmChannel();
        // Some are there only once a message was acknowledged.
        channel.sendToQueue('jobs', Buffer.from('x'));
        await channel.waitForConfirms();
        await channel.consume('jobs', (message) => {
          if (message !== null) channel.ack(message);
        });
        const missing = async (): Promise<string[]> => {
          const names = await scraped(port, version);
          const raft = new RegExp(`^(?:${RAFT_METRIC})$`);
          return [
            ...[...metricsOf(version)].filter((name) => !names.has(name)),
            ...([...names].some((name) => raft.test(name)) ? [] : [RAFT_METRIC]),
          ];
        };
        await expect.poll(missing, { timeout: WAIT_MS, interval: 500 }).toEqual([]);
        await connection.close();
      });

      it.skipIf(version !== '3.10' || promtoolObstacle() !== undefined)(
        'fires the alerts that are its own',
        async () => {
          const { topology, objects } = loaded(EVERYTHING, version);
          const [prometheusPort = 0] = await findFreePorts(1);
          const files = hurriedFiles(topology, objects, [`127.0.0.1:${port}`]);
          const prometheus = await startPrometheus(prometheusPort, files);
          onTestFinished(() => prometheus.stop());
          const firing = () => firingNames(prometheusPort).catch((): string[] => []);

          const connection = await connect(`amqp://guest:guest@127.0.0.1:${node.amqpPort}/media`);
          // So that the end of a failed test is its own reason.
          connection.on('error', () => undefined);
          const channel = await connection.createConfirmChannel();
          for (const text of ['held', 'waiting']) channel.sendToQueue('mails', Buffer.from(text));
          await channel.waitForConfirms();
          await channel.prefetch(1);
          await channel.consume('mails', () => undefined);
          await expect.poll(firing, { timeout: WAIT_MS, interval: 500 }).toContain('RabbitMQUnackedStuck');
          await connection.close();

          const sockets: net.Socket[] = [];
          // The node closes what says nothing, after ten seconds.
          const firingUnderMany = (): Promise<string[]> => {
            while (sockets.filter((socket) => !socket.destroyed).length < 0.9 * OPEN_FILES_MAX - 50) {
              sockets.push(net.connect(node.amqpPort, '127.0.0.1').on('error', () => undefined));
            }
            return firing();
          };
          await expect
            .poll(firingUnderMany, { timeout: WAIT_MS, interval: 500 })
            .toContain('RabbitMQFileDescriptorAlarm');
          for (const socket of sockets) socket.destroy();
        },
      );
    },
  );
}
