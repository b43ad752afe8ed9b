/** A stack with something on Docker, by Warren's own program, on the tests' engine: what its user would have. */
import * as crypto from 'node:crypto';
import * as path from 'node:path';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import * as fs from 'node:fs';
import { PulumiWorkspace } from '../rigs/pulumi';
import { callManagement, type ManagementLogin } from '../rigs/management';
import { path as urlPath, type Engine } from '../../dockerApi/transport';
import { findFreePorts } from '../../tools/freePort';
import { tail } from '../../tools/processes';
import type { BrokerVersion } from '../rigs/brokers';
import { logOf, runIn } from './containers';

const CHECKOUT = path.resolve(__dirname, '../..');

export interface DockerStackOptions {
  readonly version: BrokerVersion;
  /** Topology, as it would stand in YAML; `extends` names files of the checkout. */
  readonly topology: Readonly<Record<string, unknown>>;
  /** Added to `docker.cluster`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** In place of a cluster: settings that lead to a broker that is there. */
  readonly broker?: Readonly<Record<string, unknown>> & { readonly network: string };
  readonly workers?: Readonly<Record<string, unknown>>;
  /** Other Docker hosts by name, as in DOCKER_HOST. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly scaler?: Readonly<Record<string, unknown>>;
  readonly monitoring?: Readonly<Record<string, unknown>>;
  /** Of each command. */
  readonly timeoutMs?: number;
}

export interface DockerStack {
  readonly workspace: PulumiWorkspace;
  /** Begins the name of each of its containers. */
  readonly prefix: string;
  readonly amqpPort: number;
  readonly managementPort: number;
  /** Where the topology has `broker.tls`. */
  readonly amqpsPort: number;
  /** Writes the topology anew. */
  setTopology(topology: Readonly<Record<string, unknown>>): void;
  /** Adds to `docker.cluster`. */
  setCluster(settings: Readonly<Record<string, unknown>>): void;
  /** In place of `docker.workers`. */
  setWorkers(settings: Readonly<Record<string, unknown>>): void;
  /** The stack's administrator. */
  admin(): Promise<ManagementLogin>;
  login(
    user: string,
  ): Promise<{ readonly username: string; readonly password: string; readonly amqpPort: number }>;
  /** PEM text of who signs the nodes' certificates. */
  authority(): Promise<string>;
  container(name: string): Promise<ContainerState>;
  /** Runs a program in a container, and waits for its end. */
  exec(name: string, command: readonly string[]): Promise<number>;
  /** Takes a container out of the stack's network. */
  disconnect(name: string): Promise<void>;
  /** Under the name that it had there. */
  reconnect(name: string): Promise<void>;
  /** Containers, networks, volumes and images of the stack. */
  left(): Promise<readonly string[]>;
  /** What each of its containers said last. */
  lastWords(): Promise<string>;
  /** Takes away whatever is there. */
  dispose(): Promise<void>;
}

export interface ContainerState {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Running: boolean;
    readonly Pid: number;
    readonly StartedAt: string;
    /** Of containers with a health check. */
    readonly Health?: { readonly Status: string };
  };
}

const LAST_LINES = 20;
/** Small nodes: the machine has as much memory as all of them together. */
const BROKER = { memoryHighWatermark: '300MB', diskFreeLimit: '50MB' };

/**
 * Opens one, and brings it up.
 * @throws Error with what Pulumi said, and the last words of the containers, when that fails
 */
export async function startStack(engine: Engine, options: DockerStackOptions): Promise<DockerStack> {
  for (let isFirst = true; ; isFirst = false) {
    const stack = await openStack(engine, options);
    const up = await stack.workspace.up();
    if (up.exitCode === 0) return stack;
    const words = await stack.lastWords();
    await stack.dispose();
    // It was free when it was chosen, and another program of this machine took it.
    if (isFirst && up.output.includes('is taken by another')) continue;
    throw new Error(`the first up failed after ${up.durationMs} ms:\n${up.output}\n${words}`);
  }
}

export async function openStack(engine: Engine, options: DockerStackOptions): Promise<DockerStack> {
  const [amqpPort = 0, managementPort = 0, amqpsPort = 0] = await findFreePorts(3);
  const name = `t${crypto.randomBytes(4).toString('hex')}`;
  const prefix = `warren-${name}`;
  const workspace = openWorkspace(name, options);
  const topologyFile = path.join(workspace.folder, 'topology.yaml');
  const setTopology = (topology: Readonly<Record<string, unknown>>): void => {
    const broker = { ...BROKER, ...(topology.broker as object | undefined) };
    fs.writeFileSync(topologyFile, stringify({ warren: 1, target: options.version, ...topology, broker }));
  };
  setTopology(options.topology);
  let cluster = clusterSettings(options, { amqpPort, managementPort, amqpsPort });
  await workspace.initWithSeed({ topology: topologyFile, ...configOf(options, cluster) });
  const inNetwork = (verb: string, body: object): Promise<void> => changeNetwork(engine, prefix, verb, body);
  let known: { readonly from: string; readonly outputs: Promise<Outputs> } | undefined;
  // Asked once for each state of the settings: it starts Pulumi, and logins change with the settings alone.
  const outputs = (): Promise<Outputs> => {
    const from = fs.readFileSync(workspace.configFile, 'utf8');
    if (known?.from !== from) {
      known = { from, outputs: workspace.outputs() as Promise<unknown> as Promise<Outputs> };
    }
    return known.outputs;
  };
  return {
    workspace,
    prefix,
    amqpPort,
    managementPort,
    amqpsPort,
    setTopology,
    setCluster: (settings) => {
      cluster = { ...cluster, ...settings };
      workspace.setConfig(configOf(options, cluster));
    },
    setWorkers: (settings) => {
      workspace.setConfig(configOf({ ...options, workers: settings }, cluster));
    },
    admin: async () => ({ managementPort, ...(await outputs()).admin }),
    login: async (user) => {
      const found = (await outputs()).users[user];
      if (found === undefined) throw new Error(`the stack has no user ${user}`);
      return { ...found, amqpPort };
    },
    authority: async () => (await outputs()).ca ?? '',
    container: (word) =>
      engine.ask({
        method: 'GET',
        path: `${urlPath('containers', `${prefix}-${word}`)}/json`,
        action: 'look at a container',
      }),
    exec: (word, command) => runIn(engine, `${prefix}-${word}`, command),
    disconnect: (word) => inNetwork('disconnect', { Container: `${prefix}-${word}`, Force: true }),
    reconnect: (word) =>
      inNetwork('connect', { Container: `${prefix}-${word}`, EndpointConfig: { Aliases: [word] } }),
    left: () => leftOf(engine, prefix),
    lastWords: () => lastWords(engine, prefix),
    dispose: async () => {
      await clear(engine, prefix);
      workspace.dispose();
    },
  };
}

