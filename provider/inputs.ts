/** Reading typed values out of a resource's properties, with a note of everything that is wrong with them. */
import type { Arguments, JsonValue } from '../topology/objects';
import type { PropertyMap } from './values';
import { UNKNOWN } from './values';

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/**
 * Paths have dots between the names of properties. A value that is unknown yet comes back as `UNKNOWN` whatever
 * the type says; only a preview meets it, and only to compare.
 */
export interface Inputs {
  readonly failures: readonly Failure[];
  has(path: string): boolean;
  /** Required unless there is a fallback. */
  text(path: string, fallback?: string): string;
  optionalText(path: string): string | undefined;
  flag(path: string, fallback: boolean): boolean;
  /** Required; a text of digits counts as a number. */
  integer(path: string): number;
  optionalInteger(path: string): number | undefined;
  /** A table of arguments; absent is empty. */
  table(path: string): Arguments;
  /** A table whose keys are names of somebody's choice, such as users: none of them is bookkeeping. Absent is empty. */
  named(path: string): Readonly<Record<string, unknown>>;
  /** A table written as one JSON text. */
  jsonTable(path: string): Arguments;
  /** Required; any JSON value, written as one text. */
  json(path: string): JsonValue;
  /** Items of a list; undefined where there is none. */
  list(path: string): readonly unknown[] | undefined;
  fail(path: string, reason: string): void;
}

export function readInputs(values: PropertyMap): Inputs {
  const failures: Failure[] = [];
  const fail = (property: string, reason: string): void => {
    failures.push({ property, reason });
  };
  const get = (path: string): unknown => lookUp(values, path);
  const optional = <T>(path: string, expected: string, convert: (value: unknown) => T | undefined) => {
    const value = get(path);
    if (value === undefined || value === null) return undefined;
    if (value === UNKNOWN) return UNKNOWN as T;
    const converted = convert(value);
    if (converted === undefined) fail(path, `must be ${expected}, not ${describe(value)}`);
    return converted;
  };
  const required = <T>(path: string, value: T | undefined, fallback: T | undefined, empty: T): T => {
    if (value !== undefined) return value;
    if (fallback !== undefined) return fallback;
    if (get(path) === undefined) fail(path, 'is missing');
    return empty;
  };
  const text = (path: string): string | undefined => optional(path, 'a text', asText);
  const integer = (path: string): number | undefined => optional(path, 'a whole number', asInteger);
  return {
    failures,
    fail,
    has: (path) => get(path) !== undefined,
    text: (path, fallback) => required(path, text(path), fallback, ''),
    optionalText: text,
    flag: (path, fallback) => optional(path, 'true or false', asFlag) ?? fallback,
    integer: (path) => required(path, integer(path), undefined, 0),
    optionalInteger: integer,
    table: (path) => optional(path, 'a table of arguments', asTable) ?? {},
    named: (path) => optional(path, 'a table', asRecord) ?? {},
    jsonTable: (path) => optional(path, 'a JSON object as text', asJsonTable) ?? {},
    json: (path) => {
      // Wrapped: the value itself may be null.
      const parsed = optional(path, 'a JSON value as text', asJson);
      return (parsed as unknown) === UNKNOWN
        ? UNKNOWN
        : required(path, parsed, undefined, { value: null }).value;
    },
    list: (path) => optional(path, 'a list', asList),
  };
}

function lookUp(values: PropertyMap, path: string): unknown {
  let current: unknown = values;
  for (const name of path.split('.')) {
    if (current === UNKNOWN) return UNKNOWN;
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asFlag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

function asInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

/** Without the bookkeeping keys (`__defaults`) that state written by the bridged provider holds. */
function asTable(value: unknown): Arguments | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const entries = Object.entries(record).filter(([key, item]) => !key.startsWith('__') && item !== null);
  return Object.fromEntries(entries) as Arguments;
}

function asJson(value: unknown): { readonly value: JsonValue } | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return { value: JSON.parse(value) as JsonValue };
  } catch {
    return undefined;
  }
}

function asJsonTable(value: unknown): Arguments | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.trim() === '') return {};
  try {
    return asTable(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/** Never the value itself: it may be a secret. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text that is none';
  return typeof value === 'object' ? 'a table' : `a ${typeof value}`;
}
