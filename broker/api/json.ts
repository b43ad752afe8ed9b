/** Taking values out of a broker's JSON answers, without trust in their types. */
import type { ArgumentValue, Arguments } from '../../topology/objects';
import type { Broker, BrokerRequest } from './transport';
import { isBrokerError } from './errors';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

export function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}

export function count(value: unknown, name: string): number | undefined {
  const found = field(value, name);
  return typeof found === 'number' ? found : undefined;
}

export function flag(value: unknown, name: string): boolean {
  return field(value, name) === true;
}

export function records(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A list of texts; older brokers write such lists as one text with commas. */
export function textList(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((item): item is string => typeof item === 'string');
  if (typeof value === 'string') {
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return [];
}

/** An argument table; an empty one may come as an empty list. */
export function argumentTable(value: unknown): Arguments {
  return isRecord(value) ? (value as Record<string, ArgumentValue>) : {};
}

/** The JSON of a GET, or undefined where there is no such object. */
export async function getOrAbsent(broker: Broker, request: Omit<BrokerRequest, 'method'>): Promise<unknown> {
  try {
    return (await broker.request({ method: 'GET', ...request })).json;
  } catch (error) {
    if (isBrokerError(error, 'notFound')) return undefined;
    throw error;
  }
}

/** A DELETE for which an absent object is as good as a deleted one. False where it was absent. */
export async function deleteOrAbsent(
  broker: Broker,
  request: Omit<BrokerRequest, 'method'>,
): Promise<boolean> {
  try {
    await broker.request({ method: 'DELETE', ...request });
    return true;
  } catch (error) {
    if (isBrokerError(error, 'notFound')) return false;
    throw error;
  }
}
