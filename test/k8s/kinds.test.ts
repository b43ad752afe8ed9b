/** Objects of many kinds on a real cluster, each through the offline kubernetes plugin by itself. */
import * as crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clusterAddress } from '../../kubernetesApi/kubeconfig';
import { openKinds, find, type KubernetesObject } from '../../kubernetesApi/objects';
import { openCluster, type Cluster } from '../../kubernetesApi/transport';
import { kubernetes, titled } from './scratch';
import {
  FakeEngine,
  UNKNOWN,
  urn,
  type DetailedDiff,
  type PluginProcess,
  type Values,
} from '../provider/plugin';

const isMissing = inject('missingKubernetesReason') !== '';

const UNCHANGED: DetailedDiff = { changed: false, deleteBeforeReplace: false, replaces: [], details: {} };

function tokenOf({ apiVersion, kind }: Values): string {
  const version = String(apiVersion);
  return `kubernetes:${version.includes('/') ? version : `core/${version}`}:${String(kind)}`;
}

/** One that needs nothing but itself. */
const SIMPLE: readonly Values[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' }, immutable: true },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
    subjects: [{ kind: 'ServiceAccount', name: 'x' }],
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'x' } } },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 5671 }] }] },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
      maxReplicas: 2,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    },
  },
  { apiVersion: 'v1', kind: 'Service', spec: { type: 'ExternalName', externalName: 'a.example' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: {
          containers: [
            { name: 'c', image: 'i', resources: { requests: { cpu: '1000m', memory: '1024Mi' } } },
          ],
        },
      },
    },
  },
];

