/**
 * Which values of an object are secret: what the program marked, wherever it comes back, and all of a Secret's data.
 * The rest of the object stays readable in previews.
 */
import type { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import type { PropertyMap } from '../../values';
import { asSecret, secretsIn } from '../../values';
import { isTable, textOf, valueAt, type Place } from './paths';

/** Shorter ones are in every object. */
const RECOGNISED_LENGTH_MIN = 6;
const SECRET_PROPERTIES = ['data', 'stringData'];

export interface Secrets {
  readonly places: readonly Place[];
  readonly texts: ReadonlySet<string>;
}

/** Of the engine's messages. */
export function secretsOf(...messages: readonly (Struct | undefined)[]): Secrets {
  const found = messages.flatMap((message) => (message === undefined ? [] : secretsIn(message)));
  // The state holds the inputs once more.
  const places = found.map(({ place }) => (place[0] === '__inputs' ? place.slice(1) : place));
  return { places, texts: new Set(found.flatMap(({ value }) => textsIn(value))) };
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.length >= RECOGNISED_LENGTH_MIN ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The same values, those that are secret in the form that says so. */
export function marked(values: PropertyMap, secrets: Secrets): PropertyMap {
  const places = new Set(secrets.places.map(textOf));
  if (values.kind === 'Secret') SECRET_PROPERTIES.forEach((name) => places.add(name));
  const visit = (value: unknown, place: Place): unknown => {
    if (value === undefined) return undefined;
    if (place.length > 0 && places.has(textOf(place))) return asSecret(value);
    if (typeof value === 'string') return secrets.texts.has(value) ? asSecret(value) : value;
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...place, index]));
    if (!isTable(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, visit(item, [...place, name])]),
    );
  };
  const { __inputs: inputs, ...rest } = values;
  const own = visit(rest, []) as PropertyMap;
  return isTable(inputs) ? { ...own, __inputs: marked(inputs, secrets) } : own;
}

/** Of a failure's property: the engine shows its value. */
export function isSecretAt(values: PropertyMap, secrets: Secrets, property: string): boolean {
  const isWithin = secrets.places.some((place) => place[0] === property);
  return isWithin || textsIn(valueAt(values, [property])).some((text) => secrets.texts.has(text));
}
