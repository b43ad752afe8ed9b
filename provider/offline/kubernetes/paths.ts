/** Places in an object: `spec.template.spec.containers[0].image`, `metadata.labels["app.kubernetes.io/name"]`. */

export type Place = readonly (string | number)[];

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(place: Place): string {
  return place.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[\w$-]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** Undefined where it isn't such a place; a `*` in brackets stays a text. */
export function parsePlace(text: string): Place | undefined {
  const steps: (string | number)[] = [];
  const pattern = /\.?([^.[\]"]+)|\[(?:(\d+)|(\*)|"((?:[^"\\]|\\.)*)")\]/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const [, name, index, any, quoted] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? any ?? (JSON.parse(`"${quoted ?? ''}"`) as string));
  }
  return steps;
}

export function valueAt(value: unknown, place: Place): unknown {
  let current = value;
  for (const step of place) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

/** A copy with another value there; `undefined` takes it away. What leads there and isn't there is made. */
export function withValueAt(value: unknown, place: Place, wanted: unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return wanted;
  if (wanted === undefined && valueAt(value, place) === undefined) return value;
  if (typeof step === 'number') {
    const items = Array.isArray(value) ? [...(value as unknown[])] : [];
    if (wanted === undefined && rest.length === 0) items.splice(step, 1);
    else items[step] = withValueAt(items[step], rest, wanted);
    return items;
  }
  const { [step]: inner, ...others } = isTable(value) ? value : {};
  const changed = withValueAt(inner, rest, wanted);
  return changed === undefined ? others : { ...others, [step]: changed };
}
