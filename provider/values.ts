/**
 * Pulumi's property values as plain JSON. On the wire a value that isn't known yet is one of a few fixed texts,
 * and a secret is an object with a signature; here an unknown is `UNKNOWN`, and secrets are unwrapped, with a
 * note of the top-level properties that held one, so that they can be wrapped again on the way out.
 */
import { Struct, Value, type JavaScriptValue } from 'google-protobuf/google/protobuf/struct_pb';

export type PropertyMap = Readonly<Record<string, unknown>>;

export interface Properties {
  readonly values: PropertyMap;
  /** Names of the top-level properties that hold a secret, at any depth. */
  readonly secrets: ReadonlySet<string>;
}

/** Stands for every value that is known only after the update. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

const UNKNOWN_OF_OTHER_TYPES = new Set([
  UNKNOWN,
  '1c4a061d-8072-4f0a-a4cb-0ff528b18fe7',
  '3eeb2bf0-c639-47a8-9e75-3b44932eb421',
  '6a19a0b0-7e62-4c92-b797-7f8e31da9cc2',
  '030794c1-77ac-496b-92df-f27374a8bd58',
  'e48ece36-62e2-4504-bad9-02848725956a',
  'dd056dcd-154b-4c76-9bd3-c8f88648b5ff',
]);
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
const OUTPUT = 'd0e6a833031e9bbcd3f4e8bde6ca49a4';

/** Without a copy in between: a vhost of 10,000 objects is one such message. */
export function decode(struct: Struct | undefined): Properties {
  const secrets = new Set<string>();
  const values: Record<string, unknown> = {};
  struct?.getFieldsMap().forEach((value, name) => {
    const plain = plainValue(value, () => secrets.add(name));
    if (plain !== null) values[name] = plain;
  });
  return { values, secrets };
}

function plainValue(value: Value, onSecret: () => void): unknown {
  switch (value.getKindCase()) {
    case Value.KindCase.STRING_VALUE: {
      const text = value.getStringValue();
      return UNKNOWN_OF_OTHER_TYPES.has(text) ? UNKNOWN : text;
    }
    case Value.KindCase.NUMBER_VALUE:
      return value.getNumberValue();
    case Value.KindCase.BOOL_VALUE:
      return value.getBoolValue();
    case Value.KindCase.LIST_VALUE:
      return (value.getListValue()?.getValuesList() ?? []).map((item) => plainValue(item, onSecret));
    case Value.KindCase.STRUCT_VALUE:
      return plainTable(value.getStructValue() ?? new Struct(), onSecret);
    default:
      return null;
  }
}

function plainTable(struct: Struct, onSecret: () => void): unknown {
  const fields = struct.getFieldsMap();
  const signature = fields.get(SIGNATURE)?.getStringValue();
  const wrapped = fields.get('value');
  if (signature === SECRET) {
    onSecret();
    return wrapped === undefined ? undefined : plainValue(wrapped, onSecret);
  }
  if (signature === OUTPUT) {
    if (fields.get('secret')?.getBoolValue() === true) onSecret();
    return wrapped === undefined ? UNKNOWN : plainValue(wrapped, onSecret);
  }
  const entries: [string, unknown][] = [];
  fields.forEach((item, key) => {
    entries.push([key, plainValue(item, onSecret)]);
  });
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(entries);
}

/** The values that are marked as secrets, at any depth, and all others. */
export function separateSecrets(struct: Struct): {
  readonly secrets: readonly unknown[];
  readonly others: readonly unknown[];
} {
  const [secrets, others]: [unknown[], unknown[]] = [[], []];
  const visit = (value: Value): void => {
    const fields = value.getStructValue()?.getFieldsMap();
    const items = value.getListValue()?.getValuesList();
    const signature = fields?.get(SIGNATURE)?.getStringValue();
    if (signature === SECRET || signature === OUTPUT || !(fields ?? items)) {
      const marks: true[] = [];
      const plain = plainValue(value, () => marks.push(true));
      (marks.length > 0 ? secrets : others).push(plain);
    } else if (fields !== undefined) fields.forEach(visit);
    else items?.forEach(visit);
  };
  struct.getFieldsMap().forEach(visit);
  return { secrets, others };
}

/** Every value that is marked as a secret, and where it is. */
export function secretsIn(
  struct: Struct,
): readonly { readonly place: readonly (string | number)[]; readonly value: unknown }[] {
  const found: { place: readonly (string | number)[]; value: unknown }[] = [];
  const visit = (value: Value, place: readonly (string | number)[]): void => {
    const fields = value.getStructValue()?.getFieldsMap();
    const signature = fields?.get(SIGNATURE)?.getStringValue();
    if (signature === SECRET || signature === OUTPUT) {
      const marks: true[] = [];
      const plain = plainValue(value, () => marks.push(true));
      if (marks.length > 0) found.push({ place, value: plain });
    } else if (fields !== undefined) {
      fields.forEach((item, name) => {
        visit(item, [...place, name]);
      });
    } else {
      value
        .getListValue()
        ?.getValuesList()
        .forEach((item, index) => {
          visit(item, [...place, index]);
        });
    }
  };
  struct.getFieldsMap().forEach((value, name) => {
    visit(value, [name]);
  });
  return found;
}

/** For `encode`, where a secret lies deeper than at the top. */
export function asSecret(value: unknown): PropertyMap {
  return { [SIGNATURE]: SECRET, value };
}

export function encode(values: PropertyMap, secrets: ReadonlySet<string>): Struct {
  const fields: Record<string, JavaScriptValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const plain = value as JavaScriptValue;
    fields[name] = secrets.has(name) ? { [SIGNATURE]: SECRET, value: plain } : plain;
  }
  return Struct.fromJavaScript(fields);
}

/** Whether anything in a value is unknown. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasUnknown);
}

/** Properties without the bookkeeping that the engine and bridged providers keep among them. */
export function withoutBookkeeping(values: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('__')));
}
