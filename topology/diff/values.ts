/** Values as people read them: durations, sizes, counts; and without the secrets that may be in them. */
import type { BrokerObject, JsonValue } from '../objects';
import { HIDDEN, isSecretName, withoutLogins } from '../secrets';
import { formatDuration, formatSize } from '../units';
import type { FieldChange, ShownObject } from './model';

const DURATIONS = [
  'message-ttl',
  'expires',
  'consumer-timeout',
  'consumer-disconnected-timeout',
  'delayed-retry-min',
  'delayed-retry-max',
];
const SIZES = ['max-length-bytes', 'max-in-memory-bytes', 'stream-max-segment-size-bytes'];

/** The value of a setting in words; `key` is a policy's, or an argument's. */
export function inWords(key: string, value: JsonValue | undefined): string {
  if (value === undefined) return 'none';
  const name = key.replace(/^.*\./, '').replace(/^x-/, '');
  if (typeof value === 'number' && value >= 0) {
    if (DURATIONS.includes(name)) return formatDuration(value);
    if (SIZES.includes(name)) return formatSize(value);
    return value.toLocaleString('en-US');
  }
  if (name === 'max-age' && typeof value === 'string') {
    const age = ageSeconds(value);
    return age === undefined ? value : formatDuration(age * 1000);
  }
  if (typeof value === 'string') return value === '' || /\s/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value);
}

const SECONDS: Readonly<Record<string, number>> = {
  Y: 31_536_000,
  M: 2_592_000,
  D: 86_400,
  h: 3600,
  m: 60,
  s: 1,
};

/** As RabbitMQ has the age of messages in a stream: `604800s`, `7D`. */
export function ageSeconds(age: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)([YMDhms])$/.exec(age) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? 1);
}

/** As it may be shown. */
export function shownObject(object: BrokerObject): ShownObject {
  const fields = Object.entries(object).filter(([key, value]) => key !== 'position' && value !== undefined);
  return Object.fromEntries(
    (fields as [string, JsonValue][]).map(([key, value]) => [key, shownValue(key, value)]),
  );
}

export function shownField({ field, before, after }: FieldChange): FieldChange {
  return {
    field,
    ...(before === undefined ? {} : { before: shownValue(field, before) }),
    ...(after === undefined ? {} : { after: shownValue(field, after) }),
  };
}

function shownValue(key: string, value: JsonValue): JsonValue {
  if (typeof value === 'string') return isSecretName(key) ? HIDDEN : withoutLogins(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => shownValue(key, item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shownValue(name, item)]));
}
