/** RabbitMQ's password hashes: base64 of a 4-byte salt and hash(salt + password). */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface PasswordHash {
  readonly hash: string;
  /** As RabbitMQ names it, e.g. `rabbit_password_hashing_sha256`. */
  readonly algorithm: string;
}

const SALT_BYTES = 4;
const DIGESTS: Readonly<Record<string, string>> = {
  rabbit_password_hashing_sha256: 'sha256',
  rabbit_password_hashing_sha512: 'sha512',
  rabbit_password_hashing_md5: 'md5',
};

/** Salts differ from broker to broker, so a hash is verified, never compared. False for an unknown algorithm. */
export function matchesPassword(stored: PasswordHash, password: string): boolean {
  const digest = DIGESTS[stored.algorithm];
  const bytes = Buffer.from(stored.hash, 'base64');
  if (digest === undefined || bytes.length <= SALT_BYTES) return false;
  const expected = bytes.subarray(SALT_BYTES);
  const actual = createHash(digest).update(bytes.subarray(0, SALT_BYTES)).update(password, 'utf8').digest();
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
