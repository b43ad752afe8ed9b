/**
 * Passwords are derived, not stored: HKDF-SHA256 of the stack's one encrypted seed with the stack, the user and the
 * credential's generation. So they are known at preview, survive the loss of the state, and a rotation is a
 * reviewable line of plain configuration. Changing anything in here changes every password of every stack.
 */
import { hkdfSync } from 'node:crypto';

const PASSWORD_BYTES = 24;

export const SEED_LENGTH_MIN = 32;

export interface CredentialScope {
  readonly project: string;
  readonly stack: string;
  /** The user's name in the topology, without generation. */
  readonly user: string;
  readonly generation: number;
}

/** 192 bits as 32 characters of A-Z a-z 0-9 - _: needs no escaping in a URL, a shell word or YAML. */
export function derivePassword(seed: string, scope: CredentialScope): string {
  return derive(seed, 'warren/password/1', [scope.project, scope.stack, scope.user, scope.generation]);
}

/** The user's name on the broker: generations of one user live side by side while clients move over. */
export function brokerUsername(user: string, generation: number): string {
  return `${user}-g${generation}`;
}

/** Another secret of the stack, e.g. its cluster's cookie: 32 characters of A-Z a-z 0-9 - _. */
export function deriveSecret(
  seed: string,
  scope: Omit<CredentialScope, 'user' | 'generation'>,
  purpose: string,
): string {
  return derive(seed, 'warren/secret/1', [scope.project, scope.stack, purpose]);
}

function derive(seed: string, salt: string, info: readonly (string | number)[]): string {
  const bytes = hkdfSync('sha256', seed, salt, JSON.stringify(info), PASSWORD_BYTES);
  return Buffer.from(bytes).toString('base64url');
}
