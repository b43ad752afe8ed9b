/** What a queue really does with its messages: arguments, policy and operator policy of the target, merged. */
import { asNumber, asString, defined } from '../build/values';
import type { DelayedRetry, FateEvent, Overflow } from '../model';
import type { ArgumentValue, QueueType } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { effectiveValue } from './effectiveSettings';
import type { SettingSources } from './effectiveSettings';

export interface QueueSettings {
  readonly type: QueueType;
  readonly ttlMs?: number;
  readonly expiresMs?: number;
  readonly maxLength?: number;
  readonly maxLengthBytes?: number;
  readonly overflow: Overflow;
  /** How often a message may come back; absent: for ever. */
  readonly deliveryLimit?: number;
  readonly deadLetter?: {
    readonly exchange: string;
    /** Absent: the message keeps its key. */
    readonly routingKey?: string;
    readonly guarantee: 'at-most-once' | 'at-least-once';
  };
  readonly delayedRetry?: DelayedRetry;
  /** As RabbitMQ has it, e.g. `604800s`; streams only. */
  readonly maxAge?: string;
}

export interface SettingsSource extends SettingSources {
  readonly type: QueueType;
}

export function queueSettings(source: SettingsSource, target: Target): QueueSettings {
  const { type } = source;
  const value = (key: string): ArgumentValue | undefined => effectiveValue(key, source);
  const limits = defined({ maxLengthBytes: asNumber(value('max-length-bytes')) });
  if (type === 'stream') {
    return { type, overflow: 'drop-head', ...limits, ...defined({ maxAge: asString(value('max-age')) }) };
  }
  const overflow = overflowOf(type, value('overflow'));
  return {
    type,
    overflow,
    ...limits,
    ...defined({
      ttlMs: asNumber(value('message-ttl')),
      expiresMs: asNumber(value('expires')),
      maxLength: asNumber(value('max-length')),
      deliveryLimit: type === 'quorum' ? deliveryLimitOf(value('delivery-limit'), target) : undefined,
      deadLetter: deadLetterOf(type, overflow, value),
      delayedRetry: type === 'quorum' ? delayedRetryOf(value) : undefined,
    }),
  };
}

/** What can happen to a message in such a queue, besides being consumed. */
export function possibleEvents(settings: QueueSettings): FateEvent[] {
  const { type, ttlMs, overflow, deliveryLimit } = settings;
  if (type === 'stream') return [];
  return [
    ...(ttlMs === undefined ? [] : (['expired'] as const)),
    ...(hasLength(settings) && overflow !== 'reject-publish' ? (['maxlen'] as const) : []),
    ...(deliveryLimit === undefined ? [] : (['delivery-limit'] as const)),
    'rejected',
  ];
}

export function hasLength({ maxLength, maxLengthBytes }: QueueSettings): boolean {
  return maxLength !== undefined || maxLengthBytes !== undefined;
}

/** A quorum queue passes over the value that it doesn't know. */
function overflowOf(type: QueueType, value: ArgumentValue | undefined): Overflow {
  if (value === 'reject-publish') return value;
  return value === 'reject-publish-dlx' && type === 'classic' ? value : 'drop-head';
}

const DELIVERY_LIMIT_DEFAULT = 20;

function deliveryLimitOf(value: ArgumentValue | undefined, target: Target): number | undefined {
  const byDefault = isAtLeast(target, '4.0') ? DELIVERY_LIMIT_DEFAULT : undefined;
  const limit = asNumber(value) ?? byDefault;
  return limit === undefined || limit < 0 ? undefined : limit;
}

type Lookup = (key: string) => ArgumentValue | undefined;

function deadLetterOf(type: QueueType, overflow: Overflow, value: Lookup): QueueSettings['deadLetter'] {
  const exchange = asString(value('dead-letter-exchange'));
  if (exchange === undefined) return undefined;
  const isSafe =
    type === 'quorum' && overflow === 'reject-publish' && value('dead-letter-strategy') === 'at-least-once';
  return {
    exchange,
    ...defined({ routingKey: asString(value('dead-letter-routing-key')) }),
    guarantee: isSafe ? 'at-least-once' : 'at-most-once',
  };
}

function delayedRetryOf(value: Lookup): DelayedRetry | undefined {
  const type = value('delayed-retry-type');
  if (type !== 'all' && type !== 'failed' && type !== 'returned') return undefined;
  return {
    type,
    ...defined({ minMs: asNumber(value('delayed-retry-min')), maxMs: asNumber(value('delayed-retry-max')) }),
  };
}
