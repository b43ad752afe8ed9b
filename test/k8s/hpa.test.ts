/** Workers that Kubernetes itself scales, by the processor time that they use. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drain } from '../docker/confirmedPublisher';
import { AmqpClient } from '../systems/amqpClient';
import { kubernetes, missingReason, titled } from './scratch';
import { cameUp, KubernetesStack } from './stack';

/** Uses a processor for half a second for each message, and says so in another queue before it acknowledges. */
const WORKER = `
import os, pika, time
channel = pika.BlockingConnection(pika.URLParameters(open(os.environ['RABBITMQ_URL_FILE']).read())).channel()
channel.basic_qos(prefetch_count=1)
channel.confirm_delivery()
def work(channel, method, properties, body):
    end = time.process_time() + 0.5
    while time.process_time() < end: pass
    channel.basic_publish('', 'done', body, pika.BasicProperties(delivery_mode=2))
    channel.basic_ack(method.delivery_tag)
channel.basic_consume('jobs', work)
channel.start_consuming()
`;
const TASKS = 120;
/** The metrics server looks every ten seconds, the HPA every five in this cluster. */
const SCALING = { timeout: 240_000, interval: 1_000 };

const topology = (image: string): Readonly<Record<string, unknown>> => ({
  broker: { nodes: 1 },
  vhosts: { shop: { queues: { jobs: { replicated: true, deliveryLimit: -1 }, done: { replicated: true } } } },
  users: {
    worker: { roles: { shop: { consumer: ['jobs'], publisher: ['amq.default'] } } },
    tester: { roles: { shop: { publisher: ['amq.default'], consumer: ['done'] } } },
  },
  workers: {
    jobs: {
      ...{ vhost: 'shop', user: 'worker', queues: ['jobs'], image, command: ['python', '-c', WORKER] },
      ...{ longestTask: '10s', autoscale: { min: 1, max: 3, cooldown: '10s' } },
    },
  },
});

const reason = missingReason('missingMetrics', 'missingOperator');

describe.skipIf(reason !== '')(titled('an HPA of our own', reason), () => {
  let stack: KubernetesStack | undefined;
  const opened = (): KubernetesStack => cameUp(stack);
  const replicas = async (): Promise<number> => (await opened().pods('jobs')).length;

  beforeAll(async () => {
    stack = await KubernetesStack.open({
      version: '4.3',
      topology: topology(kubernetes().images.clients.amqp),
      kubernetes: {
        workers: { jobs: { cpu: '100m', memory: '128Mi', runAsUser: 1000, hpa: { cpu: 70 } } },
      },
    });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
  });

  afterAll(() => stack?.dispose());

  it(`scales a fleet up for ${TASKS} tasks and down again, and none is lost; an up changes nothing meanwhile`, async () => {
    const login = await opened().login('tester', 'shop');
    expect(await replicas()).toBe(1);
    const client = await AmqpClient.open(login);
    for (let task = 0; task < TASKS; task++) await client.publishToQueue('jobs', String(task));
    await client.close();
    await expect.poll(replicas, SCALING).toBe(3);
    const meanwhile = await opened().workspace.up();
    expect(meanwhile.output).toMatch(/Resources:\s+\d+ unchanged\n/);
    expect(await replicas()).toBeGreaterThan(1);
    await expect.poll(replicas, SCALING).toBe(1);
    const done = await drain(login, 'done');
    expect(new Set(done).size).toBe(TASKS);
  });
});
