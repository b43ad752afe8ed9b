/** A container's inputs in the words of the Docker Engine's API. */
import type { ContainerInputs, Healthcheck, Mount, NetworkUse, VolumeUse } from './fields';
import { labelTable, nanosecondsOf } from '../properties/fields';

const MEBIBYTE = 1024 * 1024;
const NANOS_PER_CPU = 1e9;
/** The request's body. Networks are connected afterwards, as the genuine plugin does it: its state tells the same. */
export function creationOf(inputs: ContainerInputs): object {
  return {
    ...configOf(inputs),
    HostConfig: { ...hostConfigOf(inputs), NetworkMode: inputs.networkMode },
  };
}

export function endpointOf({ aliases = [], ipv4Address }: NetworkUse): object {
  const address = ipv4Address ?? '';
  return {
    Aliases: aliases,
    ...(address === '' ? {} : { IPAMConfig: { IPv4Address: address } }),
  };
}

function configOf(inputs: ContainerInputs): object {
  const { healthcheck, ports = [], volumes = [], labels } = inputs;
  const paths = volumes.map(({ containerPath }) => [containerPath, {}]);
  return {
    Image: inputs.image,
    Hostname: inputs.hostname,
    Domainname: inputs.domainname,
    User: inputs.user,
    Tty: inputs.tty ?? false,
    OpenStdin: inputs.stdinOpen ?? false,
    Env: inputs.envs,
    Cmd: nonEmpty(inputs.command),
    Entrypoint: nonEmpty(inputs.entrypoints),
    WorkingDir: inputs.workingDir,
    Labels: labelTable(labels),
    StopSignal: inputs.stopSignal,
    StopTimeout: inputs.stopTimeout,
    Healthcheck: healthcheck === undefined ? undefined : healthcheckOf(healthcheck),
    ExposedPorts: Object.fromEntries(ports.map(({ internal, protocol }) => [`${internal}/${protocol}`, {}])),
    Volumes: Object.fromEntries(paths) as object,
  };
}

function hostConfigOf(inputs: ContainerInputs): object {
  const { capabilities, ulimits = [], hosts = [] } = inputs;
  return {
    Privileged: inputs.privileged ?? false,
    ReadonlyRootfs: inputs.readOnly ?? false,
    AutoRemove: inputs.rm ?? false,
    Init: inputs.init ?? false,
    IpcMode: inputs.ipcMode,
    RestartPolicy: restartPolicyOf(inputs),
    LogConfig: { Type: inputs.logDriver ?? '', Config: inputs.logOpts ?? {} },
    CapAdd: capabilities?.adds,
    CapDrop: capabilities?.drops,
    SecurityOpt: inputs.securityOpts,
    GroupAdd: inputs.groupAdds,
    Dns: inputs.dns,
    ExtraHosts: hosts.map(({ host, ip }) => `${host}:${ip}`),
    Ulimits: ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Sysctls: inputs.sysctls,
    Tmpfs: inputs.tmpfs,
    Binds: (inputs.volumes ?? []).flatMap(bindOf),
    Mounts: (inputs.mounts ?? []).map(mountOf),
    PortBindings: portBindingsOf(inputs),
    ShmSize: mebibytes(inputs.shmSize),
    ...resourcesOf(inputs),
    NanoCpus: inputs.cpus === undefined ? undefined : Math.round(Number(inputs.cpus) * NANOS_PER_CPU),
    CpuPeriod: inputs.cpuPeriod,
    CpuQuota: inputs.cpuQuota,
  };
}

/** What Docker can change while a container runs. */
export function resourcesOf(inputs: ContainerInputs): object {
  return {
    Memory: mebibytes(inputs.memory),
    MemoryReservation: mebibytes(inputs.memoryReservation),
    MemorySwap: mebibytes(inputs.memorySwap),
    CpuShares: inputs.cpuShares,
    CpusetCpus: inputs.cpuSet,
  };
}

export function restartPolicyOf({ restart, maxRetryCount }: ContainerInputs): object {
  return { Name: restart, MaximumRetryCount: maxRetryCount ?? 0 };
}

/** -1 stands for no limit. */
function mebibytes(amount: number | undefined): number | undefined {
  return amount === undefined || amount < 0 ? amount : amount * MEBIBYTE;
}

function nonEmpty(words: readonly string[] | undefined): readonly string[] | undefined {
  return words === undefined || words.length === 0 ? undefined : words;
}

function healthcheckOf(healthcheck: Healthcheck): object {
  return {
    Test: healthcheck.tests ?? [],
    Interval: nanosecondsOf(healthcheck.interval),
    Timeout: nanosecondsOf(healthcheck.timeout),
    StartPeriod: nanosecondsOf(healthcheck.startPeriod),
    StartInterval: nanosecondsOf(healthcheck.startInterval),
    Retries: healthcheck.retries,
  };
}

/** A path without a source is an anonymous volume, which needs no more than its path. */
function bindOf({ containerPath, volumeName, hostPath, readOnly }: VolumeUse): readonly string[] {
  const isHostPath = hostPath !== undefined && hostPath !== '';
  const source = isHostPath ? hostPath : (volumeName ?? '');
  return source === '' ? [] : [`${source}:${containerPath}:${readOnly === true ? 'ro' : 'rw'}`];
}

function mountOf({ target, source, type, readOnly, tmpfsOptions, volumeOptions }: Mount): object {
  return {
    Target: target,
    Source: source,
    Type: type,
    ReadOnly: readOnly ?? false,
    ...(tmpfsOptions === undefined
      ? {}
      : { TmpfsOptions: { SizeBytes: tmpfsOptions.sizeBytes, Mode: tmpfsOptions.mode } }),
    ...(volumeOptions === undefined ? {} : { VolumeOptions: { NoCopy: volumeOptions.noCopy ?? false } }),
  };
}

function portBindingsOf({ ports = [] }: ContainerInputs): object {
  const bindings: Record<string, object[]> = {};
  for (const { internal, external, ip, protocol } of ports) {
    const binding = { HostIp: ip, HostPort: external === undefined ? '' : String(external) };
    (bindings[`${internal}/${protocol}`] ??= []).push(binding);
  }
  return bindings;
}
