/** Logins in URIs (`amqp://USER:PASSWORD@HOST`): putting them in, and taking them out. */

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

/** Who logs in with the URI; undefined where it names nobody, or in a way that can't be read. */
export function userOfUri(uri: string): string | undefined {
  const [username] = PARTS.exec(uri)?.[2]?.split(':') ?? [];
  if (username === undefined || username === '') return undefined;
  try {
    return decodeURIComponent(username);
  } catch {
    return undefined;
  }
}

/** Whether the URI names no host: then it is the broker itself, whose vhost is in the path. */
export function isInternalUri(uri: string): boolean {
  return /^amqp:\/\/(?:[^/?#\s]*@)?(?:[/?#]|$)/i.test(uri);
}

/** The vhost that RabbitMQ reads in an AMQP URI: `/` where it has no path. Undefined where that can't be read. */
export function vhostOfUri(uri: string): string | undefined {
  const [path = ''] = /^\/[^?#]*/.exec(PARTS.exec(uri)?.[3]?.replace(/^[^/?#]*/, '') ?? '') ?? [];
  try {
    return path === '' ? '/' : decodeURIComponent(path.slice(1));
  } catch {
    return undefined;
  }
}
