/** What differs between two objects of one type, property by property, and how it can be changed. */
import { fieldRole } from '../topology/mutability';
import { canonicalJson } from '../topology/objects';
import type { AnyResourceType } from './resourceType';
import { UNKNOWN, hasUnknown } from './values';

export type ChangeKind = 'add' | 'delete' | 'update';

export interface PropertyChange {
  /** In Pulumi's syntax: `settings.arguments["x-max-length"]`. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly isReplacement: boolean;
}

export interface ObjectDiff {
  readonly changes: readonly PropertyChange[];
  /** Delete first: the new object is the same one on the broker. Otherwise the new one is made first. */
  readonly deleteBeforeReplace: boolean;
}

export function diffObjects(type: AnyResourceType, before: object, after: object): ObjectDiff {
  const changes: PropertyChange[] = [];
  let isOtherObject = false;
  for (const [field, path] of Object.entries(type.properties as Readonly<Record<string, string>>)) {
    const oldValue = valueOf(before, field);
    const newValue = valueOf(after, field);
    if (canonicalJson(oldValue ?? null) === canonicalJson(newValue ?? null)) continue;
    const role = fieldRole(type.kind, field);
    if (role === 'identity' && !hasUnknown(newValue)) isOtherObject = true;
    for (const change of propertyChanges(path, oldValue, newValue)) {
      changes.push({ ...change, isReplacement: role !== 'in-place' });
    }
  }
  return { changes, deleteBeforeReplace: changes.some((change) => change.isReplacement) && !isOtherObject };
}

function valueOf(object: object, field: string): unknown {
  return (object as Readonly<Record<string, unknown>>)[field];
}

function propertyChanges(
  path: string,
  before: unknown,
  after: unknown,
): readonly Omit<PropertyChange, 'isReplacement'>[] {
  if (!isTable(before) || !isTable(after) || path.endsWith('Json')) {
    return [{ path, kind: kindOf(before, after) }];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => canonicalJson(before[key] ?? null) !== canonicalJson(after[key] ?? null))
    .map((key) => ({ path: `${path}[${JSON.stringify(key)}]`, kind: kindOf(before[key], after[key]) }));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(before: unknown, after: unknown): ChangeKind {
  if (before === undefined && after !== UNKNOWN) return 'add';
  return after === undefined ? 'delete' : 'update';
}
