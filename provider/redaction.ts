/** Messages without the values that the program marked as secret: Docker and Kubernetes repeat what they were given. */
import type { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { separateSecrets } from './values';

export type Redact = (message: string) => string;

/** A shorter text is in every message, and no secret. */
const SECRET_LENGTH_MIN = 4;
const IN_PLACE = '[secret]';

/** @param messages the engine's, which hold the secrets */
export function redacting(messages: readonly (Struct | undefined)[]): Redact {
  const values = messages.flatMap((message) => (message === undefined ? [] : [separateSecrets(message)]));
  const shown = values.flatMap(({ others }) => others.filter((value) => typeof value === 'string'));
  const secrets = values
    .flatMap((value) => value.secrets)
    .flatMap(textsOf)
    // A container's name in a file that is secret as a whole, say: it is shown anyway.
    .filter((text) => text.length >= SECRET_LENGTH_MIN && !shown.some((other) => other.includes(text)))
    .sort((a, b) => b.length - a.length);
  return (message) => secrets.reduce((text, secret) => text.replaceAll(secret, IN_PLACE), message);
}

/** Secrets come as files of several lines, too, and as NAME=VALUE, of which a program may print a part. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value, ...value.split('\n').flatMap(partsOf)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

function partsOf(line: string): readonly string[] {
  const [, ...rest] = line.split('=');
  return [line.trim(), rest.join('=').trim()];
}
