/** The part of kubectl's JSONPath that a wait needs: `{.status.conditions[0].type}`, `{.items[*].name}`, `['a.b']`. */

type Step = { readonly name: string } | { readonly index: number } | 'all';

export interface JsonPath {
  readonly steps: readonly Step[];
}

/** Undefined where it isn't such a path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const inner = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  const path = inner.startsWith('$') ? inner.slice(1) : inner;
  const steps: Step[] = [];
  const pattern = /\.((?:\\\.|[^.[\]*{}\\'"])+)|\.?\*|\[(?:(-?\d+)|(\*)|'([^']*)'|"([^"]*)")\]/y;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (match === null) return undefined;
    const [, name, index, , single, double] = match;
    const key = name?.replaceAll('\\.', '.') ?? single ?? double;
    if (key !== undefined) steps.push({ name: key });
    else steps.push(index === undefined ? 'all' : { index: Number(index) });
  }
  return steps.length === 0 ? undefined : { steps };
}

export function valuesAt(value: unknown, { steps }: JsonPath): readonly unknown[] {
  return steps.reduce<readonly unknown[]>(
    (found, step) => found.flatMap((item) => next(item, step)),
    [value],
  );
}

function next(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === 'all') return Object.values(value);
  const inner: unknown =
    'index' in step
      ? (Array.isArray(value) ? (value as unknown[]) : []).at(step.index)
      : Object.hasOwn(value, step.name)
        ? (value as Record<string, unknown>)[step.name]
        : undefined;
  return inner === undefined || inner === null ? [] : [inner];
}
