/**
 * Secrets that stand in a text although they shouldn't: what finds them, and what keeps them out of everything that is
 * said about the text. Whatever hides looks wider than what finds: too many stars do no harm. All of it is linear in
 * the length of a text, which may be anything.
 */
import { CST, Parser } from 'yaml';
import type { JsonValue } from './objects';

export const HIDDEN = '***';

/** Written as `access_key`, `accessKey` or `access-key`, with anything in front. */
const SECRET_WORDS = [
  'passwd',
  'passphrase',
  'pass',
  'secret',
  'secrets',
  'token',
  'credential',
  'credentials',
];
const SECRET_PAIRS = ['api', 'secret', 'private', 'access', 'signing', 'encryption', 'account'];

/** Whether something of this name is a secret by its name: `DB_PASSWORD`, `clientSecret`, `default_pass`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
  const [last = '', before = ''] = words.reverse();
  if (SECRET_WORDS.includes(last) || last.endsWith('password')) return true;
  // Alone it is a shell's name for the folder that it is in.
  if (last === 'pwd') return before !== '';
  const pair = before === '' ? last : before + last;
  return SECRET_PAIRS.some((word) => pair.endsWith(`${word}key`)) || pair.endsWith('erlangcookie');
}

/** A reference to a variable, as shells, Compose and templates write it, is no secret, nor is an encrypted value. */
export function isLiteralSecret(value: string): boolean {
  return value !== '' && !/^(\$(\w+|\{[^}]*\}|\([^)]*\))|\{\{.*\}\}|encrypted:.*)$/s.test(value);
}

/** A login in an address, or a name with a password in its path. What stands behind a port is neither. */
const LOGIN = /^[^/@\s:[\]]*:(?!\d+\/)([^@\s]+)@|^[^\s@?#]*\/[^\s/@:]*:([^\s/@]+)@/;

/** What a text gives away: the name by which it does, where there is one. Undefined: nothing. */
export function secretIn(text: string): { readonly name?: string } | undefined {
  // Most of a topology is neither a URI nor an assignment.
  if (!text.includes('://') && !text.includes('=')) return undefined;
  const isLogin = text
    .split('://')
    .slice(1)
    .some((rest) => {
      const [, inAddress, inPath] = LOGIN.exec(rest) ?? [];
      return isLiteralSecret(inAddress ?? inPath ?? '');
    });
  if (isLogin || holdsOddLogin(text) || isSpacedLogin(text)) return {};
  const [named] = namedValues(text).filter(({ value }) => isLiteralSecret(value));
  return named === undefined ? undefined : { name: named.name };
}

/** A password that has `://` in it itself, which ends no address. What stands behind a port isn't one. */
const ODD_LOGIN = /^:\/\/[^/@\s:[\]]*:(?!\d{1,5}(?!\w))([^@\s]+)@/;
/** Between the words of a text, and the addresses of a list. */
const BETWEEN = /\s+|[,;|](?=[a-z][a-z0-9+.-]*:\/\/)/i;

function holdsOddLogin(text: string): boolean {
  return text.split(BETWEEN).some((word) => {
    const start = word.indexOf('://');
    return start >= 0 && isLiteralSecret(ODD_LOGIN.exec(word.slice(start))?.[1] ?? '');
  });
}

/** `password=…` wherever it stands: the query of a URI, an option, a shell's variable. */
const ASSIGNED = /(?<![\w.-])([\w.-]+)=("[^"]*"|'[^']*'|[^\s&;#"',}\]]+)/g;

function namedValues(text: string): { readonly name: string; readonly value: string }[] {
  return Array.from(text.matchAll(ASSIGNED), ([, name = '', value = '']) => ({
    name,
    value: value.replace(/^["']|["']$/g, ''),
  })).filter(({ name }) => isSecretName(name));
}

/** Whether a password stands in a URI anywhere in the value. A malformed URI may hold one as well. */
export function holdsPassword(value: JsonValue): boolean {
  return passwordsIn(value).length > 0;
}

/** Whether anything in the value is a secret: a password in a URI or an option, or what stands under a secret's name. */
export function holdsSecret(value: JsonValue, name = ''): boolean {
  if (typeof value === 'string') {
    if (holdsPassword(value) || secretIn(value) !== undefined) return true;
    return isSecretName(name) && isLiteralSecret(value);
  }
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]: [string, JsonValue]) =>
    holdsSecret(item, Array.isArray(value) ? name : key),
  );
}

/** Each password of the URIs in a value: as it stands there, and decoded. */
export function passwordsIn(value: JsonValue): string[] {
  return textsIn(value).flatMap((text) => {
    const logins = loginsIn(text).filter((login) => login.includes(':'));
    const passwords = logins.map((login) => login.slice(login.indexOf(':') + 1));
    const named = text.includes('://') ? namedValues(text).map((each) => each.value) : [];
    return [...passwords, ...named].flatMap(withDecoded);
  });
}

function withDecoded(password: string): string[] {
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item: JsonValue) => textsIn(item));
}

/** In each word, what stands between `://` and the last @. */
function loginsIn(text: string): string[] {
  return (text.match(/\S+/g) ?? []).flatMap((word) => {
    const { start, end } = loginRange(word);
    return end < start ? [] : [word.slice(start, end)];
  });
}

