/** Exchanges, queues, families, and what they have in common. */
import type {
  Alerts,
  Binding,
  DeadLetter,
  DelayedRetry,
  Exchange,
  Family,
  Queue,
  Retry,
  Settings,
} from '../model';
import type { SuperStream } from '../model';
import type { Path } from '../source/index';
import {
  asArguments,
  asBoolean,
  asDurationMs,
  asInteger,
  asNumber,
  asRecord,
  asReplicated,
  asSizeBytes,
  asString,
} from './values';
import { defined, isRecord, oneOf } from './values';
import type { Data } from './values';

export function buildExchange(name: string, data: Data, path: Path): Exchange {
  return {
    path,
    name,
    type: asString(data.type) ?? 'direct',
    durable: asBoolean(data.durable) ?? true,
    autoDelete: asBoolean(data.autoDelete) ?? false,
    internal: asBoolean(data.internal) ?? false,
    ...defined({
      alternate: asString(data.alternate),
      hashOn: data.hashOn === undefined ? undefined : buildHashOn(asRecord(data.hashOn)),
    }),
    arguments: asArguments(data.arguments),
    bindings: buildBindings(data.bindings, [...path, 'bindings']),
  };
}

export function buildQueue(name: string, data: Data, path: Path): Queue {
  return {
    path,
    name,
    ...defined({
      type: oneOf(data.type, ['classic', 'quorum', 'stream'] as const),
      priorities: asInteger(data.priorities),
      singleActiveConsumer: asBoolean(data.singleActiveConsumer),
      initialClusterSize: asInteger(data.initialClusterSize),
      retry: buildRetry(data.retry, [...path, 'retry']),
      alerts: data.alerts === undefined ? undefined : buildAlerts(asRecord(data.alerts)),
      declaredWith: data.declaredWith === undefined ? undefined : asArguments(data.declaredWith),
    }),
    durable: asBoolean(data.durable) ?? true,
    autoDelete: asBoolean(data.autoDelete) ?? false,
    replicated: asReplicated(data.replicated),
    settings: buildSettings(data),
    arguments: asArguments(data.arguments),
    bindings: buildBindings(data.bindings, [...path, 'bindings']),
  };
}

export function buildFamily(template: string, data: Data, path: Path): Family {
  return {
    path,
    template,
    durable: asBoolean(data.durable) ?? true,
    replicated: asReplicated(data.replicated),
    settings: buildSettings(data),
    ...defined({
      declaredWith: data.declaredWith === undefined ? undefined : asArguments(data.declaredWith),
      alerts: data.alerts === undefined ? undefined : buildAlerts(asRecord(data.alerts)),
    }),
  };
}

export function buildSuperStream(name: string, data: Data, path: Path): SuperStream {
  return {
    path,
    name,
    partitions: asInteger(data.partitions) ?? 1,
    settings: buildSettings(data),
    ...defined({ initialClusterSize: asInteger(data.initialClusterSize) }),
  };
}

export function buildSettings(data: Data): Settings {
  return defined({
    ttlMs: asDurationMs(data.ttl),
    expiresMs: asDurationMs(data.expires),
    maxLength: asInteger(data.maxLength),
    maxLengthBytes: asSizeBytes(data.maxLengthBytes),
    overflow: oneOf(data.overflow, ['drop-head', 'reject-publish', 'reject-publish-dlx'] as const),
    deadLetter: buildDeadLetter(data.deadLetter),
    deliveryLimit: asInteger(data.deliveryLimit),
    consumerTimeoutMs: asDurationMs(data.consumerTimeout),
    consumerDisconnectedTimeoutMs: asDurationMs(data.consumerDisconnectedTimeout),
    leaderLocator: oneOf(data.leaderLocator, ['client-local', 'balanced'] as const),
    targetGroupSize: asInteger(data.targetGroupSize),
    queueVersion: asInteger(data.queueVersion),
    maxAgeMs: asDurationMs(data.maxAge),
    maxSegmentSizeBytes: asSizeBytes(data.maxSegmentSize),
    filterSizeBytes: asInteger(data.filterSize),
    delayedRetry:
      data.delayedRetry === undefined ? undefined : buildDelayedRetry(asRecord(data.delayedRetry)),
  });
}

function buildDeadLetter(value: unknown): DeadLetter | undefined {
  const data = asRecord(value);
  const [queue, exchange] = [asString(data.queue), asString(data.exchange)];
  // Without what names the target, the rest means nothing.
  if (!isRecord(value) || queue !== data.queue || exchange !== data.exchange) return undefined;
  return defined({
    queue,
    exchange,
    routingKey: asString(data.routingKey),
    strategy: oneOf(data.strategy, ['at-most-once', 'at-least-once'] as const),
  });
}

function buildDelayedRetry(data: Data): DelayedRetry {
  return {
    type: oneOf(data.type, ['all', 'failed', 'returned'] as const) ?? 'all',
    ...defined({ minMs: asDurationMs(data.min), maxMs: asDurationMs(data.max) }),
  };
}

function buildHashOn(data: Data): NonNullable<Exchange['hashOn']> {
  return defined({ header: asString(data.header), property: asString(data.property) });
}

function buildAlerts(data: Data): Alerts {
  return defined({ depth: asInteger(data.depth), ageMs: asDurationMs(data.age) });
}

/** More rungs would be no ladder any more; the schema says so too. */
const ATTEMPTS_MAX = 20;
const DEFAULT_FACTOR = 2;

/** Undefined without a number of attempts and a delay: nothing could be made of the rest. */
function buildRetry(value: unknown, path: Path): Retry | undefined {
  const data = asRecord(value);
  const [attempts, delayMs] = [asInteger(data.attempts), asDurationMs(data.delay)];
  if (attempts === undefined || attempts < 1 || attempts > ATTEMPTS_MAX || delayMs === undefined)
    return undefined;
  const method = oneOf(data.method, ['ladder', 'stages', 'delayed-retry'] as const) ?? 'ladder';
  const factor = asNumber(data.factor) ?? DEFAULT_FACTOR;
  const longestMs = asDurationMs(data.maxDelay) ?? Infinity;
  // What RabbitMQ's delayed retry does is measured: the delay times the number of deliveries.
  const grown = (index: number): number =>
    method === 'delayed-retry' ? delayMs * (index + 1) : Math.round(delayMs * factor ** index);
  return {
    path,
    delaysMs: Array.from({ length: attempts }, (_, index) => Math.min(grown(index), longestMs)),
    method,
  };
}

function buildBindings(value: unknown, path: Path): Binding[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => {
    const data = asRecord(item);
    const exchange = asString(data.exchange);
    if (exchange === undefined) return [];
    return {
      path: [...path, index],
      exchange,
      routingKey: asString(data.routingKey) ?? '',
      arguments: asArguments(data.arguments),
    };
  });
}