function openWorkspace(stack: string, { timeoutMs }: DockerStackOptions): PulumiWorkspace {
  const offline = path.join(CHECKOUT, 'provider', 'offline');
  const folders = [inject('engineFolder'), process.env.PATH ?? '', offline];
  return new PulumiWorkspace({
    stack,
    env: { DOCKER_HOST: inject('dockerHost'), PATH: folders.join(path.delimiter) },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

async function changeNetwork(engine: Engine, name: string, verb: string, body: object): Promise<void> {
  const target = `${urlPath('networks', name)}/${verb}`;
  await engine.ask({ method: 'POST', path: target, body, action: `${verb} a container` });
}

function clusterSettings(
  { version, cluster }: DockerStackOptions,
  ports: Readonly<Record<'amqpPort' | 'managementPort' | 'amqpsPort', number>>,
): Readonly<Record<string, unknown>> {
  const images = inject('images');
  return { image: images.rabbitmq[version], haproxyImage: images.haproxy, ...ports, ...cluster };
}

function configOf(
  { broker, workers, hosts, scaler, monitoring }: DockerStackOptions,
  cluster: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { network, ...others } = broker ?? { network: undefined };
  return {
    ...others,
    docker: {
      ...(network === undefined ? { cluster } : { network }),
      ...(workers === undefined ? {} : { workers }),
      ...(hosts === undefined ? {} : { hosts }),
      ...(scaler === undefined ? {} : { scaler }),
      ...(monitoring === undefined ? {} : { monitoring }),
    },
  };
}

/** As the queue says just now; its own figure is some seconds late. */
export async function consumersOf(login: ManagementLogin, vhost: string, queue: string): Promise<number> {
  const all = await callManagement<{ queue: { name: string } }[]>(
    login,
    'GET',
    `consumers/${encodeURIComponent(vhost)}`,
  );
  return all.filter((consumer) => consumer.queue.name === queue).length;
}

interface Outputs {
  readonly ca?: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly users: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

interface Found {
  readonly kind: 'containers' | 'networks' | 'volumes' | 'images';
  readonly id: string;
  readonly name: string;
}

async function find(engine: Engine, prefix: string): Promise<readonly Found[]> {
  const get = <T>(target: string, query = {}): Promise<T> =>
    engine.ask<T>({ method: 'GET', path: target, query, action: `list ${target}` });
  const containers = await get<{ Id: string; Names: string[] }[]>('/containers/json', { all: true });
  const networks = await get<{ Id: string; Name: string }[]>('/networks');
  const { Volumes } = await get<{ Volumes: { Name: string }[] | null }>('/volumes');
  const images = await get<{ Id: string; RepoTags: string[] | null }[]>('/images/json');
  const all: Found[] = [
    ...containers.map(
      ({ Id, Names }) => ({ kind: 'containers', id: Id, name: (Names[0] ?? '').slice(1) }) as const,
    ),
    ...networks.map(({ Id, Name }) => ({ kind: 'networks', id: Id, name: Name }) as const),
    ...(Volumes ?? []).map(({ Name }) => ({ kind: 'volumes', id: Name, name: Name }) as const),
    ...images.flatMap(({ RepoTags }) =>
      (RepoTags ?? []).map((tag) => ({ kind: 'images', id: tag, name: tag }) as const),
    ),
  ];
  return all.filter(
    ({ name }) => name === prefix || name.startsWith(`${prefix}-`) || name.startsWith(`${prefix}/`),
  );
}

async function lastWords(engine: Engine, prefix: string): Promise<string> {
  const containers = (await find(engine, prefix)).filter(({ kind }) => kind === 'containers');
  const said = containers.map(
    async ({ name }) => `--- ${name}\n${tail(await logOf(engine, name), LAST_LINES)}`,
  );
  return (await Promise.all(said)).join('\n');
}

/** Containers, networks, volumes and images of a stack on an engine. */
export async function leftOf(engine: Engine, prefix: string): Promise<readonly string[]> {
  return (await find(engine, prefix)).map(({ kind, name }) => `${kind} ${name}`);
}

/** Takes away whatever of a stack is there. */
export async function clear(engine: Engine, prefix: string): Promise<void> {
  for (const { kind, id } of await find(engine, prefix)) {
    const query = kind === 'containers' ? { force: true, v: true } : {};
    await engine
      .ask({ method: 'DELETE', path: urlPath(kind, id), query, action: 'clean up' })
      .catch(() => undefined);
  }
}
