/**
 * RabbitMQ's own TLS listener, asking for client certificates: which of them it does not accept, and why, is told. It speaks TLS 1.3, in which that comes after the handshake.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TlsSettings } from '../../broker/api/endpoint';
import { whoAmI } from '../../broker/figures/overview';
import { openBroker } from '../../broker/api/transport';
import { PROBE_LOGIN_FOLDER, probeProgram } from '../../k8s/workers/probe';
import { openFigures } from '../../scaler/figures';
import { findFreePorts } from '../../tools/freePort';
import { findProgram, run } from '../../tools/processes';
import { Authority, opensslObstacle, type Certificate } from '../faults/certificates';
import { startChrootBroker, type StartedBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { ownNodeObstacle } from '../rigs/ownNode';

const python = findProgram('python3');

for (const version of ['4.0', '4.3'] as const) {
  const reason = ownNodeObstacle(version) ?? opensslObstacle();
  const title = `client certificates for RabbitMQ ${version}`;
  describe.skipIf(reason !== undefined)(
    reason === undefined ? title : `${title} [skipped: ${reason}]`,
    () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-tls-'));
      let node: StartedBroker | undefined;
      let port = 0;
      let ours: Authority;

      beforeAll(async () => {
        ours = new Authority(path.join(folder, 'ours'));
        const server = ours.issue({ subject: 'broker', altName: 'IP:127.0.0.1' });
        [port = 0] = await findFreePorts(1);
        node = await startChrootBroker(SUITE_WITH_VERSION[version], () => undefined, {
          conf: (seenFolder) => [
            'vm_memory_high_watermark.absolute = 1GB',
            'disk_free_limit.absolute = 50MB',
            'management.ssl.ip = 127.0.0.1',
            `management.ssl.port = ${port}`,
            `management.ssl.cacertfile = ${seenFolder}/ca.pem`,
            `management.ssl.certfile = ${seenFolder}/server.pem`,
            `management.ssl.keyfile = ${seenFolder}/server.key`,
            'management.ssl.verify = verify_peer',
            'management.ssl.fail_if_no_peer_cert = true',
          ],
          contents: {
            'ca.pem': fs.readFileSync(ours.certFile, 'utf8'),
            'server.pem': fs.readFileSync(server.certFile, 'utf8'),
            'server.key': fs.readFileSync(server.keyFile, 'utf8'),
          },
        });
      });
      afterAll(async () => {
        await node?.stop();
        fs.rmSync(folder, { recursive: true, force: true });
      });

      async function logIn(client: Certificate | undefined): Promise<string> {
        const files: TlsSettings =
          client === undefined ? {} : { clientcertFile: client.certFile, clientkeyFile: client.keyFile };
        const broker = openBroker({
          ...{ endpoint: `https://127.0.0.1:${port}`, username: 'guest', password: 'guest' },
          ...{ cacertFile: ours.certFile, ...files },
        });
        try {
          return (await whoAmI(broker)).name;
        } catch (error) {
          return (error as Error).message;
        } finally {
          await broker.close();
        }
      }

      const cases: readonly [string, () => Certificate | undefined, RegExp][] = [
        ['a good one', () => ours.issue({ subject: 'deployer' }), /^guest$/],
        [
          'none',
          () => undefined,
          /: it wants a client certificate\. Give one that it accepts in `clientcertFile`/,
        ],
        [
          'one of another authority',
          () => new Authority(path.join(folder, 'others')).issue({ subject: 'stranger' }),
          /: it does not know the authority of the client certificate\. Give one/,
        ],
        [
          'an expired one',
          () => ours.issue({ subject: 'deployer', isExpired: true }),
          /: the client certificate has expired\. Give one/,
        ],
      ];
      it.each(cases)('%s', async (_title, client, outcome) => {
        expect(await logIn(client())).toMatch(outcome);
      });

      /** As the scaler has its files, and pods those of their probe. */
      function folderOf(client: Certificate | undefined): string {
        const own = fs.mkdtempSync(path.join(folder, 'own-'));
        for (const name of ['username', 'password']) fs.writeFileSync(path.join(own, name), 'guest');
        fs.copyFileSync(ours.certFile, path.join(own, 'ca.crt'));
        if (client === undefined) return own;
        fs.copyFileSync(client.certFile, path.join(own, 'client.crt'));
        fs.copyFileSync(client.keyFile, path.join(own, 'client.key'));
        return own;
      }

      async function scalerSees(client: Certificate | undefined): Promise<unknown> {
        const own = folderOf(client);
        const figures = openFigures({
          endpoint: `https://127.0.0.1:${port}`,
          ...{ usernameFile: path.join(own, 'username'), passwordFile: path.join(own, 'password') },
          cacertFile: path.join(own, 'ca.crt'),
          ...(client === undefined
            ? {}
            : {
                clientcertFile: path.join(own, 'client.crt'),
                clientkeyFile: path.join(own, 'client.key'),
              }),
        });
        try {
          return (await figures.read(['/'])).get('/');
        } finally {
          await figures.close();
        }
      }

      async function probeSays(client: Certificate | undefined): Promise<string> {
        const program = probeProgram(client !== undefined).replace(PROBE_LOGIN_FOLDER, folderOf(client));
        const env = {
          ...process.env,
          ...{ POD_IP: '10.0.0.7', RABBITMQ_VHOST: '/', WARREN_PROBED_QUEUES: '["no queue"]' },
          WARREN_MANAGEMENT_URL: `https://127.0.0.1:${port}`,
        };
        return (await run(python ?? '', ['-c', program, 'ready'], { env, timeoutMs: 60_000 })).output;
      }

      it('the scaler sees figures with one, and says what is missing without', async () => {
        expect(await scalerSees(ours.issue({ subject: 'scaler' }))).toMatchObject({ queues: [] });
        expect(await scalerSees(undefined)).toMatchObject({
          fault: expect.stringMatching(/it wants a client certificate/) as unknown,
        });
      });

      it.skipIf(python === undefined)('a probe is answered with one, and not without', async () => {
        expect(await probeSays(ours.issue({ subject: 'probe' }))).toMatch(
          /^no queue: the broker answers 404/,
        );
        expect(await probeSays(undefined)).toMatch(/^the broker can't be asked: /);
      });
    },
  );
}
