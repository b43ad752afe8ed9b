/** Three RabbitMQ nodes of one cluster, from one unpacked Debian tree; each can be killed and started again. */
import * as crypto from 'node:crypto';
import { findFreePorts } from '../../tools/freePort';
import { fullNodeName, type PrivateNode } from '../../tools/localBroker/node';
import { tail, waitFor } from '../../tools/processes';
import { control, outputOf, removeFiles, startEpmd, startNode, type NodeProcess } from './chrootNode';
import type { DebianSuite } from './debianPackages';
import { ensureDebianTree } from './debianTree';
import { callManagement } from './management';

const SIZE = 3;
const BOOT_TIMEOUT_MS = 180_000;

export interface ClusterRigNode {
  readonly amqpPort: number;
  readonly managementPort: number;
  readonly username: string;
  readonly password: string;
  /** As RabbitMQ says it. */
  readonly name: string;
  /** SIGKILL for the whole node; what it stored stays. */
  kill(): Promise<void>;
  /** Starts it again, and waits until it is back in the cluster. */
  restart(): Promise<void>;
  /** `rabbitmqctl ARGS…` */
  control(...args: string[]): Promise<void>;
}

export interface ClusterRigOptions {
  /** Further lines of rabbitmq.conf, by the node's number from 0; the last one of a key wins. */
  readonly conf?: (index: number) => readonly string[];
  readonly plugins?: readonly string[];
  /** Of each node. */
  readonly openFilesMax?: number;
}

export interface ClusterRig {
  readonly nodes: readonly [ClusterRigNode, ClusterRigNode, ClusterRigNode];
  /** Ends the nodes and removes what they wrote. */
  stop(): Promise<void>;
}

/** @throws Error with the end of a node's output when the cluster isn't complete within 180 s */
export async function startChrootCluster(
  suite: DebianSuite,
  onProgress: (text: string) => void,
  { conf: further = () => [], plugins = [], openFilesMax }: ClusterRigOptions = {},
): Promise<ClusterRig> {
  const tree = await ensureDebianTree(suite, onProgress);
  const [epmd = 0, ...ports] = await findFreePorts(1 + 3 * SIZE);
  const names = Array.from({ length: SIZE }, (_, index) => `warren-${process.pid}-${ports[3 * index] ?? 0}`);
  const conf = clusterConf(names);
  const privateNodes = names.map((name, index): PrivateNode => {
    const [amqp = 0, management = 0, distribution = 0] = ports.slice(3 * index, 3 * index + 3);
    const own = { plugins, conf: [...conf, ...further(index)] };
    return { name, folder: `/srv/${name}`, ports: { amqp, management, distribution, epmd }, ...own };
  });
  // What joins them: the same cookie.
  const contents = { '.erlang.cookie': crypto.randomBytes(24).toString('hex') };
  const nameServer = startEpmd(tree, epmd);
  const nodes = privateNodes.map((node) => new ChrootClusterNode(tree, node, contents, openFilesMax));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()));
    await nameServer.kill();
    for (const node of privateNodes) removeFiles(tree, node);
  };
  for (const node of nodes) node.start();
  const booted = await Promise.all(nodes.map((node) => node.waitForCluster(SIZE)));
  if (booted.every(Boolean)) return { nodes: nodes as unknown as ClusterRig['nodes'], stop };
  const said = privateNodes.map((node) => tail(outputOf(tree, node), 5)).join('\n');
  await stop();
  throw new Error(`the cluster did not come together in time:\n${said}`);
}

function clusterConf(names: readonly string[]): readonly string[] {
  return [
    'vm_memory_high_watermark.absolute = 1GB',
    'disk_free_limit.absolute = 50MB',
    // A node that is gone is noticed after about that long, instead of a minute.
    'net_ticktime = 5',
    'cluster_partition_handling = pause_minority',
    'cluster_formation.peer_discovery_backend = classic_config',
    `cluster_formation.target_cluster_size_hint = ${names.length}`,
    ...names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}@localhost`),
  ];
}

class ChrootClusterNode implements ClusterRigNode {
  readonly username = 'guest';
  readonly password = 'guest';
  #process: NodeProcess | undefined;

  constructor(
    private readonly tree: string,
    private readonly node: PrivateNode,
    private readonly contents: Readonly<Record<string, string>>,
    private readonly openFilesMax: number | undefined,
  ) {}

  get amqpPort(): number {
    return this.node.ports.amqp;
  }

  get managementPort(): number {
    return this.node.ports.management;
  }

  get name(): string {
    return fullNodeName(this.node);
  }

  start(): void {
    this.#process = startNode(this.tree, this.node, this.contents, this.openFilesMax);
  }

  control(...args: string[]): Promise<void> {
    return control(this.tree, this.node, args);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  async restart(): Promise<void> {
    this.start();
    if (await this.waitForCluster(SIZE)) return;
    throw new Error(`${this.name} did not come back:\n${tail(outputOf(this.tree, this.node), 10)}`);
  }

  /** Whether this node sees so many running nodes, before the time is over. */
  async waitForCluster(size: number): Promise<boolean> {
    const isComplete = await waitFor(async () => {
      const nodes = await this.runningNodes();
      return this.#process?.hasEnded() === true || nodes.length === size ? nodes.length === size : undefined;
    }, BOOT_TIMEOUT_MS);
    return isComplete === true;
  }

  private async runningNodes(): Promise<readonly string[]> {
    try {
      const nodes = await callManagement<{ name: string; running: boolean }[]>(this, 'GET', 'nodes');
      return nodes.filter(({ running }) => running).map(({ name }) => name);
    } catch {
      return []; // not there yet
    }
  }
}
