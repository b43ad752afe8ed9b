/**
 * `warren:kubernetes` in a stack's configuration: what only Kubernetes has to know. Everything else stands in the
 * topology: the number of nodes, rabbitmq.conf and its plugins under `broker:`, the fleets under `workers:`.
 */
import * as net from 'node:net';
import type { FleetSettings } from '../platform/fleetPlan';
import {
  count,
  duration,
  flag,
  generations,
  keysOf,
  PlatformSettingsError,
  readHandOver,
  replicas,
  scalar,
  tableOf,
  text,
  texts,
  variable,
  wrong,
  type Read,
} from '../platform/reads';

export interface KubernetesSettings {
  /** File, relative to the project's folder; what `kubectl` would use where it is left out. */
  readonly kubeconfig?: string;
  /** Of that file; its current one where it is left out. */
  readonly context?: string;
  /** PROJECT-STACK where it is left out. */
  readonly namespace?: string;
  /** False where the namespace is there already, and stays. */
  readonly createNamespace: boolean;
  /** Left out where the broker is there already. */
  readonly cluster?: ClusterSettings;
  /** By fleet of the topology; `*` for all that say nothing of their own. */
  readonly workers: Readonly<Record<string, WorkerSettings>>;
  /** False where KEDA isn't there: fleets with `autoscale` and no `hpa` are then left as they are. */
  readonly keda: KedaSettings | false;
  /** For a Prometheus operator that is there. */
  readonly monitoring?: MonitoringSettings;
}

export interface MonitoringSettings {
  /** Where Prometheus runs. */
  readonly namespace: string;
  /** By which Prometheus finds what is meant for it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the ConfigMap with the dashboard, by which Grafana finds it; false for none. */
  readonly dashboard: Readonly<Record<string, string>> | false;
  /** Between two looks at each node. */
  readonly intervalMs: number;
}

export interface ClusterSettings {
  /** Who makes nodes of it: RabbitMQ's cluster operator, or a StatefulSet of our own where no operator may be. */
  readonly by: 'operator' | 'statefulSet';
  /** `rabbitmq:SERIES-management` where it is left out. */
  readonly image?: string;
  readonly imagePullSecrets: readonly string[];
  /** Of each node, in Kubernetes' quantities. */
  readonly storage: string;
  /** The cluster's default one where it is left out. */
  readonly storageClass?: string;
  /** Request and limit of each node. */
  readonly memory: string;
  /** Request of each node. */
  readonly cpu: string;
  /** Whether two nodes may share a machine where there is no other way. */
  readonly antiAffinity: 'preferred' | 'required';
  readonly service: 'ClusterIP' | 'LoadBalancer' | 'NodePort';
  /** For the wait until no queue would lose its majority, and for the node's stop. */
  readonly gracePeriodMs: number;
  /** Before a node starts: until the names of its peers are known. */
  readonly startDelayMs: number;
  /** Where the topology has `broker.tls`; an own authority, where nothing is said. */
  readonly tls: OwnAuthority | GivenSecret | CertManager;
  /** Who reaches it, beside the stack's own namespace. False: nobody is kept away. */
  readonly networkPolicy: NetworkPolicySettings | false;
  /** How `pulumi up` gets there. */
  readonly access: 'portForward' | 'inside' | { readonly endpoint: string };
}

/** Certificates that the stack makes by itself. */
export interface OwnAuthority {
  /** Of the cluster, as its clients outside of Kubernetes call it; beside those that it has there. */
  readonly names: readonly string[];
  /** Numbers of authorities that clients trust. The first one signs. */
  readonly authorities: readonly [number, ...number[]];
  /** Of the certificate: another number is another certificate, whenever this one ends. */
  readonly generation: number;
}

/** A Secret that is there, with `tls.crt`, `tls.key` and `ca.crt`. */
export interface GivenSecret {
  readonly secret: string;
  /** PEM file of its authority, relative to the project's folder: whom `pulumi up` trusts. */
  readonly ca: string;
}

/** An issuer of cert-manager, who has the certificate made. */
export interface CertManager {
  readonly issuer: string;
  readonly issuerKind: string;
  readonly names: readonly string[];
  /** As of a given Secret. */
  readonly ca: string;
}

export interface NetworkPolicySettings {
  /** Namespaces whose pods may publish and consume. */
  readonly clients: readonly string[];
  /** Namespaces that ask the management API: KEDA's and the operator's. */
  readonly management: readonly string[];
  /** Namespaces that ask for metrics: Prometheus'. */
  readonly metrics: readonly string[];
  /** Addresses outside of Kubernetes that may publish, consume and ask the management API. */
  readonly cidrs: readonly string[];
}

export interface KedaSettings {
  /** How often it counts. */
  readonly pollingIntervalMs: number;
}

