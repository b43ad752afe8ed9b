/** Requests to an API server that hangs, breaks off, has too much to do, or is none. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isClusterError, type ClusterError } from '../../kubernetesApi/errors';
import { clusterAddress } from '../../kubernetesApi/kubeconfig';
import { openCluster, type Cluster, type ClusterRequest } from '../../kubernetesApi/transport';
import { FakeEngine, urn } from './plugin';

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

let server: http.Server | undefined;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-kubeconfig-'));

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

async function serverThat(answer: Answer): Promise<string> {
  server = http.createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function kubeconfigOf(host: string, namespace?: string): string {
  return JSON.stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: host } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace } }],
  });
}

async function clusterThat(answer: Answer): Promise<Cluster> {
  const host = await serverThat(answer);
  return openCluster(() => clusterAddress({ kubeconfig: kubeconfigOf(host) }, {}));
}

async function failureOf(work: Promise<unknown>): Promise<ClusterError> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!isClusterError(error)) throw new Error(`not a ClusterError: ${String(error)}`);
  return error;
}

const LIST: ClusterRequest = { method: 'GET', path: '/api/v1/pods', action: 'list the pods' };

describe('a request', () => {
  it('ends in time when nothing answers, and at once when it is cancelled', async () => {
    const cluster = await clusterThat(() => undefined);
    const late = await failureOf(cluster.ask({ ...LIST, timeoutMs: 100 }));
    expect(late).toMatchObject({ kind: 'timeout' });
    expect(late.message).toMatch(/^Cannot list the pods: .* did not answer within 0\.1 s\./);
    const running = failureOf(cluster.ask(LIST));
    const paused = failureOf(cluster.pause(60_000, 'wait'));
    cluster.cancel();
    expect((await running).message).toBe('Cancelled: list the pods.');
    expect((await paused).kind).toBe('cancelled');
  });

  it('says why there is no cluster', async () => {
    const host = await serverThat(() => undefined);
    server?.close();
    const gone = openCluster(() => clusterAddress({ kubeconfig: kubeconfigOf(host) }, {}));
    expect((await failureOf(gone.ask(LIST))).message).toContain(`at ${host} is not reachable (ECONNREFUSED)`);
    const none = openCluster(() => clusterAddress({}, { HOME: folder }));
    expect(await failureOf(none.ask(LIST))).toMatchObject({ kind: 'unreachable' });
    expect((await failureOf(none.ask(LIST))).message).toContain('there is no kubeconfig');
    const html = await clusterThat((_request, response) => response.end('<html>'));
    expect((await failureOf(html.ask(LIST))).message).toContain('its answer is not JSON');
  });

  it('comes back when the API server says so, and hears its warnings', async () => {
    let calls = 0;
    const cluster = await clusterThat((_request, response) => {
      calls += 1;
      if (calls === 1) response.writeHead(429, { 'retry-after': '0.01' }).end('{}');
      else response.setHeader('warning', '299 - "old \\"v1\\"", 299 - "other"').end('{"a":1}');
    });
    const warnings: string[] = [];
    expect(await cluster.ask({ ...LIST, onWarning: (text) => warnings.push(text) })).toEqual({ a: 1 });
    expect(warnings).toEqual(['old "v1"', 'other']);
  });

  it('fails with what the API server says, by its kind', async () => {
    const status = (code: number, reason: string, causes: object[] = []): Promise<ClusterError> => {
      const body = { kind: 'Status', reason, message: 'because', details: { causes } };
      return clusterThat((_request, response) => response.writeHead(code).end(JSON.stringify(body)))
        .then((cluster) => failureOf(cluster.ask(LIST)))
        .finally(() => server?.close());
    };
    expect((await status(409, 'AlreadyExists')).kind).toBe('exists');
    expect((await status(409, 'Conflict')).kind).toBe('conflict');
    expect((await status(403, 'Forbidden', [{ reason: 'NamespaceTerminating' }])).kind).toBe('terminating');
    expect((await status(403, 'Forbidden')).message).toContain('Give that user the right');
    expect((await status(401, 'Unauthorized')).message).toContain("doesn't know this login");
    expect((await status(422, 'Invalid')).message).toBe('Cannot list the pods: the API server says: because');
  });
});

describe('a kubeconfig', () => {
  it('comes from the files that kubectl would take, whose own paths start at them', () => {
    const file = path.join(folder, 'one');
    const config = {
      clusters: [{ name: 'k', cluster: { server: 'https://k/', 'certificate-authority': 'ca.pem' } }],
      users: [{ name: 'u', user: { 'client-key': 'key.pem' } }],
    };
    fs.writeFileSync(file, JSON.stringify(config));
    const second = path.join(folder, 'two');
    const contexts = [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'n' } }];
    fs.writeFileSync(second, JSON.stringify({ 'current-context': 'c', contexts }));
    const KUBECONFIG = [file, path.join(folder, 'missing'), second].join(path.delimiter);
    const found = clusterAddress({}, { KUBECONFIG });
    expect(found).toMatchObject({ server: 'https://k', namespace: 'n' });
    expect(found.kubeconfig).toContain(path.join(folder, 'ca.pem'));
    expect(found.kubeconfig).toContain(path.join(folder, 'key.pem'));
    expect(clusterAddress({ kubeconfig: KUBECONFIG, namespace: 'm' }, {}).namespace).toBe('m');
    const relative = ['one', 'two'].join(path.delimiter);
    expect(clusterAddress({ kubeconfig: relative, folder }, {}).namespace).toBe('n');
  });
});

describe('without a cluster', () => {
  const token = 'kubernetes:core/v1:ConfigMap';
  const inputs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'n' } };

  it('a preview says so once, and nothing leaves the state', async () => {
    const host = await serverThat(() => undefined);
    server?.close();
    const engine = await FakeEngine.start();
    try {
      const plugin = await engine.plugin('kubernetes', { kubeconfig: kubeconfigOf(host, 'n') });
      const state = { ...inputs, __inputs: inputs, __fieldManager: 'm' };
      const news = { ...inputs, metadata: { ...inputs.metadata, labels: { a: 'b' } } };
      const found = await plugin.diff(urn(token, 'a'), state, news, 'n/x');
      expect(found.details).toEqual({ 'metadata.labels': 'ADD' });
      await plugin.diff(urn(token, 'b'), state, news, 'n/x');
      await plugin.create(urn(token, 'c'), inputs, true);
      expect(engine.messages.filter((text) => text.includes('ECONNREFUSED'))).toHaveLength(1);
      const wayOut = /not reachable.*PULUMI_K8S_DELETE_UNREACHABLE=true/;
      await expect(plugin.read(urn(token, 'a'), 'n/x', state)).rejects.toThrow(wayOut);
      await expect(plugin.remove(urn(token, 'a'), 'n/x', state)).rejects.toThrow(wayOut);
      const config = { kubeconfig: kubeconfigOf(host), deleteUnreachable: 'true' };
      const giving = await engine.plugin('kubernetes', config);
      expect((await giving.read(urn(token, 'a'), 'n/x', state)).id).toBe('');
      await giving.remove(urn(token, 'a'), 'n/x', state);
    } finally {
      await engine.stop();
    }
  });

  it('refuses by name what is no object, and names what is wrong', async () => {
    const engine = await FakeEngine.start();
    try {
      const plugin = await engine.plugin('kubernetes', {
        kubeconfig: kubeconfigOf('http://127.0.0.1:1', 'n'),
      });
      const check = plugin.check.bind(plugin);
      await expect(check(urn('kubernetes:helm.sh/v3:Release', 'a'), {})).rejects.toThrow(/helm template/);
      await expect(check(urn('kubernetes:core/v1:ConfigMapPatch', 'a'), inputs)).rejects.toThrow(
        /no resource type kubernetes:core\/v1:ConfigMapPatch/,
      );
      const named = await check(urn(token, 'a'), { apiVersion: 'v1', kind: 'ConfigMap' });
      expect(named.inputs.metadata).toMatchObject({
        namespace: 'n',
        annotations: { 'pulumi.com/autonamed': 'true' },
      });
      expect((named.inputs.metadata as { name: string }).name).toMatch(/^a-[0-9a-f]{7}$/);
      const again = await check(urn(token, 'a'), { apiVersion: 'v1', kind: 'ConfigMap' }, named.inputs);
      expect(again.inputs).toEqual(named.inputs);
      const wrong = { ...inputs, metadata: { name: 'x', annotations: { 'pulumi.com/waitFor': 'Ready' } } };
      expect((await check(urn(token, 'a'), wrong)).failures.metadata).toContain(
        'pulumi.com/waitFor is wrong',
      );
      const generated = { ...inputs, metadata: { generateName: 'x-' } };
      expect((await check(urn(token, 'a'), generated)).failures.metadata).toContain('server-side apply');
    } finally {
      await engine.stop();
    }
  });
});
