/** `docker.monitoring` in a stack's configuration. */
import { isLoopback } from '../../platform/address';
import {
  PlatformSettingsError,
  duration,
  flag,
  keysOf,
  port,
  processors,
  size,
  text,
  texts,
  wrong,
  type Read,
} from '../../platform/reads';

/** Prometheus, and Grafana before it. */
export interface MonitoringSettings {
  /** Where both are published: this machine alone, unless said otherwise. Prometheus has no password. */
  readonly address: string;
  /** Whether a production stack may publish Grafana beyond the machine, without TLS as it is. */
  readonly plainText: boolean;
  readonly prometheus: MonitoringProgram & { readonly retentionMs: number };
  readonly grafana: MonitoringProgram | false;
  /** Between two looks at each node. */
  readonly intervalMs: number;
  /** `HOST:PORT` of the metrics of a broker that is there already. */
  readonly targets?: readonly string[];
  /** `HOST:PORT` of Alertmanagers that are there already. */
  readonly alertmanagers: readonly string[];
}

export interface MonitoringProgram {
  readonly image: string;
  readonly port: number;
  readonly memoryBytes?: number;
  readonly cpus?: number;
}

const LOOPBACK = '127.0.0.1';
const RETENTION_MS = 15 * 86_400_000;
const INTERVAL_MS = 15_000;

const hostPort: Read<string> = (value, at) => {
  const [, host = '', number] = /^(\[[0-9a-fA-F:]+\]|[\w.-]+):(\d+)$/.exec(String(value)) ?? [];
  if (typeof value !== 'string' || host === '') throw wrong(at, 'HOST:PORT', value);
  port(Number(number), at);
  if (isLoopback(host)) {
    throw new PlatformSettingsError(
      `${at} is ${value}, a container's own loopback address, where it finds nobody but itself. Give a name in docker.network, or an address that containers reach, e.g. host.docker.internal:${number}.`,
    );
  }
  return value;
};

const hostPorts: Read<readonly string[]> = (value, at) =>
  texts(value, at).map((item, index) => hostPort(item, `${at}[${index}]`));

const PROGRAM = { image: text, port, memory: size, cpus: processors };

const readPrometheus: Read<MonitoringSettings['prometheus']> = (value, at) => {
  const { memory, retention, ...given } = keysOf(value ?? {}, at, { ...PROGRAM, retention: duration });
  return {
    image: 'prom/prometheus:v3.5.0',
    port: 9090,
    retentionMs: retention ?? RETENTION_MS,
    ...given,
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  };
};

const readGrafana: Read<MonitoringSettings['grafana']> = (value, at) => {
  if (value === false) return false;
  const { memory, ...given } = keysOf(value ?? {}, at, PROGRAM);
  return {
    image: 'grafana/grafana:12.4.0',
    port: 3000,
    ...given,
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  };
};

export const readMonitoring: Read<MonitoringSettings> = (value, at) => {
  const { interval, ...given } = keysOf(value ?? {}, at, {
    address: text,
    plainText: flag,
    prometheus: readPrometheus,
    grafana: readGrafana,
    interval: duration,
    targets: hostPorts,
    alertmanagers: hostPorts,
  });
  return {
    address: LOOPBACK,
    plainText: false,
    prometheus: readPrometheus(undefined, at),
    grafana: readGrafana(undefined, at),
    intervalMs: interval ?? INTERVAL_MS,
    alertmanagers: [],
    ...given,
  };
};
