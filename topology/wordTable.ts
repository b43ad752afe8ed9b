/**
 * A table in which words of a user are looked up: nothing is in it but what it lists. An ordinary object has
 * `constructor` and `toString`, too, which are names that a queue's argument may have.
 */
export function wordTable<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.freeze(Object.assign(Object.create(null), entries) as Record<string, T>);
}
