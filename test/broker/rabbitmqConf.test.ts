/** `render --to rabbitmq-conf`: real nodes of each version boot with it and do what it says. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { connect, type ChannelModel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import type { Target } from '../../topology/index';
import { renderRabbitmqConf } from '../../topology/render/rabbitmqConf';
import { waitFor } from '../../tools/processes';
import { findFreePorts } from '../../tools/freePort';
import { opensslObstacle } from '../faults/certificates';
import { BROKER_VERSIONS } from '../rigs/brokers';
import { startChrootBroker, type StartedBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { callManagement } from '../rigs/management';
import { ownNodeObstacle } from '../rigs/ownNode';

const BROKER = `
  memoryHighWatermark: 60%
  diskFreeLimit: 64MB
  heartbeat: 30s
  connectionMax: 3
  channelMax: 40
  consumerTimeout: 1h
  logs: { console: warning, file: error }
  deprecatedFeatures: { transient_nonexcl_queues: false }
  conf: { collect_statistics_interval: 1000 }
`;

function conf(broker: string, target: Target, tlsFolder?: string): string {
  const { topology, diagnostics } = load(`warren: 1\nbroker:${broker}`, 't.yaml', { target });
  expect(diagnostics).toEqual([]);
  if (topology === undefined) throw new Error('no topology');
  return renderRabbitmqConf(topology, tlsFolder === undefined ? {} : { tlsFolder });
}

it('says in rabbitmq.conf what the topology says', () => {
  expect(conf(`${BROKER}  tls: { only: true, verifyPeer: true }\n`, '4.3'))
    .toBe(`# rabbitmq.conf for RabbitMQ 4.3
vm_memory_high_watermark.relative = 0.6
disk_free_limit.absolute = 64000000
heartbeat = 30
connection_max = 3
channel_max = 40
consumer_timeout = 3600000
log.console = true
log.console.level = warning
log.file.level = error
listeners.tcp = none
listeners.ssl.default = 5671
ssl_options.cacertfile = /etc/rabbitmq/tls/ca.crt
ssl_options.certfile = /etc/rabbitmq/tls/tls.crt
ssl_options.keyfile = /etc/rabbitmq/tls/tls.key
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
deprecated_features.permit.transient_nonexcl_queues = false
collect_statistics_interval = 1000
`);
});

/** A certificate for 127.0.0.1 that is its own authority. */
function makeCertificate(): Record<string, string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-tls-'));
  try {
    const [key, certificate] = ['tls.key', 'tls.crt'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    );
    const text = fs.readFileSync(certificate, 'utf8');
    return { 'tls.key': fs.readFileSync(key, 'utf8'), 'tls.crt': text, 'ca.crt': text };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

for (const version of BROKER_VERSIONS) {
  const reason = ownNodeObstacle(version) ?? opensslObstacle();
  const title = `a node of RabbitMQ ${version}`;
  describe.skipIf(reason !== undefined)(
    reason === undefined ? title : `${title} [skipped: ${reason}]`,
    () => {
      let node: StartedBroker;
      let tlsPort = 0;
      let certificate: Record<string, string>;
      const guest = (): { managementPort: number; username: string; password: string } => ({
        managementPort: node.managementPort,
        username: 'guest',
        password: 'guest',
      });

      beforeAll(async () => {
        certificate = makeCertificate();
        [tlsPort = 0] = await findFreePorts(1);
        const lines = (folder: string): string[] =>
          conf(`${BROKER}  tls: { port: ${tlsPort} }\n`, version, folder)
            .split('\n')
            // The rig's node is to be seen by this machine only.
            .map((line) => line.replace('listeners.ssl.default = ', 'listeners.ssl.1 = 127.0.0.1:'));
        node = await startChrootBroker(SUITE_WITH_VERSION[version], () => undefined, {
          conf: lines,
          contents: certificate,
        });
      });
      afterAll(() => node.stop());

      it('has the limits', async () => {
        interface State {
          readonly mem_limit?: number;
          readonly disk_free_limit?: number;
        }
        // The node's figures are there some seconds after its start.
        const limits = await waitFor(async () => {
          const [state] = await callManagement<State[]>(guest(), 'GET', 'nodes').catch(() => []);
          return state?.disk_free_limit === undefined ? undefined : state;
        }, 60_000);
        expect(limits?.disk_free_limit).toBe(64_000_000);
        // 60 % of what the node takes for the machine's memory, which a container may limit.
        expect(limits?.mem_limit).toBeGreaterThan(os.totalmem() * 0.05);
      });

      it('offers its heartbeat and channels, and refuses one connection too many', async () => {
        const open = async (): Promise<ChannelModel> => {
          const client = await connect(`amqp://guest:guest@127.0.0.1:${node.amqpPort}`);
          client.on('error', () => undefined);
          return client;
        };
        const clients = [await open(), await open(), await open()];
        const tuned = clients[0]?.connection as unknown as { heartbeat: number; channelMax: number };
        expect(tuned).toMatchObject({ heartbeat: 30, channelMax: 40 });
        // 3.10 takes connection_max and doesn't heed it: there the limits of vhosts and users hold.
        if (version === '3.10') clients.push(await open());
        else await expect(open()).rejects.toThrow();
        await Promise.all(clients.map((client) => client.close()));
      });

      it('speaks TLS, and nothing older than 1.2', async () => {
        const shake = (options: tls.ConnectionOptions): Promise<string> =>
          new Promise((resolve, reject) => {
            const socket = tls.connect(
              { host: '127.0.0.1', port: tlsPort, ca: certificate['ca.crt'], ...options },
              () => {
                resolve(socket.getProtocol() ?? '');
                socket.destroy();
              },
            );
            socket.once('error', reject);
          });
        expect(await shake({})).toBe('TLSv1.3');
        expect(await shake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
        await expect(
          shake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
        ).rejects.toThrow();
      });

      it('refuses transient queues where the version can', async () => {
        const put = callManagement(guest(), 'PUT', 'queues/%2F/transient', { durable: false });
        if (version === '3.10') await put;
        else await expect(put).rejects.toThrow(/transient_nonexcl_queues|deprecated/);
      });
    },
  );
}
