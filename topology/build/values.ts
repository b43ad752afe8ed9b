/**
 * Reading typed values out of plain data. The schema has reported by now whatever is of the wrong type; here such a
 * value counts as absent, so that the rules can still look at all the rest of the file.
 */
import type { Replicated } from '../model';
import type { Arguments, ArgumentValue, JsonValue } from '../objects';
import type { Path } from '../source/index';
import { parseDurationMs, parseSizeBytes } from '../units';

export type Data = Readonly<Record<string, unknown>>;

/** The named entries of a section, each with its path; in the order of the file. */
export function entries<T>(
  value: unknown,
  path: Path,
  build: (name: string, data: Data, path: Path) => T,
): T[] {
  return Object.entries(asRecord(value)).map(([name, data]) => build(name, asRecord(data), [...path, name]));
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
};

/** Leaves out what is undefined: an absent key, not a key that holds nothing. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asRecord(value: unknown): Data {
  return isRecord(value) ? value : {};
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function asInteger(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function asReplicated(value: unknown): Replicated {
  return value === true || value === 'where-supported' ? value : false;
}

export function asDurationMs(value: unknown): number | undefined {
  if (value === 0) return 0;
  return typeof value === 'string' ? parseDurationMs(value) : undefined;
}

export function asSizeBytes(value: unknown): number | undefined {
  return typeof value === 'string' ? parseSizeBytes(value) : asInteger(value);
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((item) => item === value);
}

function isScalarValue(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isArgumentValue(value: unknown): value is ArgumentValue {
  return isScalarValue(value) || (Array.isArray(value) && value.every(isArgumentValue));
}

export function asArguments(value: unknown): Arguments {
  const items = Object.entries(asRecord(value)).filter((entry): entry is [string, ArgumentValue] =>
    isArgumentValue(entry[1]),
  );
  return Object.fromEntries(items);
}

/** Any JSON, as a plain value. */
export function asJson(value: unknown): JsonValue | undefined {
  return value === undefined ? undefined : (structuredClone(value) as JsonValue);
}

/** The values of a table that are text, numbers or flags. */
export function asScalars(value: unknown): Record<string, string | number | boolean> {
  const items = Object.entries(asRecord(value)).filter(
    (entry): entry is [string, string | number | boolean] => isScalarValue(entry[1]),
  );
  return Object.fromEntries(items);
}
