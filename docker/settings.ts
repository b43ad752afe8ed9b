/**
 * `warren:docker` in a stack's configuration: what only Docker has to know. Everything else stands in the topology:
 * the number of nodes, rabbitmq.conf and its plugins under `broker:`, the fleets under `workers:`.
 */
import { readMonitoring, type MonitoringSettings } from './monitoring/settings';
import {
  count,
  PlatformSettingsError,
  flag,
  generations,
  ipAddress,
  keysOf,
  port,
  processors,
  readHandOver,
  replicas,
  scalar,
  size,
  tableOf,
  text,
  texts,
  variable,
  type Read,
} from '../platform/reads';
import type { FleetSettings } from '../platform/fleetPlan';

export interface DockerSettings {
  /** As in DOCKER_HOST; what the `docker` command would use where it is left out. */
  readonly host?: string;
  /** Left out where the broker is there already. */
  readonly cluster?: ClusterSettings;
  /** A network that is there, for workers of a broker that is there already. */
  readonly network?: string;
  /** By fleet of the topology; `*` for all that say nothing of their own. */
  readonly workers: Readonly<Record<string, WorkerSettings>>;
  /** Of fleets with `autoscale`; false where somebody else starts and stops their containers. */
  readonly scaler: ScalerSettings | false;
  /** Docker hosts beside the first, by name, for `workers.FLEET.hosts`. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly monitoring?: MonitoringSettings;
}

export interface ClusterSettings {
  /** `rabbitmq:SERIES-management` where it is left out. */
  readonly image?: string;
  readonly haproxyImage: string;
  /** Where AMQP is published: this machine alone, unless said otherwise. */
  readonly address: string;
  /** Where the management API and its UI are; this machine alone, wherever AMQP is. */
  readonly managementAddress: string;
  readonly amqpPort: number;
  /** 15672, or 15671 with TLS, where it is left out. */
  readonly managementPort?: number;
  /** Where it is left out: with TLS where it leaves the machine, and the topology has `broker.tls`. */
  readonly managementTls?: boolean;
  /** Of amqps, where the topology has `broker.tls`. */
  readonly amqpsPort: number;
  /** Of each node. */
  readonly memoryBytes?: number;
  readonly cpus?: number;
  /** The volumes stay when the cluster is destroyed. */
  readonly keepVolumes: boolean;
  /** A definitions.json that a new cluster begins with, relative to the project's folder. */
  readonly definitions?: string;
  /** Logins and messages may cross the network without TLS, in a production stack, too. */
  readonly plainText: boolean;
  /** Number of the Erlang cookie: another number is another cookie. */
  readonly cookie: number;
  /** Where the topology has `broker.tls`; an own authority, where nothing is said. */
  readonly tls?: TlsFiles | OwnAuthority;
}

/** PEM files, relative to the project's folder. */
export interface TlsFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Certificates that the stack makes by itself. */
export interface OwnAuthority {
  /** Of the cluster, as its clients outside of Docker call it; beside those that it has there. */
  readonly names: readonly string[];
  /** Numbers of authorities that clients trust. The first one signs. */
  readonly authorities: readonly [number, ...number[]];
  /** Of the certificate: another number is another certificate, whenever this one ends. */
  readonly generation: number;
}

export const OWN_AUTHORITY: OwnAuthority = { names: [], authorities: [1], generation: 1 };

export interface BuildSettings {
  /** Folder, relative to the project's. */
  readonly context: string;
  readonly dockerfile?: string;
  readonly args: Readonly<Record<string, string>>;
}

export interface WorkerSettings extends FleetSettings {
  /** In place of the topology's. */
  readonly image?: string;
  readonly build?: BuildSettings;
  readonly memoryBytes?: number;
  readonly cpus?: number;
  /** Names of `hosts`; the first Docker host where it is left out. */
  readonly hosts?: readonly string[];
}

export interface ScalerSettings {
  /** What its image is built on: Node 20.19 or newer. */
  readonly baseImage: string;
  /** The Docker Engine's socket on its host. */
  readonly socket?: string;
}

const LOOPBACK = '127.0.0.1';
const ALL_FLEETS = '*';
const NODE_IMAGE = 'node:22-bookworm-slim';

/** @throws PlatformSettingsError */
export function readDockerSettings(value: unknown): DockerSettings {
  return readDocker(value, 'docker');
}

/** The fleet's own settings over those of all. */
export function settingsOfFleet({ workers }: DockerSettings, fleet: string): WorkerSettings {
  const [common = {}, own = {}] = [workers[ALL_FLEETS], workers[fleet]];
  // Who names another image doesn't want the common one built.
  const { build, image, ...others } = common;
  const source = own.image !== undefined || own.build !== undefined ? {} : { build, image };
  const merged = { ...others, ...source, ...own };
  return Object.fromEntries(Object.entries(merged).filter(([, item]) => item !== undefined));
}

const readBuild: Read<BuildSettings> = (value, at) => {
  if (typeof value === 'string') return { context: text(value, at), args: {} };
  const given = keysOf(value, at, { context: text, dockerfile: text, args: tableOf(scalar) });
  if (given.context === undefined)
    throw new PlatformSettingsError(`${at} says no context, the folder to build from.`);
  return { args: {}, ...given, context: given.context };
};

