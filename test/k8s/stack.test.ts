/** One `up` to a cluster, its topology and workers that consume; scaled by KEDA, rolled, and taken away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { ConfirmedPublisher, drain } from '../docker/confirmedPublisher';
import { clusterAddress } from '../../kubernetesApi/kubeconfig';
import { openPodAccess } from '../../kubernetesApi/podAccess';
import { callManagement } from '../rigs/management';
import { AmqpClient } from '../systems/amqpClient';
import { forward } from './forward';
import { kubernetes, missingReason, titled } from './scratch';
import { cameUp, KubernetesStack } from './stack';

/** Does what its message says, for so many seconds, and says so in another queue before it acknowledges. */
const WORKER = `
import os, pika, ssl, time
p = pika.URLParameters(open(os.environ['RABBITMQ_URL_FILE']).read())
p.ssl_options = pika.SSLOptions(ssl.create_default_context(cafile=os.environ['RABBITMQ_CA_FILE']), p.host)
channel = pika.BlockingConnection(p).channel()
channel.basic_qos(prefetch_count=1)
channel.confirm_delivery()
def work(channel, method, properties, body):
    time.sleep(0.05)
    marked = b' again' if method.redelivered else b''
    channel.basic_publish('', 'done', body + marked, pika.BasicProperties(delivery_mode=2))
    channel.basic_ack(method.delivery_tag)
channel.basic_consume('jobs', work)
channel.start_consuming()
`;

const CELERY = `cat > /tmp/app.py <<'END'
import os, ssl
from celery import Celery
app = Celery('app', broker=os.environ['CELERY_BROKER_URL'])
app.conf.broker_use_ssl = {'ca_certs': os.environ['RABBITMQ_CA_FILE'], 'cert_reqs': ssl.CERT_REQUIRED}
app.conf.task_default_queue = 'mail'
END
cd /tmp && exec celery -A app worker -Q mail -c 1`;

const GUEST = { username: 'guest', password: 'guest' };

/** Ends well where each of the hosts refuses guest, by HTTP and by AMQP. */
const REFUSED = `
import amqp, base64, os, sys, urllib.error, urllib.request
secret = lambda name: open('/run/secrets/rabbitmq/' + name).read()
user, password = ('guest', 'guest')
for host in sys.argv[1:]:
    login = base64.b64encode(f'{user}:{password}'.encode()).decode()
    request = urllib.request.Request(f'http://{host}:15672/api/whoami', headers={'Authorization': f'Basic {login}'})
    try:
        urllib.request.urlopen(request)
        sys.exit(1)
    except urllib.error.HTTPError as error:
        if error.code != 401: raise
    try:
        amqp.Connection(f'{host}:5672', user, password, virtual_host='shop').connect()
        sys.exit(1)
    except amqp.exceptions.AccessRefused:
        pass
`;
/** The worker's own login, which no node refuses. */
const OWN_LOGIN = "secret('username'), secret('password')";

const TASKS = 2000;
/** Sent again at ten a second: some lie there when the node is killed. */
const DEAD_LETTERS = 30;

const topology = (
  images: Readonly<Record<string, string>>,
  nodes = 3,
): Readonly<Record<string, unknown>> => ({
  broker: { nodes, tls: { port: 5671 } },
  vhosts: {
    shop: {
      celery: { app: 'app', tasks: { 'app.*': 'mail' } },
      queues: {
        jobs: { replicated: true, deliveryLimit: -1 },
        done: { replicated: true },
        mail: {},
        kept: { replicated: true, deadLetter: { queue: 'failed' } },
        failed: { replicated: true, deliveryLimit: -1 },
      },
    },
  },
  users: {
    worker: { roles: { shop: { consumer: ['jobs'], publisher: ['amq.default'] } } },
    celery: { roles: { shop: { celery: ['mail'] } } },
    tester: { roles: { shop: { publisher: ['amq.default'], consumer: ['done', 'kept', 'failed'] } } },
  },
  workers: {
    jobs: {
      vhost: 'shop',
      user: 'worker',
      queues: ['jobs'],
      image: images.amqp,
      command: ['python', '-c', WORKER],
      longestTask: '10s',
      autoscale: { min: 0, max: 4, messagesPerReplica: 100, cooldown: '5s' },
    },
    mail: {
      vhost: 'shop',
      user: 'celery',
      queues: ['mail'],
      image: images['celery-5.6'],
      command: ['sh', '-c', CELERY],
      longestTask: '10s',
      replicas: 1,
    },
  },
});

