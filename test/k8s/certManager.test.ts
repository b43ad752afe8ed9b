/** A cluster whose certificate cert-manager makes, and makes again. */
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { forward } from './forward';
import { missingReason, openScratch, titled, type Scratch } from './scratch';
import { cameUp, KubernetesStack } from './stack';

/** An authority that signs itself, and the issuer that signs with it. */
const ISSUER = `
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: root }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: authority }
spec:
  isCA: true
  commonName: an authority of the tests
  secretName: authority
  issuerRef: { name: root, kind: Issuer }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: ours }
spec: { ca: { secretName: authority } }
`;
const SECRET_TIMEOUT_MS = 60_000;
/** A node reads its files again by itself, within minutes. */
const RENEWAL = { timeout: 480_000, interval: 3_000 };
const NAME = 'broker.example.org';

const reason = missingReason('missingCertManager', 'missingOperator');

describe.skipIf(reason !== '')(titled('cert-manager', reason), () => {
  let scratch: Scratch | undefined;
  let stack: KubernetesStack | undefined;
  let settings: { readonly issuer: string; readonly ca: string } | undefined;
  let ca = '';
  const opened = (): KubernetesStack => cameUp(stack);

  beforeAll(async () => {
    scratch = await openScratch();
    const { namespace, access } = scratch;
    await scratch.create(ISSUER);
    const found = await waitFor(async () => {
      const { items } = await access.core.listNamespacedSecret({ namespace });
      return items.find(({ metadata }) => metadata?.name === 'authority')?.data?.['tls.crt'];
    }, SECRET_TIMEOUT_MS);
    ca = Buffer.from(found ?? '', 'base64').toString();
    stack = await KubernetesStack.open({
      version: '4.3',
      namespace,
      topology: { broker: { nodes: 1, tls: { port: 5671 } }, vhosts: { shop: { queues: { jobs: {} } } } },
    });
    const file = path.join(stack.workspace.folder, 'authority.pem');
    fs.writeFileSync(file, ca);
    settings = { issuer: 'ours', ca: file };
    stack.setCluster({ tls: settings });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
  });

  afterAll(async () => {
    await stack?.dispose();
    await scratch?.clear();
  });

  /** For which names the certificate is that the node shows; refused unless the authority has signed it. */
  async function shownNames(port: number): Promise<string> {
    const way = await forward(opened().access, opened().namespace, 'rabbitmq-server-0', port);
    const socket = tls.connect({ port: way.port, host: '127.0.0.1', ca, servername: 'rabbitmq' });
    await once(socket, 'secureConnect');
    const names = socket.getPeerCertificate().subjectaltname ?? '';
    socket.destroy();
    way.close();
    return names;
  }

  it('makes what the node shows, by AMQP and by HTTP; a second up changes nothing', async () => {
    for (const port of [5671, 15_671]) expect(await shownNames(port)).toContain('DNS:rabbitmq.');
    const again = await opened().workspace.up();
    expect(again.exitCode, again.output).toBe(0);
    expect(again.output).toMatch(/Resources:\s+\d+ unchanged\n/);
    const doctor = await opened().workspace.warren('doctor');
    expect(doctor.output).toContain('is trusted');
  });

  it('makes another one for further names, which the node shows without a restart', async () => {
    const uid = async (): Promise<string | undefined> => {
      const { namespace, access } = opened();
      const pod = await access.core.readNamespacedPod({ namespace, name: 'rabbitmq-server-0' });
      return pod.metadata?.uid;
    };
    const before = await uid();
    opened().setCluster({ tls: { ...settings, names: [NAME] } });
    const changed = await opened().workspace.up();
    expect(changed.exitCode, changed.output).toBe(0);
    await expect.poll(() => shownNames(5671), RENEWAL).toContain(`DNS:${NAME}`);
    expect(await uid()).toBe(before);
    const again = await opened().workspace.up();
    expect(again.output).toMatch(/Resources:\s+\d+ unchanged\n/);
  });

  it('keeps its Secret once the stack is gone, as it does by default', async () => {
    const destroyed = await opened().workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    const { namespace, access } = opened();
    const { items } = await access.core.listNamespacedSecret({ namespace });
    expect(items.map(({ metadata }) => metadata?.name).sort()).toEqual(['authority', 'rabbitmq-tls']);
  });
});
