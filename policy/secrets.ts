/**
 * What the stack holds as a secret. The SDK hands a policy plain values without a word which of them are secrets, so
 * they are noted where it unwraps them: nothing that is said about a stack may hold one.
 */
import type { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { separateSecrets } from '../provider/values';
import type { JsonValue } from '../topology/objects';
import { hiderOfValues, passwordsIn } from '../topology/secrets';

/** The part of the SDK that turns what comes from the engine into plain values; it has no types. */
export interface Deserializer {
  deserializeProperties: (struct: Struct, ...rest: unknown[]) => unknown;
}

export class Secrets {
  readonly #secrets = new Set<string>();
  /** What stands in the clear anywhere is none. */
  readonly #others = new Set<string>();

  /** From now on. */
  noteWhat(deserializer: Deserializer): void {
    const original = deserializer.deserializeProperties;
    deserializer.deserializeProperties = (struct, ...rest) => {
      const { secrets, others } = separateSecrets(struct);
      for (const value of secrets) for (const text of textsOf(value)) this.#secrets.add(text);
      for (const value of others) for (const text of textsOf(value)) this.#others.add(text);
      return original(struct, ...rest);
    };
  }

  /** A text without them, and without the logins in its URIs. */
  hide(text: string): string {
    return hiderOfValues([...this.#secrets].filter((secret) => !this.#others.has(secret)))(text);
  }
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsOf);
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'string' && value !== ''
    ? [value, ...insideText(value), ...passwordsIn(value)]
    : [];
}

/** A table may be written as one text. */
function insideText(text: string): readonly string[] {
  if (!/^\s*[[{]/.test(text)) return [];
  try {
    return textsOf(JSON.parse(text) as JsonValue);
  } catch {
    return [];
  }
}
