/**
 * Into a Kubernetes cluster as `kubectl port-forward` goes: a port on loopback, each of whose connections leads to a pod
 * that is ready at the time. So it outlives the pods, and a roll-out of theirs.
 */
import * as net from 'node:net';
import { clusterAddress, type ClusterAddress } from './kubeconfig';
import { openPodAccess } from './podAccess';
import { openCluster, path, type Cluster } from './transport';

export interface PortForward {
  /** A file's path; what `kubectl` would use where it is left out. */
  readonly kubeconfig?: string;
  /** What a relative path of it is relative to. */
  readonly folder?: string;
  readonly context?: string;
  readonly namespace: string;
  /** Of the pods: `app.kubernetes.io/name=rabbitmq`. */
  readonly selector: string;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

const LOOPBACK = '127.0.0.1';
/** Between the look and the connection that it is for. */
const FRESH_MS = 1_000;

/** Told from other failures by its code: pods come and go. */
export const NO_READY_POD = 'NO_READY_POD';

/**
 * Opens nothing yet. The way to a port, whatever the host is called: the pods are the way's own.
 * Throws what the API server has to say, and an error with the code NO_READY_POD.
 */
export function openPortForward(way: PortForward): (address: Address) => Promise<Address> {
  const locate = (): ClusterAddress => clusterAddress(way, process.env);
  const pods = new ReadyPods(openCluster(locate), way);
  const access = openPodAccess(locate);
  const ports = new Map<number, Promise<Address>>();
  return async ({ port }) => {
    // Asked beforehand, so that whoever connects hears why there is no way.
    await pods.look();
    const lead = async (socket: net.Socket): Promise<void> =>
      access.connect({ namespace: way.namespace, name: await pods.one() }, port, socket);
    const open = ports.get(port) ?? listen(lead);
    ports.set(port, open);
    // What failed once may work the next time.
    open.catch(() => ports.delete(port));
    return open;
  };
}

async function listen(lead: (socket: net.Socket) => Promise<void>): Promise<Address> {
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    lead(socket).catch((error: unknown) => socket.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  // It is no reason for a process to stay.
  server.unref();
  return { host: LOOPBACK, port: (server.address() as net.AddressInfo).port };
}

/** Those that a connection may lead to, by name. */
class ReadyPods {
  /** What the last look has seen, until a connection has made use of it. */
  #seen: { readonly names: readonly string[]; readonly atMs: number } | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly way: PortForward,
  ) {}

  async look(): Promise<void> {
    this.#seen = { names: await this.#ask(), atMs: performance.now() };
  }

  async one(): Promise<string> {
    const seen = this.#seen;
    this.#seen = undefined;
    const names =
      seen !== undefined && performance.now() - seen.atMs < FRESH_MS ? seen.names : await this.#ask();
    return names[Math.floor(Math.random() * names.length)] ?? '';
  }

  /** At least one. */
  async #ask(): Promise<readonly string[]> {
    const { namespace, selector } = this.way;
    const { items } = await this.cluster.ask<PodList>({
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
    if (ready.length > 0) return ready.map(({ metadata }) => metadata.name);
    const none = `none of its ${items.length} pods (${selector} in the namespace "${namespace}") is ready`;
    throw Object.assign(new Error(none), { code: NO_READY_POD });
  }
}