describe.skipIf(isMissing)(titled('kinds of Kubernetes objects'), () => {
  const namespace = `warren-kinds-${crypto.randomBytes(3).toString('hex')}`;
  let rig: ReturnType<typeof kubernetes>;
  let cluster: Cluster;
  let engine: FakeEngine;
  let plugin: PluginProcess;

  beforeAll(async () => {
    rig = kubernetes();
    const { kubeconfig, context } = rig;
    cluster = openCluster(() => clusterAddress({ kubeconfig, context }, {}));
    engine = await FakeEngine.start();
    plugin = await engine.plugin('kubernetes', { kubeconfig, context, namespace });
    await new Thing('space', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    }).create();
  });

  afterAll(async () => {
    const path = `/api/v1/namespaces/${namespace}`;
    await cluster.ask({ method: 'DELETE', path, action: 'clean up' }).catch(() => undefined);
    await engine.stop();
  });

  /** As Pulumi's engine handles it. */
  class Thing {
    id = '';
    state: Values = {};

    constructor(
      readonly name: string,
      readonly inputs: Values,
    ) {}

    get urn(): string {
      return urn(tokenOf(this.inputs), this.name);
    }

    async check(change: Values = {}): Promise<Values> {
      const metadata = { name: this.name, ...(this.inputs.metadata as object | undefined) };
      const { inputs, failures } = await plugin.check(this.urn, { ...this.inputs, metadata, ...change });
      expect(failures).toEqual({});
      return inputs;
    }

    async create(): Promise<this> {
      const made = await plugin.create(this.urn, await this.check());
      this.id = made.id;
      this.state = made.state;
      return this;
    }

    async diff(change: Values = {}): Promise<DetailedDiff> {
      return plugin.diff(this.urn, this.state, await this.check(change), this.id);
    }

    async update(change: Values): Promise<void> {
      this.state = await plugin.update(this.urn, this.id, this.state, await this.check(change));
    }

    async remove(): Promise<void> {
      await plugin.remove(this.urn, this.id, this.state);
    }

    async live(): Promise<KubernetesObject | undefined> {
      const kind = await openKinds(cluster).find(String(this.inputs.apiVersion), String(this.inputs.kind));
      if (kind === undefined) throw new Error(`no kind ${String(this.inputs.kind)}`);
      return find(cluster, { kind, namespace, name: this.name });
    }
  }

  /** Of one container. */
  function deployment(name: string, container: Values, pod: Values = {}): Thing {
    const main = { name: 'main', image: rig.images.busybox, imagePullPolicy: 'IfNotPresent', ...container };
    return new Thing(name, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { annotations: { 'pulumi.com/timeoutSeconds': '20' } },
      spec: {
        // Without a probe, a container is ready for as long as it takes to crash.
        minReadySeconds: 2,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { terminationGracePeriodSeconds: 0, containers: [main], ...pod },
        },
      },
    });
  }

  it('are made, are the same afterwards, are read as they are, and go', async () => {
    const things = SIMPLE.map((inputs) => new Thing(`x-${String(inputs.kind).toLowerCase()}`, inputs));
    await Promise.all(
      things.map(async (thing) => {
        await thing.create();
        expect(thing.id).toBe(`${namespace}/${thing.name}`);
        expect(await thing.diff()).toEqual(UNCHANGED);
        const imported = await plugin.read(thing.urn, thing.id);
        expect(imported.inputs).not.toHaveProperty('status');
        expect(await plugin.diff(thing.urn, imported.state, await thing.check(), thing.id)).toEqual(
          UNCHANGED,
        );
        await thing.remove();
        expect(await thing.live()).toBeUndefined();
        await thing.remove();
        expect((await plugin.read(thing.urn, thing.id, thing.state)).id).toBe('');
      }),
    );
  });

  it('tell why they do not come up', async () => {
    const words = 'echo the database is away; exit 3';
    const failures = await Promise.all(
      [
        deployment('crash', { command: ['sh', '-c', words] }),
        deployment('nowhere', { command: ['true'] }, { nodeSelector: { 'warren.test/none': 'x' } }),
        deployment('imageless', { image: 'localhost/not-there:1', imagePullPolicy: 'Never' }),
        deployment('secretless', { envFrom: [{ secretRef: { name: 'missing' } }], command: ['true'] }),
      ].map((thing) =>
        thing.create().then(
          () => 'it came up',
          (error: unknown) => (error as Error).message,
        ),
      ),
    );
    const [crash, nowhere, imageless, secretless] = failures;
    expect(crash).toMatch(/container "main" ended with exit code 3.*: the database is away/);
    expect(crash).toMatch(/"warren-kinds-\w+\/crash" is not ready after 20 s/);
    expect(nowhere).toMatch(/can't be scheduled: .*node affinity\/selector/);
    expect(imageless).toMatch(/container "main": ErrImageNeverPull/);
    expect(secretless).toMatch(/CreateContainerConfigError: secret "missing" not found/);
  });

  it('tell why a job failed, and what a Service and a claim wait for', async () => {
    const annotations = { 'pulumi.com/timeoutSeconds': '10' };
    const container = { name: 'c', image: rig.images.busybox, imagePullPolicy: 'IfNotPresent' };
    const command = ['sh', '-c', 'echo migration 7 is broken; exit 4'];
    const job = new Thing('job', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ ...container, command }] } },
      },
    });
    await expect(job.create()).rejects.toThrow(/failed[^]*exit code 4: migration 7 is broken/);
    const spec = { type: 'LoadBalancer', selector: { app: 'nobody' }, ports: [{ port: 1 }] };
    const service = new Thing('lb', { apiVersion: 'v1', kind: 'Service', metadata: { annotations }, spec });
    await expect(service.create()).rejects.toThrow(
      /load balancer has no address yet[^]*no pod that its selector finds is ready/,
    );
    const claim = new Thing('claim', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { annotations },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'none-such',
        resources: { requests: { storage: '1Mi' } },
      },
    });
    await expect(claim.create()).rejects.toThrow(/no volume is bound to it yet[^]*none-such/);
  });

  it('are refused for unknown fields, in a preview too, and warned of for old ones', async () => {
    const thing = deployment('strict', {});
    const wrong = { selector: { matchLabels: { app: 'strict' } }, replica: 1 };
    const inputs = await thing.check({ spec: wrong });
    await expect(plugin.create(thing.urn, inputs, true)).rejects.toThrow(
      /\.spec\.replica: field not declared/,
    );
    const pod = { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } };
    const old = deployment('old', { command: ['sleep', '1000'] }, pod);
    old.inputs.metadata = { annotations: { 'pulumi.com/skipAwait': 'true' } };
    await old.create();
    await expect.poll(() => engine.messages.join('\n')).toContain('beta.kubernetes.io/os');
    const service = new Thing('foreseen', {
      apiVersion: 'v1',
      kind: 'Service',
      spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
    });
    const foreseen = await plugin.create(service.urn, await service.check(), true);
    expect(foreseen.state.spec).toMatchObject({ type: 'ClusterIP', clusterIP: UNKNOWN });
    expect(await service.live()).toBeUndefined();
  });

  it('are told by a preview to need what the cluster lacks', async () => {
    const cluster = new Thing('nodes', { apiVersion: 'rabbitmq.com/v9', kind: 'RabbitmqCluster', spec: {} });
    await plugin.create(cluster.urn, await cluster.check(), true);
    await expect
      .poll(() => engine.messages.join('\n'))
      .toMatch(/no kind RabbitmqCluster of rabbitmq\.com\/v9\. RabbitMQ's cluster operator brings it: https/);
    // Of others the program itself may bring the definition.
    const before = engine.messages.length;
    const own = new Thing('own', { apiVersion: 'a.example/v1', kind: 'Thing', spec: {} });
    await plugin.create(own.urn, await own.check(), true);
    expect(engine.messages.slice(before).join('\n')).not.toContain('no kind Thing');
  });

  it('go on from the genuine plugin, which does not always apply', async () => {
    const map = new Thing('genuine', { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1', b: '2' } });
    const inputs = await map.check();
    const live = await cluster.ask<KubernetesObject>({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      query: { fieldManager: 'pulumi-kubernetes' },
      body: inputs,
      action: 'create it',
    });
    map.id = `${namespace}/genuine`;
    map.state = {
      ...live,
      __inputs: inputs,
      __initialApiVersion: 'v1',
      __fieldManager: 'pulumi-kubernetes-1234',
    };
    expect(await map.diff()).toEqual(UNCHANGED);
    await map.update({ data: { a: '3' } });
    expect((await map.live())?.data).toEqual({ a: '3' });
    expect(map.state).toMatchObject({ data: { a: '3' }, __fieldManager: 'pulumi-kubernetes-1234' });
    const annotations = { 'pulumi.com/patchFieldManager': 'another' };
    await map.update({ data: { a: '3' }, metadata: { name: 'genuine', annotations } });
    const managers = (await map.live())?.metadata.managedFields?.map(({ manager }) => manager);
    expect(managers).toEqual(['another']);
  });

  it('name the finalizers that keep them, and end at once when everything is cancelled', async () => {
    const annotations = { 'pulumi.com/timeoutSeconds': '1' };
    const metadata = { annotations, finalizers: ['warren.test/never'] };
    const kept = await new Thing('kept', { apiVersion: 'v1', kind: 'ConfigMap', metadata }).create();
    await expect(kept.remove()).rejects.toThrow(
      /still being deleted after 1 s\. its finalizers are not done: warren\.test\/never/,
    );
    await cluster.ask({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/configmaps/kept`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: null } },
      action: 'let it go',
    });
    const other = await engine.plugin('kubernetes', {
      kubeconfig: rig.kubeconfig,
      context: rig.context,
      namespace,
    });
    const thing = deployment('cancelled', { command: ['false'] });
    thing.inputs.metadata = {};
    const waiting = other.create(thing.urn, await thing.check());
    const ended = expect(waiting).rejects.toThrow(/Cancelled: wait for the Deployment|Cancelled: /);
    await expect.poll(() => thing.live()).toBeDefined();
    await other.cancel();
    await ended;
  });
});
