/** A container's state as the Docker Engine tells it, in the words of `@pulumi/docker`'s `Container`. */
import type { PropertyMap } from '../../../values';
import type { Port } from './fields';
import { durationText, labelList } from '../properties/fields';

const MEBIBYTE = 1024 * 1024;
const NANOS_PER_CPU = 1e9;

type Table = Readonly<Record<string, string>>;

/** What is read of the answer to `GET /containers/ID/json`. */
export interface Inspection {
  readonly Id: string;
  readonly Name: string;
  /** The id of the image, whatever the container was made with. */
  readonly Image: string;
  readonly Platform?: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Restarting: boolean;
    readonly ExitCode: number;
    readonly Error?: string;
    readonly OOMKilled?: boolean;
    readonly Health?: Health | null;
  };
  readonly Config: {
    readonly Image: string;
    readonly Hostname: string;
    readonly Domainname: string;
    readonly User: string;
    readonly Tty: boolean;
    readonly OpenStdin: boolean;
    readonly Cmd: readonly string[] | null;
    readonly Entrypoint: readonly string[] | null;
    readonly WorkingDir: string;
    readonly Labels: Table | null;
    readonly StopSignal?: string;
    readonly StopTimeout?: number;
    readonly Healthcheck?: {
      readonly Test?: readonly string[] | null;
      readonly Interval?: number;
      readonly Timeout?: number;
      readonly StartPeriod?: number;
      readonly StartInterval?: number;
      readonly Retries?: number;
    } | null;
  };
  readonly HostConfig: HostConfig;
  readonly NetworkSettings: {
    readonly Ports?: PortMap | null;
    readonly Networks?: Readonly<Record<string, Endpoint>> | null;
  };
}

export interface Health {
  readonly Status: string;
  readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] | null;
}

type PortMap = Readonly<
  Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
>;

interface Endpoint {
  readonly NetworkID: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly IPv6Gateway: string;
  readonly MacAddress: string;
}

interface HostConfig {
  readonly NetworkMode: string;
  readonly AutoRemove: boolean;
  readonly Privileged: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly Init?: boolean | null;
  readonly IpcMode: string;
  readonly Runtime: string;
  readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
  readonly LogConfig: { readonly Type: string; readonly Config: Table | null };
  readonly CapAdd: readonly string[] | null;
  readonly CapDrop: readonly string[] | null;
  readonly SecurityOpt: readonly string[] | null;
  readonly GroupAdd: readonly string[] | null;
  readonly Dns: readonly string[] | null;
  readonly ExtraHosts: readonly string[] | null;
  readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[] | null;
  readonly Sysctls?: Table | null;
  readonly Tmpfs?: Table | null;
  readonly ShmSize: number;
  readonly Memory: number;
  readonly MemoryReservation: number;
  readonly MemorySwap: number;
  readonly NanoCpus: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpuShares: number;
  readonly CpusetCpus: string;
}

/**
 * What a container is made with never changes, so it stays as it was given: the engine writes some of it in other words,
 * and can't tell what came from the image.
 * @param known the state so far, or the inputs of a container that was just made
 */
export function stateOf(found: Inspection, known: PropertyMap): PropertyMap {
  return { ...unchangingState(found), ...known, ...changingState(found, known) };
}

