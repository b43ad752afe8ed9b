/** Inputs held against a table of properties: faults by name, and every value in the form and with the default it has there. */
import type { Failure } from '../../../inputs';
import type { PropertyMap } from '../../../values';
import { UNKNOWN } from '../../../values';
import type { Field, Fields } from './fields';

export interface Checked {
  readonly values: PropertyMap;
  readonly failures: readonly Failure[];
}

export function checkProperties(fields: Fields, values: PropertyMap): Checked {
  const failures: Failure[] = [];
  const fail: Fail = (property, reason) => {
    failures.push({ property, reason });
  };
  return { values: checkObject(fields, values, '', fail), failures };
}

type Fail = (property: string, reason: string) => void;

export const UNKNOWN_PROPERTY =
  "is not known to Warren's offline docker plugin. Leave it out, or use the genuine plugin: " +
  '`pulumi plugin install resource docker`';

function checkObject(
  fields: Fields,
  values: PropertyMap,
  prefix: string,
  fail: Fail,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    // The bookkeeping that the genuine plugin keeps among the properties, and all that isn't given.
    if (name.startsWith('__') || isNothing(value)) continue;
    if (fields[name] === undefined) fail(`${prefix}${name}`, UNKNOWN_PROPERTY);
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name] ?? defaultOf(field);
    if (value === undefined || value === null) {
      if (field.isRequired === true) fail(`${prefix}${name}`, 'is missing');
      continue;
    }
    const checked = checkValue(field, value, `${prefix}${name}`, fail);
    if (checked !== undefined) result[name] = checked;
  }
  return result;
}

export function defaultOf(field: Field): unknown {
  return 'default' in field ? field.default : undefined;
}

function checkValue(field: Field, value: unknown, path: string, fail: Fail): unknown {
  if (value === UNKNOWN) return UNKNOWN;
  switch (field.form) {
    case 'text':
      return scalar(field, asText(value), 'a text', path, fail);
    case 'integer':
      return scalar(field, asInteger(value), 'a whole number', path, fail);
    case 'flag':
      return scalar(field, asFlag(value), 'true or false', path, fail);
    case 'texts':
    case 'set':
      return texts(field, value, path, fail);
    case 'table':
      return table(value, path, fail);
    case 'object':
      if (isTable(value)) return checkObject(field.fields, value, `${path}.`, fail);
      fail(path, `must be an object, not ${describe(value)}`);
      return undefined;
    case 'objects':
      return objects(field.fields, value, path, fail);
  }
}

function scalar<T>(
  field: { readonly check?: (value: T) => string | undefined },
  value: T | undefined,
  expected: string,
  path: string,
  fail: Fail,
): T | undefined {
  if (value === undefined) {
    fail(path, `must be ${expected}`);
    return undefined;
  }
  const fault = field.check?.(value);
  if (fault !== undefined) fail(path, fault);
  return value;
}

function texts(
  field: { readonly check?: (value: string) => string | undefined },
  value: unknown,
  path: string,
  fail: Fail,
): unknown {
  if (!Array.isArray(value)) {
    fail(path, `must be a list of texts, not ${describe(value)}`);
    return undefined;
  }
  return value.map((item: unknown, index) =>
    item === UNKNOWN ? UNKNOWN : scalar(field, asText(item), 'a text', `${path}[${index}]`, fail),
  );
}

function table(value: unknown, path: string, fail: Fail): unknown {
  if (!isTable(value)) {
    fail(path, `must be a table of texts, not ${describe(value)}`);
    return undefined;
  }
  const entries = Object.entries(value).filter(([name]) => !name.startsWith('__'));
  return Object.fromEntries(
    entries.map(([name, item]) => [
      name,
      item === UNKNOWN
        ? UNKNOWN
        : scalar({}, asText(item), 'a text', `${path}[${JSON.stringify(name)}]`, fail),
    ]),
  );
}

function objects(fields: Fields, value: unknown, path: string, fail: Fail): unknown {
  if (!Array.isArray(value)) {
    fail(path, `must be a list, not ${describe(value)}`);
    return undefined;
  }
  return value.map((item: unknown, index) => {
    if (item === UNKNOWN) return UNKNOWN;
    if (isTable(item)) return checkObject(fields, item, `${path}[${index}].`, fail);
    fail(`${path}[${index}]`, `must be an object, not ${describe(item)}`);
    return undefined;
  });
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : undefined;
}

function asInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function asFlag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** Of any form: the genuine plugin's state has one for everything that isn't given. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isTable(value) && Object.values(value).every(isNothing);
}

export function isTable(value: unknown): value is PropertyMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Never the value itself: it may be a secret. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a table' : `a ${typeof value}`;
}
