/** What a container can be told, as in `@pulumi/docker`'s `Container`; what isn't here is refused by name. */
import {
  LABELS,
  atLeast,
  duration,
  matching,
  type Field,
  type Fields,
  type Label,
} from '../properties/fields';

const MEBIBYTES: Field = { form: 'integer', removal: 'replace', check: atLeast(0) };
/** Docker itself writes `CAP_NET_RAW` for `NET_RAW`. */
const CAPABILITIES: Field = {
  form: 'set',
  canonical: (name) => name.toUpperCase().replace(/^CAP_/, ''),
};
const REPLACING_TEXT: Field = { form: 'text', effect: 'replace' };
const REPLACING_FLAG: Field = { form: 'flag', effect: 'replace' };
const REPLACING_SET: Field = { form: 'set', effect: 'replace' };
const PORT_MAX = 65_535;

function port(min: number): (value: number) => string | undefined {
  return (value) =>
    value >= min && value <= PORT_MAX ? undefined : `must be a port from ${min} to ${PORT_MAX}`;
}

const absolute = matching(/^\//, 'an absolute path');

const PORT: Fields = {
  internal: { form: 'integer', isRequired: true, check: port(1) },
  external: { form: 'integer', isComputed: true, check: port(0) },
  ip: { form: 'text', default: '0.0.0.0' },
  protocol: { form: 'text', default: 'tcp', check: matching(/^(tcp|udp|sctp)$/, 'tcp, udp or sctp') },
};

const VOLUME: Fields = {
  containerPath: { form: 'text', isRequired: true, check: absolute },
  volumeName: { form: 'text' },
  hostPath: { form: 'text', check: matching(/^(\/|$)/, 'an absolute path') },
  readOnly: { form: 'flag' },
};

const MOUNT: Fields = {
  target: { form: 'text', isRequired: true, check: absolute },
  source: { form: 'text' },
  type: { form: 'text', isRequired: true, check: matching(/^(bind|volume|tmpfs)$/, 'bind, volume or tmpfs') },
  readOnly: { form: 'flag' },
  tmpfsOptions: {
    form: 'object',
    fields: {
      sizeBytes: { form: 'integer', check: atLeast(0) },
      mode: { form: 'integer', check: atLeast(0) },
    },
  },
  volumeOptions: { form: 'object', fields: { noCopy: { form: 'flag' } } },
};

const NETWORK: Fields = {
  name: { form: 'text', isRequired: true },
  aliases: { form: 'set' },
  ipv4Address: { form: 'text' },
};

const UPLOAD: Fields = {
  file: { form: 'text', isRequired: true, check: absolute },
  content: { form: 'text' },
  contentBase64: { form: 'text', check: matching(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, 'Base64') },
  source: { form: 'text' },
  sourceHash: { form: 'text' },
  executable: { form: 'flag' },
  permissions: { form: 'text', check: matching(/^(0[0-7]{3})?$/, 'octal permissions such as 0400') },
};

const HEALTHCHECK: Fields = {
  tests: { form: 'texts' },
  interval: { form: 'text', default: '0s', check: duration },
  timeout: { form: 'text', default: '0s', check: duration },
  startPeriod: { form: 'text', default: '0s', check: duration },
  startInterval: { form: 'text', default: '0s', check: duration },
  retries: { form: 'integer', default: 0, check: atLeast(0) },
};

const ULIMIT: Fields = {
  name: { form: 'text', isRequired: true },
  soft: { form: 'integer', isRequired: true },
  hard: { form: 'integer', isRequired: true },
};

/**
 * Where Docker can't change a running container, a change replaces it. The genuine plugin reports success for some of
 * these and changes nothing (`healthcheck`, `tmpfs`, `init`, `rm`, `cpuPeriod`, `cpuQuota`).
 */
export const CONTAINER_FIELDS: Fields = {
  name: { form: 'text', isRequired: true, effect: 'replace' },
  image: { form: 'text', isRequired: true, effect: 'replace' },
  attach: { form: 'flag' },
  capabilities: {
    form: 'object',
    effect: 'replace',
    fields: { adds: CAPABILITIES, drops: CAPABILITIES },
  },
  command: { form: 'texts', effect: 'replace', isComputed: true },
  containerReadRefreshTimeoutMilliseconds: { form: 'integer', default: 15_000 },
  cpuPeriod: { form: 'integer', check: atLeast(0), effect: 'replace' },
  cpuQuota: { form: 'integer', check: atLeast(0), effect: 'replace' },
  cpuSet: {
    form: 'text',
    removal: 'replace',
    check: matching(/^(\d+([,-]\d+)*)?$/, 'processors such as 0-1 or 0,2'),
  },
  cpuShares: { form: 'integer', removal: 'replace', check: atLeast(0) },
  cpus: { form: 'text', effect: 'replace', check: matching(/^\d+(\.\d+)?$/, 'a number of processors') },
  destroyGraceSeconds: { form: 'integer', check: atLeast(0) },
  dns: REPLACING_SET,
  domainname: REPLACING_TEXT,
  entrypoints: { form: 'texts', effect: 'replace', isComputed: true },
  envs: { form: 'set', effect: 'replace', isComputed: true, check: matching(/^[^=]+=/, 'NAME=VALUE') },
  groupAdds: REPLACING_SET,
  healthcheck: { form: 'object', effect: 'replace', isComputed: true, fields: HEALTHCHECK },
  hostname: { form: 'text', effect: 'replace', isComputed: true },
  hosts: {
    form: 'objects',
    effect: 'replace',
    fields: { host: { form: 'text', isRequired: true }, ip: { form: 'text', isRequired: true } },
  },
  init: { form: 'flag', effect: 'replace', isComputed: true },
  ipcMode: { form: 'text', effect: 'replace', isComputed: true },
  labels: { form: 'objects', effect: 'replace', isComputed: true, fields: LABELS },
  logDriver: { form: 'text', effect: 'replace', isComputed: true },
  logOpts: { form: 'table', effect: 'replace' },
  logs: { form: 'flag' },
  maxRetryCount: { form: 'integer', check: atLeast(0) },
  memory: MEBIBYTES,
  memoryReservation: MEBIBYTES,
  // Docker takes twice the memory where nothing is said.
  memorySwap: { form: 'integer', check: atLeast(-1), isComputed: true },
  mounts: { form: 'objects', effect: 'replace', fields: MOUNT },
  mustRun: { form: 'flag', default: true },
  networkMode: { form: 'text', effect: 'replace', default: 'bridge' },
  networksAdvanced: { form: 'objects', effect: 'replace', fields: NETWORK },
  ports: { form: 'objects', effect: 'replace', fields: PORT },
  privileged: REPLACING_FLAG,
  readOnly: REPLACING_FLAG,
  removeVolumes: { form: 'flag', default: true },
  restart: {
    form: 'text',
    default: 'no',
    check: matching(/^(no|on-failure|always|unless-stopped)$/, 'no, on-failure, always or unless-stopped'),
  },
  rm: REPLACING_FLAG,
  securityOpts: { form: 'set', effect: 'replace', isComputed: true },
  shmSize: { form: 'integer', effect: 'replace', isComputed: true, check: atLeast(0) },
  start: { form: 'flag', default: true },
  stdinOpen: REPLACING_FLAG,
  stopSignal: { form: 'text', effect: 'replace', isComputed: true },
  stopTimeout: { form: 'integer', effect: 'replace', isComputed: true, check: atLeast(0) },
  sysctls: { form: 'table', effect: 'replace' },
  tmpfs: { form: 'table', effect: 'replace' },
  tty: REPLACING_FLAG,
  ulimits: { form: 'objects', effect: 'replace', fields: ULIMIT },
  uploads: { form: 'objects', effect: 'replace', fields: UPLOAD },
  // Those of the image where nothing is said.
  user: { form: 'text', effect: 'replace', isComputed: true },
  volumes: { form: 'objects', effect: 'replace', fields: VOLUME },
  wait: { form: 'flag' },
  waitTimeout: { form: 'integer', default: 60, check: atLeast(0) },
  workingDir: { form: 'text', effect: 'replace', isComputed: true },
};

/** Only the state has them. */
export const CONTAINER_OUTPUTS = [
  'bridge',
  'containerLogs',
  'exitCode',
  'networkDatas',
  'platform',
  'runtime',
];

/** Inputs that were checked against the fields above. */
export interface ContainerInputs {
  readonly name: string;
  readonly image: string;
  readonly attach?: boolean;
  readonly capabilities?: { readonly adds?: readonly string[]; readonly drops?: readonly string[] };
  readonly command?: readonly string[];
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuSet?: string;
  readonly cpuShares?: number;
  readonly cpus?: string;
  readonly destroyGraceSeconds?: number;
  readonly dns?: readonly string[];
  readonly domainname?: string;
  readonly entrypoints?: readonly string[];
  readonly envs?: readonly string[];
  readonly groupAdds?: readonly string[];
  readonly healthcheck?: Healthcheck;
  readonly hostname?: string;
  readonly hosts?: readonly { readonly host: string; readonly ip: string }[];
  readonly init?: boolean;
  readonly ipcMode?: string;
  readonly labels?: readonly Label[];
  readonly logDriver?: string;
  readonly logOpts?: Readonly<Record<string, string>>;
  readonly logs?: boolean;
  readonly maxRetryCount?: number;
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly memorySwap?: number;
  readonly mounts?: readonly Mount[];
  readonly mustRun: boolean;
  readonly networkMode: string;
  readonly networksAdvanced?: readonly NetworkUse[];
  readonly ports?: readonly Port[];
  readonly privileged?: boolean;
  readonly readOnly?: boolean;
  readonly removeVolumes: boolean;
  readonly restart: string;
  readonly rm?: boolean;
  readonly securityOpts?: readonly string[];
  readonly shmSize?: number;
  readonly start: boolean;
  readonly stdinOpen?: boolean;
  readonly stopSignal?: string;
  readonly stopTimeout?: number;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly uploads?: readonly Upload[];
  readonly user?: string;
  readonly volumes?: readonly VolumeUse[];
  readonly wait?: boolean;
  readonly waitTimeout: number;
  readonly workingDir?: string;
}

export interface Healthcheck {
  readonly tests?: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly startPeriod: string;
  readonly startInterval: string;
  readonly retries: number;
}

export interface Mount {
  readonly target: string;
  readonly source?: string;
  readonly type: string;
  readonly readOnly?: boolean;
  readonly tmpfsOptions?: { readonly sizeBytes?: number; readonly mode?: number };
  readonly volumeOptions?: { readonly noCopy?: boolean };
}

export interface NetworkUse {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly ipv4Address?: string;
}

export interface Port {
  readonly internal: number;
  readonly external?: number;
  readonly ip: string;
  readonly protocol: string;
}

export interface Upload {
  readonly file: string;
  readonly content?: string;
  readonly contentBase64?: string;
  readonly source?: string;
  readonly executable?: boolean;
  readonly permissions?: string;
}

export interface VolumeUse {
  readonly containerPath: string;
  readonly volumeName?: string;
  readonly hostPath?: string;
  readonly readOnly?: boolean;
}
