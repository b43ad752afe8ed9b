/**
 * Pulumi's property values as plain JSON. On the wire a value that isn't known yet is one of a few fixed texts,
 * and a secret is an object with a signature; here an unknown is `UNKNOWN`, and secrets are unwrapped, with a
 * note of the top-level properties that held one, so that they can be wrapped again on the way out.
 */
import { Struct, type JavaScriptValue } from 'google-protobuf/google/protobuf/struct_pb';

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

export function decode(struct: Struct | undefined): Properties {
  const secrets = new Set<string>();
  const values: Record<string, unknown> = {};
  const fields = struct?.toJavaScript() ?? {};
  for (const [name, value] of Object.entries(fields)) {
    const plain = unwrap(value, () => secrets.add(name));
    if (plain !== null) values[name] = plain;
  }
  return { values, secrets };
}

function unwrap(value: unknown, onSecret: () => void): unknown {
  if (typeof value === 'string') return UNKNOWN_OF_OTHER_TYPES.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map((item) => unwrap(item, onSecret));
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  const signature = record[SIGNATURE];
  if (signature === SECRET) {
    onSecret();
    return unwrap(record.value, onSecret);
  }
  if (signature === OUTPUT) {
    if (record.secret === true) onSecret();
    return record.value === undefined ? UNKNOWN : unwrap(record.value, onSecret);
  }
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, unwrap(item, onSecret)]));
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
