/** What differs between two objects of one type, property by property, and how it can be changed. */
import { fieldRole, type FieldRole } from '../topology/mutability';
import { canonicalJson } from '../topology/objects';
import type { ChangeKind, Difference, PropertyChange } from './messages';
import type { AnyResourceType } from './resourceType';
import { UNKNOWN, hasUnknown, type PropertyMap } from './values';

export interface ObjectDiff extends Difference {
  /** The new one has another identity on the broker. */
  readonly isOtherObject?: boolean;
  /** The broker doesn't have the object any more: to be made again, also where no property changes. */
  readonly isGone?: boolean;
}

export function diffObjects(type: AnyResourceType, before: object, after: object): ObjectDiff {
  const differences = compareObjects(type, before, after);
  const changes = differences.map(({ path, role, ...values }) => ({
    path,
    kind: kindOf(values.before, values.after),
    isReplacement: role !== 'in-place',
  }));
  const isOtherObject = differences.some(
    ({ role, after: value }) => role === 'identity' && !hasUnknown(value),
  );
  const deleteBeforeReplace = changes.some((change) => change.isReplacement) && !isOtherObject;
  return { changes, deleteBeforeReplace, isOtherObject };
}

export interface PropertyDifference {
  readonly path: string;
  readonly role: FieldRole;
  readonly before: unknown;
  readonly after: unknown;
}

export function compareObjects(
  type: AnyResourceType,
  before: object,
  after: object,
): readonly PropertyDifference[] {
  const properties = Object.entries(type.properties as Readonly<Record<string, string>>);
  return properties.flatMap(([field, path]) => {
    const oldValue = valueOf(before, field);
    const newValue = valueOf(after, field);
    if (isEqual(oldValue, newValue)) return [];
    const role = fieldRole(type.kind, field);
    return differencesIn(path, oldValue, newValue).map((difference) => ({ ...difference, role }));
  });
}

/**
 * Changes within a table that both sides have as JSON text (`…Json`) are shown as that text's change: the engine shows
 * nothing for a property that neither has.
 */
export function inGivenForm(
  changes: readonly PropertyChange[],
  olds: PropertyMap,
  news: PropertyMap,
): readonly PropertyChange[] {
  return changes.map((change) => {
    const table = change.path.split('[')[0] ?? '';
    const text = `${table}Json`;
    const has = (path: string): boolean[] => [olds, news].map((side) => valueAt(side, path) !== undefined);
    const [isInOlds = false, isInNews = false] = has(text);
    if (has(table).includes(true) || !(isInOlds || isInNews)) return change;
    const kind = isInOlds && isInNews ? 'update' : isInNews ? 'add' : 'delete';
    return { ...change, path: text, kind };
  });
}

function valueAt(values: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (isTable(value) ? value[name] : undefined), values);
}

/** Whether one of the changes is that property, a part of it, or what it is a part of. */
export function isCovered(path: string, changes: readonly { readonly path: string }[]): boolean {
  const isPart = (whole: string, part: string): boolean => part === whole || part.startsWith(`${whole}[`);
  return changes.some((change) => isPart(change.path, path) || isPart(path, change.path));
}

function isEqual(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

function valueOf(object: object, field: string): unknown {
  return (object as Readonly<Record<string, unknown>>)[field];
}

function differencesIn(
  path: string,
  before: unknown,
  after: unknown,
): readonly Omit<PropertyDifference, 'role'>[] {
  if (!isTable(before) || !isTable(after) || path.endsWith('Json')) return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => !isEqual(before[key], after[key]))
    .map((key) => ({ path: `${path}[${JSON.stringify(key)}]`, before: before[key], after: after[key] }));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(before: unknown, after: unknown): ChangeKind {
  if (before === undefined && after !== UNKNOWN) return 'add';
  return after === undefined ? 'delete' : 'update';
}
