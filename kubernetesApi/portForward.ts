/**
 * Into a Kubernetes cluster as `kubectl port-forward` goes: a port on loopback, each of whose connections leads to a pod
 * that is ready at the time. So it outlives the pods, and a roll-out of theirs.
 */
import * as net from 'node:net';
import type { KubeConfig } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };
import { clusterAddress, type ClusterAddress } from './kubeconfig';
import { openCluster, path, type Cluster } from './transport';

export interface PortForward {
  /** A file's path; what `kubectl` would use where it is left out. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  /** Of the pods: `app.kubernetes.io/name=rabbitmq`. */
  readonly selector: string;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Channel {
  readonly close: (this: unknown) => void;
  readonly on: (this: unknown, event: 'close', listener: () => void) => void;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

const LOOPBACK = '127.0.0.1';

/** Told from other failures by its code: pods come and go. */
export const NO_READY_POD = 'NO_READY_POD';

/**
 * Opens nothing yet. The way to a port, whatever the host is called: the pods are the way's own.
 * Throws what the API server has to say, and an error with the code NO_READY_POD.
 */
export function openPortForward(way: PortForward): (address: Address) => Promise<Address> {
  const locate = (): ClusterAddress => clusterAddress(way, process.env);
  const cluster = openCluster(locate);
  const ports = new Map<number, Promise<Address>>();
  return async ({ port }) => {
    // Asked beforehand, so that whoever connects hears why there is no way.
    await readyPod(cluster, way);
    const open = ports.get(port) ?? listen(cluster, locate, way, port);
    ports.set(port, open);
    // What failed once may work the next time.
    open.catch(() => ports.delete(port));
    return open;
  };
}

async function listen(
  cluster: Cluster,
  locate: () => ClusterAddress,
  way: PortForward,
  port: number,
): Promise<Address> {
  const { PortForward: Forwarder } = await import('@kubernetes/client-node');
  const forwarder = new Forwarder(await loginOf(locate().kubeconfig), true);
  const server = net.createServer((socket) => {
    const lead = async (): Promise<void> => {
      const pod = await readyPod(cluster, way);
      const channel: unknown = await forwarder.portForward(way.namespace, pod, [port], socket, null, socket);
      // Without retries it is a WebSocket, whose types are a package that nothing else needs.
      const { close, on } = channel as Channel;
      socket.on('close', () => {
        close.call(channel);
      });
      on.call(channel, 'close', () => socket.destroy());
    };
    socket.on('error', () => socket.destroy());
    lead().catch((error: unknown) => socket.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  // It is no reason for a process to stay.
  server.unref();
  return { host: LOOPBACK, port: (server.address() as net.AddressInfo).port };
}

async function readyPod(cluster: Cluster, { namespace, selector }: PortForward): Promise<string> {
  const { items } = await cluster.ask<PodList>({
    method: 'GET',
    path: `/api/v1${path('namespaces', namespace, 'pods')}`,
    query: { labelSelector: selector },
    action: `look for the broker's pods in the namespace "${namespace}"`,
  });
  const ready = items.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  const chosen = ready[Math.floor(Math.random() * ready.length)];
  if (chosen !== undefined) return chosen.metadata.name;
  const none = `none of its ${items.length} pods (${selector} in the namespace "${namespace}") is ready`;
  throw Object.assign(new Error(none), { code: NO_READY_POD });
}

async function loginOf(kubeconfig: string | undefined): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const config = new Config();
  if (kubeconfig === undefined) config.loadFromCluster();
  else config.loadFromString(kubeconfig);
  return config;
}
