/** How many workers run: by what a state has, asked at the Docker Engine or the Kubernetes cluster that it names. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportedStack } from '../../cli/stackState';
import { runningWorkers } from '../../cli/status/running';
import type { Topology } from '../../topology/model';

const CONTAINERS = [{ Names: ['/shop-paid-1'] }, { Names: ['/shop-paid-3'] }, { Names: ['/another'] }];
const DEPLOYMENTS = {
  items: [
    { metadata: { name: 'mail-out' }, status: { readyReplicas: 2 } },
    { metadata: { name: 'idle' }, status: {} },
    { metadata: { name: 'of-nobody' }, status: { readyReplicas: 9 } },
  ],
};
const topology = { workers: ['paid', 'Mail_Out', 'idle'].map((name) => ({ name })) } as unknown as Topology;
const folder = fs.mkdtempSync(path.join(tmpdir(), 'warren-running-'));
const asked: string[] = [];
const server = http.createServer((request, response) => {
  asked.push(request.url ?? '');
  response.setHeader('api-version', '1.47');
  response.setHeader('content-type', 'application/json');
  if (request.url === '/_ping') response.end('OK');
  else response.end(JSON.stringify(request.url?.includes('deployments') === true ? DEPLOYMENTS : CONTAINERS));
});
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  fs.rmSync(folder, { recursive: true });
});

function containers(host: string): ExportedStack {
  const provider = 'urn:pulumi:test::warren::pulumi:providers:docker::docker';
  const container = (name: string, fleet?: string) => ({
    type: 'docker:index/container:Container',
    provider: `${provider}::0f2c`,
    inputs: { labels: fleet === undefined ? [] : [{ label: 'warren.fleet', value: fleet }] },
    outputs: { name },
  });
  return {
    deployment: {
      resources: [
        { type: 'pulumi:providers:docker', urn: provider, inputs: { host } },
        ...[1, 2, 3].map((index) => container(`shop-paid-${index}`, 'paid')),
        container('another'),
      ],
    },
  };
}

it('of a fleet on Docker, the containers that run', async () => {
  const running = await runningWorkers({ config: {}, topology }, containers(`tcp://127.0.0.1:${port}`));
  expect([...running]).toEqual([['paid', { replicas: 2, silentHosts: [] }]]);
  expect(asked.some((url) => url.includes('/containers/json?filters='))).toBe(true);
});

it('of a fleet whose Docker Engine is away, its name', async () => {
  expect([...(await runningWorkers({ config: {}, topology }, containers('tcp://127.0.0.1:1')))]).toEqual([
    ['paid', { silentHosts: ['tcp://127.0.0.1:1'] }],
  ]);
});

it('of a fleet on two Docker hosts, those of the one that answers, and the other’s name', async () => {
  const near = containers(`tcp://127.0.0.1:${port}`).deployment.resources ?? [];
  const far = containers('tcp://127.0.0.1:1').deployment.resources ?? [];
  const renamed = far.map((resource) => ({
    ...resource,
    ...(resource.urn === undefined ? {} : { urn: `${resource.urn}-far` }),
    ...(resource.provider === undefined ? {} : { provider: resource.provider.replace('::0f2c', '-far::1') }),
  }));
  const both = { deployment: { resources: [...near, ...renamed] } };
  expect([...(await runningWorkers({ config: {}, topology }, both))]).toEqual([
    ['paid', { replicas: 2, silentHosts: ['tcp://127.0.0.1:1'] }],
  ]);
});

it('of a fleet on Kubernetes, the pods that are ready', async () => {
  const kubeconfig = path.join(folder, 'kubeconfig');
  fs.writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'test', user: {} }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  );
  const deployment = (name: string) => ({
    type: 'kubernetes:apps/v1:Deployment',
    outputs: { metadata: { name, namespace: 'shop', labels: { 'app.kubernetes.io/component': 'worker' } } },
  });
  const exported = { deployment: { resources: [deployment('mail-out'), deployment('idle')] } };
  // What RabbitMQ's nodes are like is no name of a kubeconfig's cluster.
  const config = { kubernetes: { kubeconfig, context: 'test', cluster: { memory: '2Gi' } } };
  const running = await runningWorkers({ config, topology }, exported);
  expect([...running]).toEqual([
    ['Mail_Out', { replicas: 2, silentHosts: [] }],
    ['idle', { replicas: 0, silentHosts: [] }],
  ]);
});
