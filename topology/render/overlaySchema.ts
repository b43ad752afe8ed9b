/** The schema of overlays, made of the one of topologies: an overlay may say a part of an object, the rest is its base's. */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface Schema {
  readonly description: string;
  readonly required: readonly string[];
  readonly definitions: Readonly<Record<string, Json>>;
}

/**
 * Nothing is required of what merges with the base. What stands in a list replaces it, so there it is. Editors use this
 * schema; what the overlay makes of its base is checked with that of topologies.
 */
export function overlaySchema<T extends Schema>(schema: T): T {
  const listed = listedDefinitions(schema);
  const definitions = Object.entries(schema.definitions).map(([name, definition]) => [
    name,
    listed.has(name) ? definition : withoutRequired(definition),
  ]);
  return {
    ...schema,
    title: 'Warren overlay',
    description: `An overlay over another topology. ${schema.description}`,
    required: [...schema.required, 'extends'],
    definitions: Object.fromEntries(definitions) as T['definitions'],
  };
}

/** Definitions of what stands in lists, and of what that holds. */
export function listedDefinitions(schema: Schema): Set<string> {
  const listed = new Set<string>();
  const visit = (value: Json, isListed: boolean): void => {
    if (typeof value !== 'object' || value === null) return;
    const entries = Array.isArray(value)
      ? value.map((item: Json) => ['', item] as const)
      : Object.entries(value);
    for (const [key, child] of entries as readonly (readonly [string, Json])[]) {
      if (key === '$ref' && isListed && typeof child === 'string') {
        const name = child.replace('#/definitions/', '');
        if (listed.has(name)) continue;
        listed.add(name);
        visit(schema.definitions[name] ?? null, true);
      } else visit(child, isListed || key === 'items');
    }
  };
  visit(schema as unknown as Json, false);
  return listed;
}

function withoutRequired(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value as Readonly<Record<string, Json>>)
    // A property may have that name; the keyword holds a list.
    .filter(([key, child]) => key !== 'required' || !Array.isArray(child))
    .map(([key, child]) => [key, key === 'items' ? child : withoutRequired(child)] as const);
  return Object.fromEntries(entries);
}
