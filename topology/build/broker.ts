/** What the broker itself is set to: rabbitmq.conf and its plugins. */
import type { BrokerSettings, LogLevel } from '../model';
import type { Path } from '../source/index';
import { parseSizeBytes } from '../units';
import {
  asBoolean,
  asDurationMs,
  asInteger,
  asRecord,
  asScalars,
  asSizeBytes,
  asString,
  asStrings,
  defined,
  oneOf,
} from './values';
import type { Data } from './values';

const DEFAULT_TLS_PORT = 5671;
const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical', 'none'] as const;

export function buildBrokerSettings(data: Data, path: Path): BrokerSettings {
  const [logs, tls] = [asRecord(data.logs), asRecord(data.tls)];
  const features = Object.entries(asRecord(data.deprecatedFeatures)).filter(
    (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
  );
  return {
    path,
    logs: defined({ console: asLogLevel(logs.console), file: asLogLevel(logs.file) }),
    deprecatedFeatures: Object.fromEntries(features),
    conf: asScalars(data.conf),
    ...defined({
      nodes: asInteger(data.nodes),
      plugins: data.plugins === undefined ? undefined : asStrings(data.plugins),
      memoryHighWatermark: asWatermark(data.memoryHighWatermark),
      diskFreeLimitBytes: asSizeBytes(data.diskFreeLimit),
      heartbeatMs: asDurationMs(data.heartbeat),
      connectionMax: asInteger(data.connectionMax),
      channelMax: asInteger(data.channelMax),
      consumerTimeoutMs: asDurationMs(data.consumerTimeout),
      tls:
        data.tls === undefined
          ? undefined
          : {
              port: asInteger(tls.port) ?? DEFAULT_TLS_PORT,
              only: asBoolean(tls.only) ?? false,
              verifyPeer: asBoolean(tls.verifyPeer) ?? false,
            },
    }),
  };
}

function asLogLevel(value: unknown): LogLevel | undefined {
  return value === false ? 'none' : oneOf(value, LOG_LEVELS);
}

function asWatermark(value: unknown): BrokerSettings['memoryHighWatermark'] {
  const text = asString(value);
  if (text === undefined) return undefined;
  if (text.endsWith('%')) return { relative: Number(text.slice(0, -1)) / 100 };
  const bytes = parseSizeBytes(text);
  return bytes === undefined ? undefined : { bytes };
}
