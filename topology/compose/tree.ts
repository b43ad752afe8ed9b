/** Values with their positions, as the files hold them: taken apart and put together without changing any. */
import type { NodeResult, SourceNode } from '../source/node';

/** A value beside its positions. */
export type Tree = NodeResult;

export function isMapping({ data }: Tree): boolean {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

export function isList({ data }: Tree): boolean {
  return Array.isArray(data);
}

/** The values of a mapping by key, in the order of the file; of anything else none. */
export function entriesOf(tree: Tree): Map<string, Tree> {
  const { node, data } = tree;
  if (!isMapping(tree)) return new Map();
  const values = data as Readonly<Record<string, unknown>>;
  return new Map(
    [...(node.children ?? [])].map(([key, child]) => [key, { node: child, data: values[key] }] as const),
  );
}

/** The items of a list; of anything else none. */
export function itemsOf({ node, data }: Tree): Tree[] {
  if (!Array.isArray(data)) return [];
  return data.map((item: unknown, index) => ({
    node: node.children?.get(String(index)) ?? node,
    data: item,
  }));
}

/** A mapping that stands where `place` stands. */
export function mappingAt(place: SourceNode, entries: ReadonlyMap<string, Tree>): Tree {
  // As in what was read from a file: without a prototype any key is just a key.
  const data = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) data[key] = value.data;
  const children = new Map([...entries].map(([key, { node }]) => [key, node] as const));
  return { node: { ...place, children }, data };
}

/** A list that stands where `place` stands. */
export function listAt(place: SourceNode, items: readonly Tree[]): Tree {
  const children = new Map(items.map(({ node }, index) => [String(index), node] as const));
  return { node: { ...place, children }, data: items.map(({ data }) => data) };
}

/** Whether two values say the same; keys may stand in any order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => isSame(item, b[index]))
    );
  }
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  );
}
