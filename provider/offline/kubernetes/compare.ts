/** What differs between two objects, place by place. */
import { canonicalJson } from '../../../topology/objects';
import type { ChangeKind, PropertyChange } from '../../messages';
import { hasUnknown, type PropertyMap } from '../../values';
import { isTable, textOf, valueAt, type Place } from './paths';

/** Places whose values differ; as deep as both sides have tables and lists of one length. */
export function differences(before: unknown, after: unknown, place: Place = []): readonly Place[] {
  if (isTable(before) && isTable(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differences(before[name], after[name], [...place, name]));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => differences(item, after[index], [...place, index]));
  }
  if (isNothing(before) && isNothing(after)) return [];
  // What isn't known yet may be anything.
  if (!hasUnknown(after) && canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  return [place];
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** As the engine shows it, which has the state and the program's own inputs for its values. */
export function changeAt(
  place: Place,
  { state, news }: { readonly state: PropertyMap; readonly news: PropertyMap },
): PropertyChange {
  const isBefore = valueAt(state, place) !== undefined;
  const isAfter = valueAt(news, place) !== undefined;
  const kind: ChangeKind = isAfter ? (isBefore ? 'update' : 'add') : 'delete';
  const seen = isBefore || isAfter ? {} : { isUnseen: true };
  return { path: textOf(place), kind, isReplacement: false, ...seen };
}