export interface WorkerSettings extends FleetSettings {
  /** In place of the topology's. */
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly imagePullSecrets?: readonly string[];
  /** Requests, in Kubernetes' quantities. */
  readonly cpu?: string;
  /** Request and limit. */
  readonly memory?: string;
  /** Where the image's own user is root, or a name. */
  readonly runAsUser?: number;
  /** Files of the image may be written. */
  readonly writable?: boolean;
  /** `consuming` asks the broker; a command of one's own; false for none. */
  readonly probe?: 'consuming' | readonly string[] | false;
  /** Scaled by Kubernetes itself, by its processors, in place of KEDA: how much of their request they use. */
  readonly hpa?: { readonly cpuPercent: number };
  /** Never two at the same time; of itself true for Celery beat. */
  readonly singleton?: boolean;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
}

/** A request is no limit. */
const CPU_PERCENT_MAX = 1000;
const ALL_FLEETS = '*';
const GRACE_MS = 600_000;
const START_DELAY_MS = 30_000;
const POLLING_MS = 10_000;
const INTERVAL_MS = 15_000;
const KEDA_NAMESPACE = 'keda';
const OPERATOR_NAMESPACE = 'rabbitmq-system';

export const OWN_AUTHORITY: OwnAuthority = { names: [], authorities: [1], generation: 1 };

/** @throws PlatformSettingsError */
export function readKubernetesSettings(value: unknown): KubernetesSettings {
  return readKubernetes(value, 'kubernetes');
}

/** The fleet's own settings over those of all. */
export function settingsOfFleet({ workers }: KubernetesSettings, fleet: string): WorkerSettings {
  return { ...workers[ALL_FLEETS], ...workers[fleet] };
}

const quantity: Read<string> = (value, at) => {
  const written = typeof value === 'number' ? String(value) : value;
  if (typeof written === 'string' && /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(written)) return written;
  throw wrong(at, "a quantity in Kubernetes' terms, e.g. 512Mi, 10Gi or 250m", value);
};

/** What Kubernetes takes as the name of an object that is a part of a host's name, too. */
export const objectName: Read<string> = (value, at) => {
  if (typeof value === 'string' && value.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value))
    return value;
  throw wrong(at, 'a name of small letters, digits and hyphens, at most 63', value);
};

const cidrs: Read<readonly string[]> = (value, at) => {
  const given = texts(value, at);
  const isRange = (one: string): boolean => {
    const [address = '', bits = '', ...rest] = one.split('/');
    const family = net.isIP(address);
    return (
      family > 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
    );
  };
  if (given.every(isRange)) return given;
  throw wrong(at, 'a list of address ranges, e.g. ["203.0.113.0/24"]', value);
};

function oneOf<T extends string>(...choices: readonly T[]): Read<T> {
  return (value, at) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw wrong(at, `one of ${choices.join(', ')}`, value);
  };
}

const userId: Read<number> = (value, at) => {
  if (Number.isInteger(value) && Number(value) > 0) return Number(value);
  throw wrong(at, 'the number of a user who is not root, e.g. 1000', value);
};

const readAccess: Read<ClusterSettings['access']> = (value, at) => {
  if (value === 'portForward' || value === 'inside') return value;
  if (typeof value === 'string' && /^https?:\/\/[^@]+$/.test(value)) return { endpoint: value };
  throw wrong(at, 'portForward, inside, or the URL of an Ingress or LoadBalancer', value);
};

const readTls: Read<ClusterSettings['tls']> = (value, at) => {
  const { secret, issuer, issuerKind, ca, ...own } = keysOf(value, at, {
    names: texts,
    authorities: generations,
    generation: count,
    handOver: readHandOver,
    secret: objectName,
    issuer: text,
    issuerKind: oneOf('Issuer', 'ClusterIssuer'),
    ca: text,
  });
  if (secret === undefined && issuer === undefined) {
    if (ca === undefined) {
      const { names, authorities, generation } = { ...OWN_AUTHORITY, ...own };
      return { names, authorities, generation };
    }
    throw new PlatformSettingsError(`${at}.ca is for a Secret or an issuer: say one of them as well.`);
  }
  if (ca === undefined) {
    throw new PlatformSettingsError(
      `${at} needs ca, the PEM file of the authority that signs: this machine and the workers trust nobody else.`,
    );
  }
  const { names, ...others } = own;
  const [other] = Object.keys(others);
  if (other !== undefined || (secret !== undefined && (issuer !== undefined || names !== undefined))) {
    throw new PlatformSettingsError(
      `${at} says more than one of: secret (a certificate that is there), issuer (cert-manager has it made), ${other ?? 'authorities'} (the stack makes it). Keep one.`,
    );
  }
  if (secret !== undefined) return { secret, ca };
  return { issuer: issuer ?? '', issuerKind: issuerKind ?? 'Issuer', names: names ?? [], ca };
};