function loginRange(word: string): { readonly start: number; readonly end: number } {
  const scheme = word.indexOf('://');
  return scheme < 0 ? { start: 0, end: -1 } : { start: scheme + 3, end: word.lastIndexOf('@') };
}

/** A text without the logins in its URIs, and without what it gives to a name of a secret. */
export function withoutLogins(text: string, hide: (secret: string) => string = () => HIDDEN): string {
  const unnamed = text.replace(ASSIGNED, (all, name: string, value: string) =>
    isSecretName(name) && isLiteralSecret(value) ? `${name}=${hide(value)}` : all,
  );
  return unnamed.replace(/\S+/g, (word) => {
    const { start, end } = loginRange(word);
    return end < start ? word : word.slice(0, start) + hide(word.slice(start, end)) + word.slice(end);
  });
}

/** A text without these secrets, wherever they stand in it. */
export function withoutValues(text: string, secrets: readonly string[]): string {
  const bySize = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return bySize.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
}

/** A shorter one is a part of many words: it is hidden only where it is quoted by itself. */
const TELLING_LENGTH = 4;
/** Messages cut what is longer. */
const QUOTED_LENGTH = 50;

/** What hides the secrets of these YAML texts in whatever is said about them. */
export function hiderOf(texts: Iterable<string>): (said: string) => string {
  return hiderOfValues([...texts].flatMap(secretsOfYaml).map(({ value }) => value));
}

/** What hides these secrets, and the logins of URIs. */
export function hiderOfValues(secrets: readonly string[]): (said: string) => string {
  const long = secrets.filter(({ length }) => length >= TELLING_LENGTH);
  const short = secrets.filter(({ length }) => length < TELLING_LENGTH);
  const telling = [
    ...long,
    ...long.map((secret) => secret.slice(0, QUOTED_LENGTH)),
    ...short.flatMap((secret) => [`"${secret}"`, `'${secret}'`]),
  ];
  return (said) => withoutLogins(withoutValues(said, telling));
}

/** The text with a star for each character of a secret: every other one stands where it stood. */
export function starred(text: string): string {
  const stars = (secret: string): string => secret.replace(/[^\r\n]/g, '*');
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of secretsOfYaml(text)) {
    parts.push(text.slice(done, start), stars(text.slice(start, end)));
    done = end;
  }
  return withoutLogins(parts.join('') + text.slice(done), stars);
}

interface YamlSecret {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

interface Place {
  readonly token: CST.Token;
  readonly key: string;
  /** The key of the mapping in which it stands. */
  readonly section: string;
}

/** Wide enough for every name of a secret, and for every login; most files have neither, and need not be read again. */
const MAY_HOLD_SECRETS =
  /pass|pwd|secret|token|credential|cookie|(api|private|access|signing|encryption|account)[\W_]*key|@/i;

/** Keys of this section are names of tasks: what they hold are queues. */
const NAMES_ONLY = 'tasks';

/**
 * The values that stand under the name of a secret, in the order of the text. Read from the tokens, which there are for
 * a text with faults, too.
 */
function secretsOfYaml(text: string): YamlSecret[] {
  if (!MAY_HOLD_SECRETS.test(text)) return [];
  const found: YamlSecret[] = [];
  const open: Place[] = [...new Parser().parse(text)].map((token) => ({ token, key: '', section: '' }));
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const scalar = scalarOf(place.token);
    if (scalar === undefined) for (const inner of placesIn(place)) open.push(inner);
    else if (isSecretPlace(place, scalar.value)) found.push(scalar);
  }
  return found.sort((a, b) => a.start - b.start);
}

function isSecretPlace({ key, section }: Place, value: string): boolean {
  if (isSpacedLogin(value)) return true;
  const isWord = /^(true|false|null|~)$/i.test(value);
  return section !== NAMES_ONLY && !isWord && isSecretName(key) && isLiteralSecret(value);
}

/** A login with a blank in it makes no URI, and is a login all the same. */
function isSpacedLogin(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return false;
  const { start, end } = loginRange(value);
  const login = end < start ? '' : value.slice(start, end);
  return /\s/.test(login) && /^[^\s/@:]*:/.test(login);
}

function placesIn({ token, key, section }: Place): Place[] {
  if (token.type === 'document') {
    return token.value === undefined ? [] : [{ token: token.value, key, section }];
  }
  if (!('items' in token)) return [];
  let option = '';
  return token.items.flatMap((item): Place[] => {
    const name = item.key ? (scalarOf(item.key)?.value ?? '') : undefined;
    // `--password` and what follows it in a command.
    const own = name ?? (option === '' ? key : option);
    const value = item.value ?? undefined;
    option = (value && /^--?(.+)$/.exec(scalarOf(value)?.value ?? '')?.[1]) ?? '';
    const nested = name === undefined ? section : key;
    return [
      ...(value === undefined ? [] : [{ token: value, key: own, section: nested }]),
      ...(item.key ? [{ token: item.key, key: '', section: '' }] : []),
    ];
  });
}

function scalarOf(token: CST.Token): YamlSecret | undefined {
  if (token.type !== 'block-scalar' && !CST.isScalar(token)) return undefined;
  if (token.type === 'alias') return undefined;
  const { value } = CST.resolveAsScalar(token, false, () => undefined);
  // The blanks and comments behind a value belong to its token, too.
  const length = token.type === 'block-scalar' ? CST.stringify(token).length : token.source.length;
  return { start: token.offset, end: token.offset + length, value };
}