/** Docker has it with a slash in front. */
export function nameOf({ Name }: Inspection): string {
  return Name.replace(/^\//, '');
}

/** For an import: as far as the engine can tell what was given. */
export function importedState(found: Inspection): PropertyMap {
  const networks = Object.keys(found.NetworkSettings.Networks ?? {}).filter((name) => name !== 'bridge');
  return stateOf(found, {
    image: found.Config.Image,
    labels: labelList(found.Config.Labels),
    networksAdvanced: networks.map((name) => ({ name })),
    ...(networks.length > 0 ? { networkMode: 'bridge' } : {}),
    removeVolumes: true,
    start: true,
    waitTimeout: 60,
  });
}

function unchangingState({ Config: config, HostConfig: host, Platform: platform }: Inspection): PropertyMap {
  return {
    hostname: config.Hostname,
    domainname: config.Domainname,
    user: config.User,
    tty: config.Tty,
    stdinOpen: config.OpenStdin,
    command: config.Cmd ?? [],
    entrypoints: config.Entrypoint ?? [],
    workingDir: config.WorkingDir,
    stopSignal: config.StopSignal ?? '',
    stopTimeout: config.StopTimeout ?? 0,
    envs: [],
    labels: [],
    ...healthcheckState(config.Healthcheck),
    platform: platform ?? '',
    bridge: '',
    containerLogs: '',
    rm: host.AutoRemove,
    privileged: host.Privileged,
    readOnly: host.ReadonlyRootfs,
    init: host.Init ?? false,
    ipcMode: host.IpcMode,
    runtime: host.Runtime,
    logDriver: host.LogConfig.Type,
    ...capabilitiesState(host),
    securityOpts: host.SecurityOpt ?? [],
    groupAdds: host.GroupAdd ?? [],
    dns: host.Dns ?? [],
    hosts: (host.ExtraHosts ?? []).map((entry) => {
      const [name = '', ...address] = entry.split(':');
      return { host: name, ip: address.join(':') };
    }),
    ulimits: (host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
    sysctls: host.Sysctls ?? {},
    tmpfs: host.Tmpfs ?? {},
    shmSize: Math.floor(host.ShmSize / MEBIBYTE),
    networkMode: host.NetworkMode,
  };
}

/** What `docker update`, `docker stop` and `docker rename` change. */
function changingState(found: Inspection, known: PropertyMap): PropertyMap {
  const { HostConfig: host, State: state } = found;
  const processors = host.NanoCpus / NANOS_PER_CPU;
  const isSameSpeed = Number(known.cpus ?? 0) === processors;
  return {
    name: nameOf(found),
    restart: host.RestartPolicy.Name === '' ? 'no' : host.RestartPolicy.Name,
    maxRetryCount: host.RestartPolicy.MaximumRetryCount,
    memory: Math.floor(host.Memory / MEBIBYTE),
    memoryReservation: Math.floor(host.MemoryReservation / MEBIBYTE),
    memorySwap: host.MemorySwap > 0 ? Math.floor(host.MemorySwap / MEBIBYTE) : host.MemorySwap,
    ...(isSameSpeed ? {} : { cpus: String(processors) }),
    cpuPeriod: host.CpuPeriod,
    cpuQuota: host.CpuQuota,
    cpuShares: host.CpuShares,
    cpuSet: host.CpusetCpus,
    ports: portsState(found, known),
    networkDatas: networksState(found),
    exitCode: state.Running ? 0 : state.ExitCode,
    // A container that stopped is to be started again by the next update.
    mustRun: known.mustRun !== false && (state.Running || state.Restarting || known.start === false),
  };
}

/** The genuine plugin takes even empty lists for something that is to be taken away. */
function capabilitiesState({ CapAdd, CapDrop }: HostConfig): PropertyMap {
  const [adds, drops] = [CapAdd ?? [], CapDrop ?? []];
  return adds.length + drops.length === 0 ? {} : { capabilities: { adds, drops } };
}

function healthcheckState(check: Inspection['Config']['Healthcheck']): PropertyMap {
  if (check === undefined || check === null) return {};
  return {
    healthcheck: {
      tests: check.Test ?? [],
      interval: durationText(check.Interval ?? 0),
      timeout: durationText(check.Timeout ?? 0),
      startPeriod: durationText(check.StartPeriod ?? 0),
      startInterval: durationText(check.StartInterval ?? 0),
      retries: check.Retries ?? 0,
    },
  };
}

/** A container that doesn't run has no ports: then those that are known stay. */
function portsState(found: Inspection, known: PropertyMap): readonly Port[] {
  const knownPorts = (known.ports ?? []) as readonly Port[];
  const ports = Object.entries(found.NetworkSettings.Ports ?? {}).flatMap(([key, bindings]) => {
    const [internal = '0', protocol = 'tcp'] = key.split('/');
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      internal: Number(internal),
      external: Number(HostPort),
      ip: HostIp,
      protocol,
    }));
  });
  if (!found.State.Running || ports.length === 0) return knownPorts;
  // An address for both families is bound twice, and was given once.
  return ports
    .filter(({ ip }) => ip !== '::' || knownPorts.some((port) => port.ip === '::'))
    .sort((a, b) => a.internal - b.internal || a.protocol.localeCompare(b.protocol));
}

function networksState(found: Inspection): readonly object[] {
  return Object.entries(found.NetworkSettings.Networks ?? {}).map(([networkName, endpoint]) => ({
    networkName,
    ipAddress: endpoint.IPAddress,
    ipPrefixLength: endpoint.IPPrefixLen,
    gateway: endpoint.Gateway,
    globalIpv6Address: endpoint.GlobalIPv6Address,
    globalIpv6PrefixLength: endpoint.GlobalIPv6PrefixLen,
    ipv6Gateway: endpoint.IPv6Gateway,
    macAddress: endpoint.MacAddress,
  }));
}