const readPolicy: Read<NetworkPolicySettings | false> = (value, at) => {
  if (value === false) return false;
  const given = keysOf(value ?? {}, at, { clients: texts, management: texts, metrics: texts, cidrs });
  return { clients: [], management: [KEDA_NAMESPACE, OPERATOR_NAMESPACE], metrics: [], cidrs: [], ...given };
};

const readCluster: Read<ClusterSettings> = (value, at) => {
  const { gracePeriod, startDelay, ...given } = keysOf(value ?? {}, at, {
    by: oneOf('operator', 'statefulSet'),
    image: text,
    imagePullSecrets: texts,
    storage: quantity,
    storageClass: text,
    memory: quantity,
    cpu: quantity,
    antiAffinity: oneOf('preferred', 'required'),
    service: oneOf('ClusterIP', 'LoadBalancer', 'NodePort'),
    gracePeriod: duration,
    startDelay: (item, where) => (item === '0s' ? 0 : duration(item, where)),
    tls: readTls,
    networkPolicy: readPolicy,
    access: readAccess,
  });
  return {
    by: 'operator',
    imagePullSecrets: [],
    storage: '10Gi',
    memory: '2Gi',
    cpu: '1',
    antiAffinity: 'preferred',
    service: 'ClusterIP',
    tls: OWN_AUTHORITY,
    networkPolicy: readPolicy({}, at),
    access: 'portForward',
    ...given,
    gracePeriodMs: gracePeriod ?? GRACE_MS,
    startDelayMs: startDelay ?? START_DELAY_MS,
  };
};

const readProbe: Read<'consuming' | readonly string[] | false> = (value, at) => {
  if (value === false || value === 'consuming') return value;
  return texts(value, at);
};

const readHpa: Read<{ readonly cpuPercent: number }> = (value, at) => {
  const { cpu } = keysOf(value, at, { cpu: count });
  if (cpu !== undefined && cpu <= CPU_PERCENT_MAX) return { cpuPercent: cpu };
  throw new PlatformSettingsError(
    `${at} needs cpu, the percentage of its request that a worker is to use, from 1 to ${CPU_PERCENT_MAX}, e.g. {"cpu": 70}.`,
  );
};

const readWorker: Read<WorkerSettings> = (value, at) =>
  keysOf(value ?? {}, at, {
    image: text,
    imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
    imagePullSecrets: texts,
    replicas,
    cpu: quantity,
    memory: quantity,
    urlVariable: variable,
    runAsUser: userId,
    writable: flag,
    probe: readProbe,
    hpa: readHpa,
    singleton: flag,
    nodeSelector: tableOf(scalar),
    serviceAccount: objectName,
  });

const readKeda: Read<KedaSettings | false> = (value, at) => {
  if (value === false) return false;
  const { pollingInterval } = keysOf(value ?? {}, at, { pollingInterval: duration });
  return { pollingIntervalMs: pollingInterval ?? POLLING_MS };
};

const readMonitoring: Read<MonitoringSettings> = (value, at) => {
  const { interval, ...given } = keysOf(value ?? {}, at, {
    namespace: objectName,
    labels: tableOf(scalar),
    dashboard: (item, where) => (item === false ? false : tableOf(scalar)(item, where)),
    interval: duration,
  });
  return {
    namespace: 'monitoring',
    labels: {},
    dashboard: { grafana_dashboard: '1' },
    ...given,
    intervalMs: interval ?? INTERVAL_MS,
  };
};

const readKubernetes: Read<KubernetesSettings> = (value, at) => {
  const given = readKeys(value, at);
  const { cluster, monitoring } = given;
  if (monitoring === undefined) return given;
  if (cluster === undefined) {
    throw new PlatformSettingsError(
      `${at}.monitoring is for the nodes of ${at}.cluster; a broker that is there already is asked by whoever runs it, with the rules of \`warren render --to alerts\`.`,
    );
  }
  const { networkPolicy } = cluster;
  if (networkPolicy === false) return given;
  const metrics = [...new Set([...networkPolicy.metrics, monitoring.namespace])];
  return { ...given, cluster: { ...cluster, networkPolicy: { ...networkPolicy, metrics } } };
};

const readKeys: Read<KubernetesSettings> = (value, at) => ({
  createNamespace: true,
  workers: {},
  keda: { pollingIntervalMs: POLLING_MS },
  ...keysOf(value, at, {
    kubeconfig: text,
    context: text,
    namespace: objectName,
    createNamespace: flag,
    cluster: readCluster,
    workers: tableOf(readWorker),
    keda: readKeda,
    monitoring: readMonitoring,
  }),
});