const reason = missingReason('missingOperator', 'missingKeda');

describe.skipIf(reason !== '')(titled('a stack on Kubernetes', reason), () => {
  let stack: KubernetesStack | undefined;
  const opened = (): KubernetesStack => cameUp(stack);

  beforeAll(async () => {
    const { images } = kubernetes();
    stack = await KubernetesStack.open({
      version: '4.3',
      topology: topology(images.clients),
      kubernetes: {
        keda: { pollingInterval: '2s' },
        workers: {
          '*': { cpu: '10m', memory: '128Mi', runAsUser: 1000 },
          mail: { urlVariable: 'CELERY_BROKER_URL' },
        },
      },
    });
    const first = await stack.workspace.up();
    expect(first.exitCode, first.output).toBe(0);
    process.stderr.write(`from nothing to consuming workers on Kubernetes: ${first.durationMs} ms\n`);
  });

  afterAll(() => stack?.dispose());

  it('has three nodes, and workers that consume; a second up changes nothing', async () => {
    expect(await opened().pods('rabbitmq')).toHaveLength(3);
    expect(await opened().pods('mail')).toHaveLength(1);
    // Kubernetes begins with one, until KEDA has looked.
    await expect.poll(() => opened().pods('jobs')).toHaveLength(0);
    const again = await opened().workspace.up();
    expect(again.exitCode, again.output).toBe(0);
    expect(again.output).toMatch(/Resources:\s+\d+ unchanged\n/);
    const status = await opened().workspace.warren('status');
    expect(status.exitCode, status.output).toBe(0);
    // Where none has to consume, the broker's own figure stands, and may still be of a worker that has gone.
    expect(status.output).toMatch(/^jobs +jobs +0 to 4 +0 +\d$/m);
    expect(status.output).toMatch(/^mail +mail +1 +1 +1$/m);
  });

  it('is reached by AMQP, too, from where no pod is: a doctor logs in as everybody', async () => {
    const doctor = await opened().workspace.warren('doctor');
    expect(doctor.exitCode, doctor.output).toBe(0);
    expect(doctor.output).toMatch(/way +a port-forward leads to amqps:.*\n.* answers .*\n.* is trusted/);
    expect(doctor.output).toMatch(/worker in vhost shop\n +✓ log in +as worker-g1\n/);
  });

  it('has no guest on any node, from its own loopback and from another pod', async () => {
    const { access, namespace } = opened();
    const tester = await opened().login('tester', 'shop');
    for (const node of await opened().pods('rabbitmq')) {
      const [http, amqp] = [
        await forward(access, namespace, node, 15_672),
        await forward(access, namespace, node, 5672),
      ];
      const admin = { ...(await opened().admin()), managementPort: http.port };
      await expect(callManagement({ ...admin, ...GUEST }, 'GET', 'whoami')).rejects.toThrow(/401/);
      await expect(AmqpClient.open({ ...tester, ...GUEST, amqpPort: amqp.port })).rejects.toThrow(
        /ACCESS_REFUSED/,
      );
      // Where that came from: a port-forward ends inside of the pod.
      const client = await AmqpClient.open({ ...tester, amqpPort: amqp.port });
      const hosts = async (): Promise<readonly string[]> =>
        (await callManagement<{ user: string; peer_host: string }[]>(admin, 'GET', 'connections')).flatMap(
          ({ user, peer_host: host }) => (user === 'tester-g1' ? [host] : []),
        );
      await expect.poll(async () => (await hosts()).length).toBeGreaterThan(0);
      for (const host of await hosts()) expect(host).toMatch(/^(::ffff:)?127\.0\.0\.1$|^::1$/);
      await client.close();
      http.close();
      amqp.close();
    }
    const [mail = ''] = await opened().pods('mail');
    const nodes = [0, 1, 2].map((index) => `rabbitmq-server-${index}.rabbitmq-nodes`);
    const podAccess = openPodAccess(() => clusterAddress(kubernetes(), process.env));
    const asked = (script: string): Promise<boolean> =>
      podAccess.succeeds({ namespace, name: mail }, 'worker', ['python3', '-c', script, ...nodes]);
    expect(await asked(REFUSED)).toBe(true);
    expect(await asked(REFUSED.replace("'guest', 'guest'", OWN_LOGIN))).toBe(false);
    const users = await callManagement<{ name: string }[]>(await opened().admin(), 'GET', 'users');
    expect(users.map(({ name }) => name).sort()).toEqual([
      'celery-g1',
      'tester-g1',
      'warren-admin-g1',
      'warren-scaler-g1',
      'worker-g1',
    ]);
  });

  it(`goes from none to four workers and back for ${TASKS} tasks, each of which is done once`, async () => {
    const login = await opened().login('tester', 'shop');
    const client = await AmqpClient.open(login);
    const startMs = performance.now();
    for (let task = 0; task < TASKS; task++) await client.publishToQueue('jobs', String(task));
    await client.close();
    await expect.poll(async () => (await opened().pods('jobs')).length).toBe(4);
    const scaledMs = Math.round(performance.now() - startMs);
    process.stderr.write(`from none to four workers, with the sending of ${TASKS} tasks: ${scaledMs} ms\n`);
    await expect.poll(async () => (await opened().pods('jobs')).length, { timeout: 240_000 }).toBe(0);
    const done = await drain(login, 'done');
    const unmarked = done.filter((text) => !text.endsWith(' again'));
    expect(new Set(unmarked).size).toBe(unmarked.length);
    expect(new Set(done.map((text) => text.replace(' again', ''))).size).toBe(TASKS);
    expect(await opened().pods('mail')).toHaveLength(1);
  });

  it('gives everybody another login, its workers included, while they consume', async () => {
    const publisher = new ConfirmedPublisher(await opened().login('tester', 'shop'), 'kept');
    await publisher.more(5);
    const [before] = await opened().pods('mail');
    // Whoever publishes from outside goes on with the old login until it is told.
    const names = ['worker', 'celery', 'warren-scaler', 'warren-admin'];
    const rotated = await opened().workspace.warren('rotate', ...names.flatMap((name) => ['--user', name]));
    expect(rotated.exitCode, rotated.output).toBe(0);
    const users = await callManagement<{ name: string }[]>(await opened().admin(), 'GET', 'users');
    expect(users.map(({ name }) => name).sort()).toEqual(
      ['tester-g1', ...names.map((name) => `${name}-g2`)].sort(),
    );
    const [after] = await opened().pods('mail');
    expect(after).not.toBe(before);
    await publisher.more(5);
    await publisher.stop();
    const kept = new Set(await drain(await opened().login('tester', 'shop'), 'kept'));
    expect(publisher.confirmed.filter((message) => !kept.has(message))).toEqual([]);
  });

  it('gets another certificate and another authority while everybody works, and nothing is lost', async () => {
    const login = await opened().login('tester', 'shop');
    const publisher = new ConfirmedPublisher(login, 'jobs');
    await publisher.more(5);
    const { ca: old } = await opened().outputs();
    const before = await opened().certificates(3, 5671, old);
    // As if a rotation had been ended before its `up`.
    opened().setCluster({ tls: { generation: 2 } });
    const renewed = await opened().workspace.warren('rotate', '--certificate');
    expect(renewed.exitCode, renewed.output).toBe(0);
    const after = await opened().certificates(3, 15_671, old);
    expect(new Set([...before, ...after]).size).toBe(2);
    const over = await opened().workspace.warren('rotate', '--certificate', '--finish');
    expect(over.output).toContain('No rotation of the certificate');
    const rotated = await opened().workspace.warren('rotate', '--authority');
    expect(rotated.exitCode, rotated.output).toBe(0);
    const { ca } = await opened().outputs();
    expect(ca).not.toContain(old);
    // By the new authority alone, or there would be no connection.
    expect(new Set(await opened().certificates(3, 5671, ca)).size).toBe(1);
    expect(await opened().pods('mail')).toHaveLength(1);
    await publisher.stop();
    const done = new Set<string>();
    const undone = async (): Promise<string[]> => {
      for (const text of await drain(login, 'done')) done.add(text.replace(' again', ''));
      return publisher.confirmed.filter((message) => !done.has(message));
    };
    await expect.poll(undone, { timeout: 240_000, interval: 1_000 }).toEqual([]);
    process.stderr.write(
      `confirmed while certificates and their authority changed: ${publisher.confirmed.length}, lost: 0\n`,
    );
  });

  it('loses nothing that was confirmed when nodes are rolled, and one is killed', async () => {
    const login = await opened().login('tester', 'shop');
    const publisher = new ConfirmedPublisher(login, 'kept');
    await publisher.more(DEAD_LETTERS);
    const client = await AmqpClient.open(login);
    for (let letter = 0; letter < DEAD_LETTERS; letter++) await client.reject('kept');
    await client.awaitDepth('failed', DEAD_LETTERS);
    const retry = opened().workspace.startWarren(['dlq', 'retry', 'failed', '--rate', '10']);
    await expect.poll(() => client.depth('failed')).toBeLessThan(DEAD_LETTERS);
    await client.close();
    await opened().access.core.deleteNamespacedPod({
      namespace: opened().namespace,
      name: 'rabbitmq-server-1',
      gracePeriodSeconds: 0,
    });
    const whole = await waitFor(async () => {
      const { running } = await callManagement<{ running: boolean }[]>(
        await opened().admin(),
        'GET',
        'nodes',
      ).then(
        (nodes) => ({ running: nodes.filter((node) => node.running).length }),
        () => ({ running: 0 }),
      );
      return running === 3 ? true : undefined;
    }, 120_000);
    expect(whole).toBe(true);
    const { exitCode, output } = await retry.ended;
    if (exitCode !== 0) expect(output).toMatch(/Ended early\. .*Nothing is lost/s);
    // The next one may have to wait for a leader, and a quorum queue's figures are some seconds late.
    const said = async (...words: string[]): Promise<string> => {
      const run = await opened().workspace.warren('dlq', ...words);
      return run.exitCode === 0 ? `done\n${run.output}` : run.output;
    };
    await expect.poll(() => said('retry', 'failed')).toMatch(/^done\n/);
    await expect.poll(() => said('list')).toMatch(/^done\n0 messages in 1 queue of stack /);
    const { images } = kubernetes();
    const base = topology(images.clients);
    opened().setTopology({ ...base, broker: { ...(base.broker as object), heartbeat: '30s' } });
    const rolled = await opened().workspace.up();
    expect(rolled.exitCode, rolled.output).toBe(0);
    await publisher.more(20);
    await publisher.stop();
    const kept = new Set(await drain(login, 'kept'));
    const lost = publisher.confirmed.filter((message) => !kept.has(message));
    expect(lost).toEqual([]);
    process.stderr.write(
      `confirmed while nodes were killed and rolled: ${publisher.confirmed.length}, lost: 0\n`,
    );
  });

  it('leaves nothing behind', async () => {
    const destroyed = await opened().workspace.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await opened().isGone()).toBe(true);
  });
});
