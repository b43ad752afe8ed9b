import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../k8s/objects';
import { EXAMPLES_ON_KUBERNETES, manifestsFor, topologyOf } from './examples';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string }[];
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits?: object };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe?: { readonly exec: { readonly command: readonly string[] } };
}

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly automountServiceAccountToken: boolean;
    readonly terminationGracePeriodSeconds: number;
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes: readonly { readonly secret?: { readonly secretName: string } }[];
  };
}

interface Spec {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template?: PodTemplate;
  readonly strategy?: { readonly type: string };
  readonly minReplicaCount?: number;
  readonly triggers?: readonly { readonly metadata: Readonly<Record<string, string>> }[];
  readonly [field: string]: unknown;
}

const specOf = (object: KubernetesObject): Spec => (object.spec ?? {}) as Spec;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

describe.each(EXAMPLES_ON_KUBERNETES)('$name', ({ manifests: { objects, secrets } }) => {
  const templates = objects.flatMap((object) => {
    const { template } = specOf(object);
    return template === undefined ? [] : [{ object, template }];
  });

  it('has each object once, with a name that Kubernetes takes', () => {
    const names = objects.map(({ kind, metadata: { name } }) => `${kind}/${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { metadata } of objects) {
      expect(metadata.name).toMatch(DNS_LABEL);
      expect(metadata.name.length).toBeLessThanOrEqual(63);
    }
  });

  it('selects its own pods, and no others', () => {
    for (const { object, template } of templates) {
      const { matchLabels } = specOf(object).selector ?? {};
      expect(Object.keys(matchLabels ?? {}).length).toBeGreaterThan(0);
      expect(template.metadata.labels).toMatchObject(matchLabels ?? {});
      const matching = templates.filter(({ template: { metadata } }) =>
        Object.entries(matchLabels ?? {}).every(([key, value]) => metadata.labels[key] === value),
      );
      expect(matching).toHaveLength(1);
    }
  });

  it("keeps to Kubernetes' restricted standard, and asks for what it needs", () => {
    for (const { template } of templates) {
      const { spec } = template;
      expect(spec.automountServiceAccountToken).toBe(false);
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
        const security = { ...spec.securityContext, ...container.securityContext };
        expect(security).toMatchObject({
          allowPrivilegeEscalation: false,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(container.resources.requests).toMatchObject({
          cpu: expect.any(String) as unknown,
          memory: expect.any(String) as unknown,
        });
        for (const { name } of container.ports ?? []) expect(name.length).toBeLessThanOrEqual(15);
      }
    }
  });

  it('has no password in an environment, and mounts only Secrets that it names', () => {
    const known = secrets.map(({ name }) => name);
    for (const { template } of templates) {
      for (const { env = [] } of template.spec.containers)
        for (const { name, value = '' } of env) {
          expect(name).not.toMatch(/PASSWORD$/);
          expect(value).not.toMatch(/\/\/[^/]*@/);
        }
      const mounted = template.spec.volumes.flatMap(({ secret }) => secret?.secretName ?? []);
      for (const name of mounted) expect(known).toContain(name);
    }
  });
});

const TOPOLOGY = `
warren: 1
target: '4.3'
broker: { nodes: 3, tls: { port: 5671 }, memoryHighWatermark: 60% }
vhosts:
  shop:
    queues: { jobs: {}, mail: {} }
    families: { 'user.{id}': {} }
users: { worker: { roles: { shop: { consumer: [jobs, mail, 'user.{id}'] } } } }
workers:
  jobs: { vhost: shop, user: worker, queues: [jobs], longestTask: 5m, command: [python, -m, jobs], autoscale: { min: 0, max: 4, messagesPerReplica: 100, cooldown: 30s } }
  Mail_Out: { vhost: shop, user: worker, queues: [mail, 'user.{id}'], replicas: 2, command: [python, -m, mail], autoscale: { min: 1, max: 3 } }
  beat: { vhost: shop, user: worker, command: [celery, -A, app, beat] }
`;

describe('a fleet', () => {
  const topology = topologyOf(TOPOLOGY);
  const { objects } = manifestsFor(topology, { cluster: {}, workers: { '*': { image: 'worker:1' } } });
  const find = (kind: string, name: string): Spec => {
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return specOf(found);
  };

  it('that scales leaves its replicas to KEDA, which counts unacknowledged messages', () => {
    expect(find('Deployment', 'jobs').replicas).toBeUndefined();
    const scaled = find('ScaledObject', 'jobs');
    expect(scaled).toMatchObject({
      minReplicaCount: 0,
      maxReplicaCount: 4,
      cooldownPeriod: 30,
      fallback: { replicas: 1 },
    });
    expect(scaled.triggers?.[0]?.metadata).toMatchObject({
      protocol: 'http',
      host: 'https://rabbitmq.warren-test.svc:15671',
      vhostName: 'shop',
      queueName: 'jobs',
      value: '100',
    });
  });

  it('with several queues, or a family of them, is scaled by all of them together', () => {
    expect(find('ScaledObject', 'mail-out').triggers?.[0]?.metadata).toMatchObject({
      queueName: String.raw`^mail$|^user\..+$`,
      useRegex: 'true',
      operation: 'sum',
    });
  });

  it('is scaled by its processors where the stack says so, with KEDA or without', () => {
    const workers = { '*': { image: 'x' }, Mail_Out: { image: 'x', hpa: { cpu: 70 } } };
    for (const keda of [false, {}]) {
      const made = manifestsFor(topology, { cluster: {}, workers, keda }).objects;
      const scalers = made.filter(({ kind }) => /^(ScaledObject|HorizontalPodAutoscaler)$/.test(kind));
      const names = scalers.map(({ kind, metadata: { name } }) => `${kind}/${name}`);
      const others = keda === false ? [] : ['ScaledObject/jobs'];
      expect(names).toEqual([...others, 'HorizontalPodAutoscaler/mail-out']);
      expect(scalers.map(specOf).at(-1)).toMatchObject({
        scaleTargetRef: { kind: 'Deployment', name: 'mail-out' },
        ...{ minReplicas: 1, maxReplicas: 3 },
        metrics: [{ resource: { target: { averageUtilization: 70 } } }],
        behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
      });
    }
  });

  it('has as long as its longest task to stop, and starts when it consumes', () => {
    const { template } = find('Deployment', 'jobs');
    expect(template?.spec.terminationGracePeriodSeconds).toBe(300);
    expect(template?.spec.containers[0]?.startupProbe?.exec.command.at(-1)).toBe('ready');
  });

  it('of celery beat is never two, and asks nobody whether it consumes', () => {
    const { strategy, template, replicas } = find('Deployment', 'beat');
    expect({ strategy, replicas }).toEqual({ strategy: { type: 'Recreate' }, replicas: 1 });
    expect(template?.spec.containers[0]?.startupProbe).toBeUndefined();
    expect(
      objects.some(({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === 'beat'),
    ).toBe(false);
  });

  it.each([
    [
      'workers: { tasks: { image: x } }',
      { workers: { tasks: { image: 'x' } } },
      /"tasks", which is not among/,
    ],
    ['no image', { cluster: {} }, /"jobs" have no image/],
    [
      'an HPA that would go to none',
      { cluster: {}, workers: { '*': { image: 'x', hpa: { cpu: 70 } } } },
      /"jobs" have autoscale\.min 0, and an HPA never goes to none/,
    ],
    [
      'an HPA between no numbers',
      { cluster: {}, workers: { '*': { image: 'x' }, beat: { hpa: { cpu: 70 } } } },
      /"beat" have kubernetes\.workers\.beat\.hpa, and the topology doesn't say/,
    ],
  ])('is refused with %s', (_, kubernetes, message) => {
    expect(() => manifestsFor(topology, kubernetes)).toThrow(message);
  });

  it('is refused where KEDA would ask for another vhost', () => {
    const text = TOPOLOGY.replaceAll('shop', '"my shop"');
    expect(() => manifestsFor(topologyOf(text), { cluster: {}, workers: { '*': { image: 'x' } } })).toThrow(
      /"my shop", whose name has a space/,
    );
  });

  it('is refused where two would have one name', () => {
    const text = TOPOLOGY.replace('  beat:', '  mail-out:');
    expect(() => manifestsFor(topologyOf(text), { cluster: {}, workers: { '*': { image: 'x' } } })).toThrow(
      /a Deployment of the name mail-out/,
    );
  });
});

describe('a cluster', () => {
  it('by the operator has AMQPS at one port only', () => {
    const topology = topologyOf(TOPOLOGY.replace('port: 5671', 'port: 5681'));
    const workers = { '*': { image: 'x' } };
    expect(() => manifestsFor(topology, { cluster: {}, workers })).toThrow(/broker\.tls\.port is 5681/);
    expect(() => manifestsFor(topology, { cluster: { by: 'statefulSet' }, workers })).not.toThrow();
  });

  it.each(['operator', 'statefulSet'])('by the %s has the certificate of the Secret that is named', (by) => {
    const cluster = { by, tls: { secret: 'given', ca: 'ca.pem' } };
    const made = manifestsFor(topologyOf(TOPOLOGY), { cluster, workers: { '*': { image: 'x' } } });
    const nodes = made.objects.filter(({ kind }) => /^(RabbitmqCluster|StatefulSet)$/.test(kind));
    expect(JSON.stringify(nodes)).toMatch(/"secretName":"given"/);
    expect(JSON.stringify(nodes)).not.toContain('rabbitmq-tls"}');
    expect(made.secrets).toContainEqual({ name: 'given', keys: ['ca.crt', 'tls.crt', 'tls.key'] });
  });

  it('says to the operator what the topology says, and nothing of where certificates are', () => {
    const { objects } = manifestsFor(topologyOf(TOPOLOGY), { cluster: {}, workers: { '*': { image: 'x' } } });
    const made = objects.filter(({ kind }) => kind === 'RabbitmqCluster').map(specOf)[0];
    const { rabbitmq } = made as unknown as { rabbitmq: { additionalConfig: string } };
    expect(rabbitmq.additionalConfig).toContain('vm_memory_high_watermark.relative = 0.6');
    expect(rabbitmq.additionalConfig).toContain('ssl_options.versions.2 = tlsv1.2');
    expect(rabbitmq.additionalConfig).not.toContain('certfile');
    expect(rabbitmq.additionalConfig).not.toContain('listeners.ssl');
  });
});
