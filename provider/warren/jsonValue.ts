/** What `warren.Parameter` and `warren.GlobalParameter` share: a value that is any JSON. */
import type { JsonValue } from '../../topology/objects';
import type { PropertyMap } from '../values';
import { holdsSecret } from '../../topology/secrets';
import { canonicalJson } from '../../topology/objects';

/** The property that holds the value as text is a secret when one stands in it. */
export function secretsInValue({ valueJson }: PropertyMap): readonly string[] {
  return typeof valueJson === 'string' && holdsSecret(parsed(valueJson)) ? ['valueJson'] : [];
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** The broker gives an empty table back as an empty list, which then is no difference. */
export function asWritten(stored: JsonValue, known: JsonValue): JsonValue {
  return canonicalJson(stored) === '[]' && canonicalJson(known) === '{}' ? {} : stored;
}
