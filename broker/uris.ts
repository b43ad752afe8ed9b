/** Logins in the URIs that parameters hold (`amqp://USER:PASSWORD@HOST`): putting them in, taking them out, hiding them. */
import type { JsonValue } from '../topology/objects';
import { holdsPassword, passwordsIn, withoutLogins, withoutValues } from '../topology/secrets';
import { BrokerError } from './errors';

export interface UriLogin {
  readonly username: string;
  readonly password: string;
}

const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)(?:([^/?#\s]*)@)?([^\s]*)$/i;

export function isUri(text: string): boolean {
  return PARTS.test(text);
}

/** The URI with this login instead of the one that it may hold. */
export function withLogin(uri: string, { username, password }: UriLogin): string {
  const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  return uri.replace(PARTS, (_all, scheme: string, _login, rest: string) => scheme + login + rest);
}

/** The URI without the login that it may hold. */
export function withoutLogin(uri: string): string {
  return uri.replace(PARTS, (_all, scheme: string, _login, rest: string) => scheme + rest);
}

/** The URI without its login, and that login; undefined where it holds no password, or can't be taken apart. */
export function splitLogin(uri: string): { readonly uri: string; readonly login: UriLogin } | undefined {
  const [, scheme = '', login, rest = ''] = PARTS.exec(uri) ?? [];
  const [username, ...password] = login?.split(':') ?? [];
  if (username === undefined || password.length === 0) return undefined;
  try {
    const decoded = {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password.join(':')),
    };
    const bare = scheme + rest;
    // Whatever is written differently from how we write it stays as it is: it must come out again unchanged.
    return withLogin(bare, decoded) === uri ? { uri: bare, login: decoded } : undefined;
  } catch {
    return undefined;
  }
}

/** A text of the broker's about the value, without the passwords in it. */
export function withoutPasswords(text: string, value: JsonValue): string {
  // What the broker says about a URI that it can't read holds pieces of it.
  if (text.includes('not a valid URI')) {
    return 'a URI in it is not valid. Check scheme, host and port, and that reserved characters in user name and password are percent-encoded';
  }
  return withoutLogins(withoutValues(text, passwordsIn(value)));
}

/** A refusal quotes what it refuses: the same error, without the passwords in the value. */
export function hidingPasswords(error: BrokerError, value: JsonValue): BrokerError {
  const { kind, status, reason, code, message } = error;
  if (reason === undefined || !holdsPassword(value)) return error;
  const safe = withoutPasswords(reason, value);
  return new BrokerError({
    kind,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    reason: safe,
    message: message.replace(reason, () => safe),
  });
}
