/**
 * TLS in both directions and a path prefix, by a stack's settings through plain `pulumi up`: what is wrong with a
 * certificate is told once and with its way out, and once it is right, the same stack goes up.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whoAmI } from '../../broker/figures/overview';
import { openBroker } from '../../broker/api/transport';
import { resetBroker, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import { Authority, opensslObstacle, type Certificate } from './certificates';
import { TlsProxy } from './tlsProxy';

const TOPOLOGY = `warren: 1
vhosts:
  shop:
    queues: { a: , b: }
`;
const PREFIX = '/tools/rabbit';
const HERE = 'IP:127.0.0.1';
const FILE_KEYS = ['cacertFile', 'clientcertFile', 'clientkeyFile'] as const;
type Files = Partial<Record<(typeof FILE_KEYS)[number], string>>;

const reason = opensslObstacle();
const title = reason === undefined ? 'TLS' : `TLS [skipped: ${reason}]`;
describe.skipIf(reason !== undefined)(title, () => {
  withBroker(
    'certificates',
    (broker) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-tls-'));
      const proxies: Record<string, TlsProxy> = {};
      let workspace: PulumiWorkspace;
      let ours: Authority;
      let others: Authority;
      let client: Certificate;

      beforeAll(async () => {
        await resetBroker(broker);
        ours = new Authority(path.join(folder, 'ours'));
        others = new Authority(path.join(folder, 'others'));
        client = ours.issue({ subject: 'deployer' });
        const servers = {
          good: ours.issue({ subject: 'broker', altName: HERE }),
          expired: ours.issue({ subject: 'broker', altName: HERE, isExpired: true }),
          elsewhere: ours.issue({ subject: 'broker', altName: 'DNS:rabbit.example.com' }),
        };
        const shared = {
          targetPort: broker.managementPort,
          clientAuthorityFile: ours.certFile,
          prefix: PREFIX,
        };
        for (const [name, certificate] of Object.entries(servers)) {
          proxies[name] = await TlsProxy.start({ ...shared, certificate });
        }
        workspace = new PulumiWorkspace({ stack: 'test' });
        const topology = path.join(workspace.folder, 'topology.yaml');
        fs.writeFileSync(topology, TOPOLOGY);
        await workspace.initWithSeed({ topology, target: broker.version });
      });
      afterAll(async () => {
        for (const proxy of Object.values(proxies)) await proxy.stop();
        workspace.dispose();
        fs.rmSync(folder, { recursive: true, force: true });
      });

      const proxyOf = (name: string): TlsProxy => {
        const proxy = proxies[name];
        if (proxy === undefined) throw new Error(`no proxy ${name}`);
        return proxy;
      };
      const configure = (server: string, files: Files): void => {
        const none = Object.fromEntries(FILE_KEYS.map((key) => [key, '']));
        workspace.setConfig({ ...none, ...files, endpoint: proxyOf(server).endpoint });
      };
      const asClient = ({ certFile, keyFile }: Certificate): Files => ({
        clientcertFile: certFile,
        clientkeyFile: keyFile,
      });

      it('takes a certificate for the name that it is told in place of the host', async () => {
        const way = {
          ...{ endpoint: proxyOf('elsewhere').endpoint, cacertFile: ours.certFile, ...asClient(client) },
          ...{ username: broker.username, password: broker.password },
        };
        const named = openBroker({ ...way, serverName: 'rabbit.example.com' });
        expect((await whoAmI(named)).name).toBe(broker.username);
        const misnamed = openBroker({ ...way, serverName: 'rabbit.example.net' });
        await expect(whoAmI(misnamed)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
      });

      const wrong: readonly [string, string, () => Files, RegExp][] = [
        [
          'an authority that did not sign it',
          'good',
          () => ({ cacertFile: others.certFile, ...asClient(client) }),
          /its certificate comes from an unknown authority\. Give that authority in `cacertFile`/,
        ],
        [
          'no authority',
          'good',
          () => asClient(client),
          /its certificate comes from an unknown authority\. Give that authority in `cacertFile`/,
        ],
        [
          'an expired certificate',
          'expired',
          () => ({ cacertFile: ours.certFile, ...asClient(client) }),
          /\(CERT_HAS_EXPIRED\): its certificate has expired\. Renew it on the broker/,
        ],
        [
          'a certificate for another host',
          'elsewhere',
          () => ({ cacertFile: ours.certFile, ...asClient(client) }),
          /its certificate is for another host name\. Use the name in the certificate/,
        ],
        [
          'no client certificate',
          'good',
          () => ({ cacertFile: ours.certFile }),
          /it wants a client certificate\. Give one that it accepts in `clientcertFile`/,
        ],
        [
          'a client certificate of another authority',
          'good',
          () => ({ cacertFile: ours.certFile, ...asClient(others.issue({ subject: 'stranger' })) }),
          // This server closes without a word.
          /closed before an answer came\. Check .*, and the client certificate/,
        ],
      ];
      it.each(wrong)('%s', async (_title, server, files, message) => {
        configure(server, files());
        const run = await workspace.up();
        expect(run.exitCode, run.output).not.toBe(0);
        const told = (run.output.split('Diagnostics:').at(-1) ?? '').match(/Cannot .*/g) ?? [];
        expect(told, run.output).toHaveLength(1);
        expect(told[0]).toMatch(message);
        expect(told[0]).toContain(proxyOf(server).endpoint);
        expect(run.output).not.toMatch(/\n\s+at /);
        const vhosts = await callManagement<{ name: string }[]>(broker, 'GET', 'vhosts');
        expect(vhosts.map(({ name }) => name)).toEqual(['/']);
      });

      it('all of it right: the stack goes up, below the prefix and with the client certificate alone', async () => {
        configure('good', { cacertFile: ours.certFile, ...asClient(client) });
        const run = await workspace.up();
        expect(run.exitCode, run.output).toBe(0);
        const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop');
        expect(queues.map(({ name }) => name).sort()).toEqual(['a', 'b']);
        expectNoChange(await workspace.up());
        expect([...proxyOf('good').clients]).toEqual(['deployer']);
        expect(proxyOf('good').strayPaths).toEqual([]);
      });
    },
    ['4.3'],
  );
});
