/** What differs between a resource's state and what the program wants: the engine's own values are no difference. */
import type { ChangeKind, PropertyChange } from '../../../messages';
import type { PropertyMap } from '../../../values';
import { canonicalJson } from '../../../../topology/objects';
import { UNKNOWN, hasUnknown } from '../../../values';
import { defaultOf, isNothing, isTable } from './check';
import type { Field, Fields } from './fields';

/** Both sides as `checkProperties` leaves them; the state may hold more than inputs. */
export function compareProperties(fields: Fields, state: PropertyMap, inputs: PropertyMap): PropertyChange[] {
  return Object.entries(fields).flatMap(([name, field]) => changesOf(name, field, state[name], inputs[name]));
}

function changesOf(name: string, field: Field, before: unknown, after: unknown): PropertyChange[] {
  if (isSame(field, before, after)) return [];
  const isTakenAway = field.removal === 'replace' && isNothing(after);
  const isReplacement = field.effect === 'replace' || isTakenAway;
  if (field.form === 'object' && isTable(before) && isTable(after)) {
    const parts = compareProperties(field.fields, before, after);
    return parts.map((part) => ({
      ...part,
      path: `${name}.${part.path}`,
      isReplacement: isReplacement || part.isReplacement,
    }));
  }
  return [{ path: name, kind: kindOf(before, after), isReplacement }];
}

function kindOf(before: unknown, after: unknown): ChangeKind {
  if (after === undefined) return 'delete';
  return isNothing(before) && before !== false && after !== UNKNOWN ? 'add' : 'update';
}

function isSame(field: Field, before: unknown, after: unknown): boolean {
  if (after === undefined && field.isComputed === true) return true;
  if (hasUnknown(after)) return false;
  switch (field.form) {
    case 'text':
    case 'integer':
    case 'flag':
      return scalarOf(field, before) === scalarOf(field, after);
    case 'texts':
    case 'table':
      return isNothing(before) ? isNothing(after) : canonicalJson(before) === canonicalJson(after ?? null);
    case 'set':
      return canonicalJson(sorted(field, before)) === canonicalJson(sorted(field, after));
    case 'object':
      if (isNothing(before) || isNothing(after)) return isNothing(before) && isNothing(after);
      return sameObject(field.fields, before, after);
    case 'objects':
      return sameObjects(field.fields, listOf(before), listOf(after));
  }
}

/** A value that is left out is its default, or else the zero of its form. */
function scalarOf(field: Field, value: unknown): unknown {
  const zero = { text: '', integer: 0, flag: false }[field.form as 'text' | 'integer' | 'flag'];
  return value ?? defaultOf(field) ?? zero;
}

function sameObject(fields: Fields, before: unknown, after: unknown): boolean {
  if (!isTable(before) || !isTable(after)) return false;
  return Object.entries(fields).every(([name, field]) => isSame(field, before[name], after[name]));
}

/** Each one has its own counterpart, whatever the order: one that says less may be the same as several. */
function sameObjects(fields: Fields, before: readonly unknown[], after: readonly unknown[]): boolean {
  if (before.length !== after.length) return false;
  const takenBy = new Map<number, number>();
  const findPlace = (wanted: number, tried: Set<number>): boolean =>
    before.some((candidate, index) => {
      if (tried.has(index) || !sameObject(fields, candidate, after[wanted])) return false;
      tried.add(index);
      const holder = takenBy.get(index);
      if (holder !== undefined && !findPlace(holder, tried)) return false;
      takenBy.set(index, wanted);
      return true;
    });
  return after.every((_wanted, index) => findPlace(index, new Set()));
}

function sorted(
  { canonical = (text) => text }: { readonly canonical?: (text: string) => string },
  value: unknown,
): readonly string[] {
  return [...new Set(listOf(value).map((item) => canonical(String(item))))].sort();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
