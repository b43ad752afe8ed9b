/** `broker:` as rabbitmq.conf. Every key was taken by real nodes of 3.10, 4.0 and 4.3. */
import type { BrokerSettings, Topology } from '../model';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';

/** Where a node finds its certificate, key and authority; platforms put them there. */
export const TLS_FOLDER = '/etc/rabbitmq/tls';

export interface RabbitmqConfOptions {
  /** Folder of ca.crt, tls.crt and tls.key as the node sees it. Default: `TLS_FOLDER`. */
  readonly tlsFolder?: string;
}

type Value = string | number | boolean;

/** The lines that the topology asks for; a file that says nothing about the broker gives a comment only. */
export function renderRabbitmqConf({ broker, target }: Topology, options: RabbitmqConfOptions = {}): string {
  const lines = broker === undefined ? [] : confLines(broker, target, options.tlsFolder ?? TLS_FOLDER);
  const head = `# rabbitmq.conf for RabbitMQ ${target}`;
  return `${[head, ...lines.map(([key, value]) => `${key} = ${String(value)}`)].join('\n')}\n`;
}

export interface WordedLine {
  readonly key: string;
  readonly value: Value;
  readonly path: Path;
}

/** The lines in which a key or a value is free text of the topology: only such a line could be more than one line. */
export function wordedLines({ path, deprecatedFeatures, conf }: BrokerSettings): WordedLine[] {
  return [
    ...Object.entries(deprecatedFeatures).map(([feature, value]) => ({
      key: featureKey(feature),
      value,
      path: [...path, 'deprecatedFeatures', feature],
    })),
    ...Object.entries(conf).map(([key, value]) => ({ key, value, path: [...path, 'conf', key] })),
  ];
}

function featureKey(feature: string): string {
  return `deprecated_features.permit.${feature}`;
}

function confLines(broker: BrokerSettings, target: Target, tlsFolder: string): (readonly [string, Value])[] {
  const { memoryHighWatermark: memory, heartbeatMs } = broker;
  const lines: (readonly [string, Value | undefined])[] = [
    memory !== undefined && 'relative' in memory
      ? ['vm_memory_high_watermark.relative', memory.relative]
      : ['vm_memory_high_watermark.absolute', memory?.bytes],
    ['disk_free_limit.absolute', broker.diskFreeLimitBytes],
    ['heartbeat', heartbeatMs === undefined ? undefined : heartbeatMs / 1000],
    ['connection_max', broker.connectionMax],
    ['channel_max', broker.channelMax],
    ['consumer_timeout', broker.consumerTimeoutMs],
    ...logLines(broker),
    ...tlsLines(broker, tlsFolder),
    ...(isAtLeast(target, '3.12')
      ? Object.entries(broker.deprecatedFeatures).map(
          ([feature, isPermitted]) => [featureKey(feature), isPermitted] as const,
        )
      : []),
    ...Object.entries(broker.conf),
  ];
  return lines.filter((line): line is readonly [string, Value] => line[1] !== undefined);
}

function logLines({ logs }: BrokerSettings): (readonly [string, Value | undefined])[] {
  const { console: toConsole, file } = logs;
  return [
    ['log.console', toConsole === undefined ? undefined : toConsole !== 'none'],
    ['log.console.level', toConsole === 'none' ? undefined : toConsole],
    // The file is on by default, and has no switch but this one.
    ['log.file', file === 'none' ? false : undefined],
    ['log.file.level', file === 'none' ? undefined : file],
  ];
}

function tlsLines({ tls }: BrokerSettings, folder: string): (readonly [string, Value])[] {
  if (tls === undefined) return [];
  return [
    ...(tls.only ? [['listeners.tcp', 'none'] as const] : []),
    ['listeners.ssl.default', tls.port],
    ['ssl_options.cacertfile', `${folder}/ca.crt`],
    ['ssl_options.certfile', `${folder}/tls.crt`],
    ['ssl_options.keyfile', `${folder}/tls.key`],
    ['ssl_options.versions.1', 'tlsv1.3'],
    ['ssl_options.versions.2', 'tlsv1.2'],
    ['ssl_options.verify', tls.verifyPeer ? 'verify_peer' : 'verify_none'],
    ['ssl_options.fail_if_no_peer_cert', tls.verifyPeer],
  ];
}
