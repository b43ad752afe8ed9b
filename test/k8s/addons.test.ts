/** KEDA and RabbitMQ's cluster operator do their work on the cluster that the other tests run on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forward, type Forward } from './forward';
import { kubernetes, missingReason, openScratch, titled, type Scratch } from './scratch';

/** The operator's defaults ask for more than a small machine has, and wait longer than a test should. */
const CLUSTER = (image: string, storageClass: string): string => `
apiVersion: rabbitmq.com/v1beta1
kind: RabbitmqCluster
metadata: { name: broker }
spec:
  image: ${image}
  replicas: 1
  delayStartSeconds: 0
  terminationGracePeriodSeconds: 10
  persistence: { storage: 256Mi${storageClass === '' ? '' : `, storageClassName: ${storageClass}`} }
  resources: { requests: { cpu: 50m, memory: 256Mi }, limits: { cpu: '2', memory: 512Mi } }
  rabbitmq: { additionalConfig: 'disk_free_limit.absolute = 50MB' }
  override:
    statefulSet:
      spec:
        template:
          spec:
            containers:
              - name: rabbitmq
                readinessProbe: { tcpSocket: { port: amqp }, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 3 }
`;

const SCALED = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: worker }
spec:
  replicas: 0
  selector: { matchLabels: { app: worker } }
  template:
    metadata: { labels: { app: worker } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: worker, image: '${image}', command: [sleep, '3600'] }]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: { name: broker }
spec:
  secretTargetRef:
    - { parameter: username, name: broker-default-user, key: username }
    - { parameter: password, name: broker-default-user, key: password }
`;

const SCALER = (namespace: string): string => `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: worker }
spec:
  scaleTargetRef: { name: worker }
  minReplicaCount: 0
  maxReplicaCount: 2
  pollingInterval: 1
  cooldownPeriod: 2
  triggers:
    - type: rabbitmq
      authenticationRef: { name: broker }
      metadata:
        protocol: http
        host: http://broker.${namespace}.svc.cluster.local:15672
        vhostName: /
        queueName: jobs
        mode: QueueLength
        value: '5'
`;

const reason = missingReason('missingOperator', 'missingKeda');

describe.skipIf(reason !== '')(titled('add-ons', reason), () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await openScratch();
    const { images, storageClass } = kubernetes();
    await scratch.create(CLUSTER(images.rabbitmq['4.3'], storageClass));
  });
  afterAll(() => scratch.clear());

  it('the operator makes a cluster of a RabbitmqCluster', async () => {
    const isReady = async (): Promise<boolean> => {
      const { items } = await scratch.access.core.listNamespacedPod({ namespace: scratch.namespace });
      const conditions = items.flatMap(({ status }) => status?.conditions ?? []);
      return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    };
    await expect.poll(isReady, { timeout: 480_000 }).toBe(true);
  });

  it('KEDA takes a Deployment from 0 to 1 and back by the depth of a queue', async () => {
    const { core } = scratch.access;
    const { namespace } = scratch;
    const opened: Forward = await forward(scratch.access, namespace, 'broker-server-0', 15672);
    const { data } = await core.readNamespacedSecret({ namespace, name: 'broker-default-user' });
    const secret = (key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString();
    const login = Buffer.from(`${secret('username')}:${secret('password')}`).toString('base64');
    const ask = async (method: string, path: string, body: object): Promise<void> => {
      const answer = await fetch(`http://127.0.0.1:${opened.port}/api/${path}`, {
        method,
        headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    };
    await ask('PUT', 'queues/%2F/jobs', { durable: true });
    await scratch.create(SCALED(kubernetes().images.busybox));
    await scratch.create(SCALER(namespace));
    const running = async (): Promise<number> => {
      const pods = await core.listNamespacedPod({ namespace, labelSelector: 'app=worker' });
      return pods.items.filter(({ status }) => status?.phase === 'Running').length;
    };
    expect(await running()).toBe(0);
    const message = { properties: {}, routing_key: 'jobs', payload: 'job', payload_encoding: 'string' };
    await ask('POST', 'exchanges/%2F/amq.default/publish', message);
    await expect.poll(running).toBe(1);
    await ask('DELETE', 'queues/%2F/jobs/contents', {});
    await expect.poll(running).toBe(0);
    opened.close();
  });
});
