/** A stack with everything on Kubernetes, by Warren's own program: what its user would have. */
import * as crypto from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { openPortForward, type PortForward } from '../../kubernetesApi/portForward';
import type { ManagementLogin } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';
import type { KUBERNETES_BROKERS } from '../rigs/k8s/images';
import { accessTo, type Access } from '../rigs/k8s/access';
import type { AmqpLogin } from '../systems/amqpClient';
import { forward } from './forward';
import { kubernetes } from './scratch';

const CHECKOUT = path.resolve(__dirname, '../..');
/** Small nodes, which start and stop without waiting for more than they have to. */
const BROKER = { memoryHighWatermark: '300MB', diskFreeLimit: '50MB' };
const CLUSTER = { memory: '600Mi', cpu: '50m', storage: '256Mi', startDelay: '0s', gracePeriod: '60s' };
const AMQP_PORT = 5672;
const MANAGEMENT_PORT = 15_672;
const UP_TIMEOUT_MS = 480_000;

export interface KubernetesStackOptions {
  readonly version: (typeof KUBERNETES_BROKERS)[number];
  readonly topology: Readonly<Record<string, unknown>>;
  /** Added to `kubernetes.cluster`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** One that is there already; the stack makes one of its own where it is left out. */
  readonly namespace?: string;
  /** Beside the cluster. */
  readonly kubernetes?: Readonly<Record<string, unknown>>;
}

interface Outputs {
  readonly portForward: PortForward;
  readonly ca: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly users: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

/** A machine may have a Docker Engine, which knows nothing of what is on Kubernetes. */
async function dockerWithoutWorkers(): Promise<string> {
  const server = http.createServer(({ url }, response) => {
    response.statusCode = url === '/_ping' ? 200 : 404;
    response.setHeader('api-version', '1.45');
    response.end('{"message":"No such container"}');
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export class KubernetesStack {
  readonly namespace: string;
  readonly access: Access;

  private constructor(
    readonly workspace: PulumiWorkspace,
    { namespace, access }: { readonly namespace: string; readonly access: Access },
    private readonly options: KubernetesStackOptions,
    private readonly settingsWith: (cluster: object) => object,
  ) {
    this.namespace = namespace;
    this.access = access;
  }

  static async open(options: KubernetesStackOptions): Promise<KubernetesStack> {
    const { kubeconfig, context, images, storageClass } = kubernetes();
    const name = `t${crypto.randomBytes(4).toString('hex')}`;
    const workspace = new PulumiWorkspace({
      stack: name,
      timeoutMs: UP_TIMEOUT_MS,
      env: {
        KUBECONFIG: kubeconfig,
        DOCKER_HOST: await dockerWithoutWorkers(),
        PATH: [
          inject('engineFolder'),
          process.env.PATH ?? '',
          path.join(CHECKOUT, 'provider', 'offline'),
        ].join(path.delimiter),
      },
    });
    const { namespace } = options;
    const cluster = {
      ...CLUSTER,
      image: images.rabbitmq[options.version],
      ...(storageClass === '' ? {} : { storageClass }),
      ...options.cluster,
    };
    const topology = path.join(workspace.folder, 'topology.yaml');
    const settingsWith = (more: object): object => ({
      ...{ kubeconfig, context, cluster: { ...cluster, ...more } },
      ...(namespace === undefined ? {} : { namespace, createNamespace: false }),
      ...options.kubernetes,
    });
    await workspace.initWithSeed({ topology, kubernetes: settingsWith({}) });
    const place = { namespace: namespace ?? `warren-${name}`, access: await accessTo(kubeconfig) };
    const stack = new KubernetesStack(workspace, place, options, settingsWith);
    stack.setTopology(options.topology);
    return stack;
  }

  /** Writes the topology anew. */
  setTopology(topology: Readonly<Record<string, unknown>>): void {
    const broker = { ...BROKER, ...(topology.broker as object | undefined) };
    const text = stringify({ warren: 1, target: this.options.version, ...topology, broker });
    fs.writeFileSync(path.join(this.workspace.folder, 'topology.yaml'), text);
  }

  /** Beside what `kubernetes.cluster` began with. */
  setCluster(more: Readonly<Record<string, unknown>>): void {
    this.workspace.setConfig({ kubernetes: this.settingsWith(more) });
  }

  async outputs(): Promise<Outputs> {
    return (await this.workspace.outputs()) as unknown as Outputs;
  }

  /** What each node shows who asks for TLS at a port of it: its fingerprint, once others have been ruled out by `ca`. */
  async certificates(nodes: number, port: number, ca: string): Promise<readonly string[]> {
    const shown: string[] = [];
    for (let index = 0; index < nodes; index++) {
      const way = await forward(this.access, this.namespace, `rabbitmq-server-${index}`, port);
      const socket = tls.connect({ port: way.port, host: '127.0.0.1', ca, servername: 'rabbitmq' });
      await once(socket, 'secureConnect');
      shown.push(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
      way.close();
    }
    return shown;
  }

  /** The stack's administrator, by the way that the provider goes. */
  async admin(): Promise<ManagementLogin> {
    const { admin, portForward } = await this.outputs();
    const { port } = await openPortForward(portForward)({ host: '', port: MANAGEMENT_PORT });
    return { managementPort: port, ...admin };
  }

  async login(user: string, vhost: string): Promise<AmqpLogin> {
    const { users, portForward } = await this.outputs();
    const found = users[user];
    if (found === undefined) throw new Error(`the stack has no user ${user}`);
    const { port } = await openPortForward(portForward)({ host: '', port: AMQP_PORT });
    return { username: found.username, password: found.password, vhost, amqpPort: port };
  }

  /** By the name of its fleet, those that aren't on their way out. */
  async pods(name: string): Promise<readonly string[]> {
    const { items } = await this.access.core.listNamespacedPod({
      namespace: this.namespace,
      labelSelector: `app.kubernetes.io/name=${name}`,
    });
    return items
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata?.name ?? '');
  }

  /** Whether the namespace is gone, with all that was in it. */
  async isGone(): Promise<boolean> {
    const { items } = await this.access.core.listNamespace();
    return !items.some(({ metadata }) => metadata?.name === this.namespace);
  }

  /** Takes away whatever is there. */
  async dispose(): Promise<void> {
    if (!(await this.isGone()))
      await this.workspace.run(['destroy', '--yes', '--skip-preview'], {
        WARREN_APPROVE: `cluster warren-${this.workspace.stack}`,
      });
    this.workspace.dispose();
  }
}

/** @throws Error where an `up` before the tests has failed */
export function cameUp(stack: KubernetesStack | undefined): KubernetesStack {
  if (stack === undefined) throw new Error('the stack did not come up');
  return stack;
}
