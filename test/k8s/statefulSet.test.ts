/** A cluster where no operator may be: of a StatefulSet, with a certificate that somebody else made. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { issue, makeAuthority } from '../../provider/warren/certificates/x509';
import { callManagement } from '../rigs/management';
import { STORAGE_CLASS } from '../rigs/k8s/volumes';
import { kubernetes, openScratch, titled, type Scratch } from './scratch';
import { cameUp, KubernetesStack } from './stack';

const TLS_SECRET = 'given-tls';
const TOPOLOGY = {
  broker: { nodes: 3, tls: { port: 5671 } },
  vhosts: { shop: { queues: { jobs: { replicated: true } } } },
};

describe.skipIf(inject('kubernetes') === undefined)(titled('a StatefulSet of our own'), () => {
  let scratch: Scratch | undefined;
  let stack: KubernetesStack | undefined;
  let ca = '';
  const opened = (): KubernetesStack => cameUp(stack);
  const given = () => ({ secret: TLS_SECRET, ca: path.join(opened().workspace.folder, 'given-ca.pem') });

  beforeAll(async () => {
    scratch = await openScratch();
    const { namespace } = scratch;
    const lifetime = { days: 2, now: new Date() };
    const authority = makeAuthority('an authority of the tests', lifetime);
    const names = ['rabbitmq', `rabbitmq.${namespace}.svc`, `*.rabbitmq-nodes.${namespace}`] as const;
    const { certificate, key } = issue(authority, { names: [...names], addresses: ['127.0.0.1'] }, lifetime);
    ca = authority.certificate;
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: TLS_SECRET } },
      stringData: { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key },
    };
    // JSON is YAML, too.
    await scratch.create(JSON.stringify(secret));
    stack = await KubernetesStack.open({
      version: '4.0',
      namespace,
      topology: TOPOLOGY,
      cluster: { by: 'statefulSet', tls: { secret: TLS_SECRET, ca: '/dev/null' } },
    });
    fs.writeFileSync(given().ca, ca);
    stack.setCluster({ tls: given() });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
    process.stderr.write(`from nothing to three nodes without an operator: ${first.durationMs} ms\n`);
  });

  afterAll(async () => {
    await stack?.dispose();
    await scratch?.clear();
  });

  it('is one cluster, with no guest, that shows the given certificate; a second up changes nothing', async () => {
    const nodes = await callManagement<{ running: boolean }[]>(await opened().admin(), 'GET', 'nodes');
    expect(nodes.map(({ running }) => running)).toEqual([true, true, true]);
    const users = await callManagement<{ name: string }[]>(await opened().admin(), 'GET', 'users');
    expect(users.map(({ name }) => name)).toEqual(['warren-admin-g1']);
    // By this authority, or there would be no connection.
    for (const port of [5671, 15_671]) expect(new Set(await opened().certificates(3, port, ca)).size).toBe(1);
    const again = await opened().workspace.up();
    expect(again.output).toMatch(/Resources:\s+\d+ unchanged\n/);
  });

  it('goes to no version that RabbitMQ can not come to from here', async () => {
    opened().setTopology({ ...TOPOLOGY, target: '4.3' });
    const { exitCode, output } = await opened().workspace.run(['preview', '--non-interactive']);
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(
      /can't go from 4\.0 to 4\.3 in one step\. Go to 4\.2 first[^]*a stack of 4\.3 beside/,
    );
    opened().setTopology(TOPOLOGY);
  });

  it('has larger volumes by the way that the refusal names, and no pod notices', async () => {
    const startMs = performance.now();
    const { workspace, access, namespace } = opened();
    const { storageClass } = kubernetes();
    const uids = async () => {
      const { items } = await access.core.listNamespacedPod({ namespace });
      return items.map(({ metadata }) => metadata?.uid).sort();
    };
    const before = await uids();
    opened().setCluster({ tls: given(), storage: '512Mi' });
    const { exitCode, output } = await workspace.run(['preview', '--non-interactive']);
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/kubernetes\.cluster\.storage is 512Mi, and [^]*rabbitmq-server .*256Mi/);
    const set = `/apis/apps/v1/namespaces/${namespace}/statefulsets/rabbitmq-server`;
    const claims = [0, 1, 2].map(
      (index) =>
        `/api/v1/namespaces/${namespace}/persistentvolumeclaims/persistence-rabbitmq-server-${index}`,
    );
    // Those of a cluster that somebody gave us may not grow.
    if (storageClass === STORAGE_CLASS) {
      for (const claim of claims)
        await access.cluster.ask({
          ...{ method: 'PATCH', path: claim, contentType: 'application/merge-patch+json', action: 'grow it' },
          body: { spec: { resources: { requests: { storage: '512Mi' } } } },
        });
      await access.cluster.ask({
        ...{ method: 'DELETE', path: set, action: 'take it away' },
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Orphan' },
      });
      const grown = await workspace.up();
      expect(grown.exitCode, grown.output).toBe(0);
      const made = await access.cluster.ask<object>({ method: 'GET', path: set, action: 'look at it' });
      expect(JSON.stringify(made)).toContain('"requests":{"storage":"512Mi"}');
    } else opened().setCluster({ tls: given() });
    expect(await uids()).toEqual(before);
    process.stderr.write(`larger volumes by hand: ${Math.round(performance.now() - startMs)} ms\n`);
  });

  it('goes at once, and leaves the Secret and the namespace that are not its own', async () => {
    const destroyed = await opened().workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    process.stderr.write(`three nodes gone without an operator: ${destroyed.durationMs} ms\n`);
    const { namespace, access } = opened();
    // A node that waits for the others to come back, or that finds nobody any more, is stopped in the end.
    const { items } = await access.core.listNamespacedEvent({ namespace });
    expect(items.filter(({ reason }) => reason === 'FailedPreStopHook')).toEqual([]);
    const left = await access.core.listNamespacedSecret({ namespace });
    expect(left.items.map(({ metadata }) => metadata?.name)).toEqual([TLS_SECRET]);
    expect((await access.core.listNamespacedPod({ namespace })).items).toEqual([]);
  });
});
