/** A resource's properties as plain values. The SDK's throw where a value is known only after the update. */
import { UNKNOWN } from '../provider/values';
import type { PropertyMap } from '../provider/values';

export function plainProperties(properties: PropertyMap): PropertyMap {
  return plain(properties) as PropertyMap;
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(value, index));
  const table = value as PropertyMap;
  return Object.fromEntries(Object.keys(table).map((key) => [key, read(table, key)]));
}

function read(table: object, key: PropertyKey): unknown {
  let value: unknown;
  try {
    value = Reflect.get(table, key);
  } catch {
    return UNKNOWN;
  }
  return plain(value);
}