const readTls: Read<TlsFiles | OwnAuthority> = (value, at) => {
  const { ca, certificate, key, ...own } = keysOf(value ?? {}, at, {
    ca: text,
    certificate: text,
    key: text,
    names: texts,
    authorities: generations,
    generation: count,
    handOver: readHandOver,
  });
  if (ca === undefined && certificate === undefined && key === undefined) {
    const { names, authorities, generation } = { ...OWN_AUTHORITY, ...own };
    return { names, authorities, generation };
  }
  if (Object.keys(own).length > 0) {
    throw new PlatformSettingsError(
      `${at} has PEM files, which have their own names and their own authority: take out ${Object.keys(own).join(', ')}, or the files.`,
    );
  }
  if (ca !== undefined && certificate !== undefined && key !== undefined) return { ca, certificate, key };
  throw new PlatformSettingsError(`${at} needs three PEM files: ca, certificate and key.`);
};

const readCluster: Read<ClusterSettings> = (value, at) => {
  const { memory, ...given } = keysOf(value ?? {}, at, {
    image: text,
    haproxyImage: text,
    address: ipAddress,
    managementAddress: ipAddress,
    amqpPort: port,
    managementPort: port,
    managementTls: flag,
    amqpsPort: port,
    memory: size,
    cpus: processors,
    keepVolumes: flag,
    definitions: text,
    cookie: count,
    plainText: flag,
    tls: readTls,
  });
  const settings = {
    haproxyImage: 'haproxy:3.0',
    address: LOOPBACK,
    managementAddress: LOOPBACK,
    amqpPort: 5672,
    amqpsPort: 5671,
    keepVolumes: false,
    plainText: false,
    cookie: 1,
    ...given,
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  };
  refuseSamePorts(settings, at);
  return settings;
};

/** Whether what is published there is so on every address of the host. */
export function isEveryAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function refuseSamePorts(cluster: ClusterSettings, at: string): void {
  const { address, managementAddress, amqpPort, amqpsPort } = cluster;
  const managementPort = cluster.managementPort ?? (cluster.managementTls === true ? 15_671 : 15_672);
  if (address !== managementAddress && ![address, managementAddress].some(isEveryAddress)) return;
  const [name] =
    Object.entries({ amqpPort, amqpsPort }).find(([, number]) => number === managementPort) ?? [];
  if (name === undefined) return;
  throw new PlatformSettingsError(
    `${at}.${name} and ${at}.managementPort are both ${managementPort}: give each its own.`,
  );
}

const readWorker: Read<WorkerSettings> = (value, at) => {
  const { memory, ...given } = keysOf(value ?? {}, at, {
    image: text,
    build: readBuild,
    replicas,
    memory: size,
    cpus: processors,
    urlVariable: variable,
    hosts: texts,
  });
  if (given.image !== undefined && given.build !== undefined) {
    throw new PlatformSettingsError(`${at} has both an image and a build: keep one of them.`);
  }
  return { ...given, ...(memory === undefined ? {} : { memoryBytes: memory }) };
};

const readScaler: Read<ScalerSettings | false> = (value, at) => {
  if (value === false) return false;
  return { baseImage: NODE_IMAGE, ...keysOf(value ?? {}, at, { baseImage: text, socket: text }) };
};

const readDocker: Read<DockerSettings> = (value, at) => {
  const given = keysOf(value, at, {
    host: text,
    cluster: readCluster,
    network: text,
    workers: tableOf(readWorker),
    scaler: readScaler,
    hosts: tableOf(text),
    monitoring: readMonitoring,
  });
  refuseWrongTargets(given, at);
  const settings = { workers: {}, hosts: {}, scaler: { baseImage: NODE_IMAGE }, ...given };
  if (settings.cluster !== undefined && settings.network !== undefined) {
    throw new PlatformSettingsError(
      `${at} has both a cluster, whose workers are in its own network, and a network, which is for a broker that is there already: keep one of them.`,
    );
  }
  for (const [fleet, { hosts = [] }] of Object.entries(settings.workers)) {
    const twice = hosts.find((host, index) => hosts.indexOf(host) !== index);
    if (twice !== undefined) {
      throw new PlatformSettingsError(`${at}.workers.${fleet}.hosts names "${twice}" twice.`);
    }
    const unknown = hosts.find((host) => !Object.hasOwn(settings.hosts, host));
    if (unknown !== undefined) {
      throw new PlatformSettingsError(
        `${at}.workers.${fleet}.hosts names "${unknown}", which is not in ${at}.hosts.`,
      );
    }
  }
  return settings;
};

function refuseWrongTargets(
  { cluster, monitoring }: Pick<Partial<DockerSettings>, 'cluster' | 'monitoring'>,
  at: string,
): void {
  if (monitoring === undefined) return;
  if (cluster === undefined && monitoring.targets === undefined) {
    throw new PlatformSettingsError(
      `${at}.monitoring doesn't know where the broker's metrics are. Say ${at}.monitoring.targets, a list of HOST:15692, one for each node with the plugin rabbitmq_prometheus; or make the cluster here, by ${at}.cluster.`,
    );
  }
  if (cluster !== undefined && monitoring.targets !== undefined) {
    throw new PlatformSettingsError(
      `${at}.monitoring.targets is for a broker that is there already: the nodes of ${at}.cluster are known. Leave it out.`,
    );
  }
}
