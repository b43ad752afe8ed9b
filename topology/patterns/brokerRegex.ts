/**
 * Regular expressions as RabbitMQ reads them: PCRE, searched (not anchored) in the bytes of a name. JavaScript's differ
 * in syntax, so they are translated; text becomes one character per byte, because a `.` is one byte to the broker.
 */

/** From RabbitMQ 4.3 on, a longer pattern is refused, in policies and in permissions. */
export const PATTERN_BYTES_MAX = 1024;

/** Before, Erlang's engine sets the limit somewhere between this and its double. */
export const PATTERN_BYTES_MAX_BEFORE_4_3 = 30_000;

export type CompiledPattern =
  | { readonly regex: RegExp }
  /** `isUnread`: the broker may well take it, and what it means there isn't known here. */
  | { readonly fault: string; readonly isUnread?: true };

class Unread extends Error {}

const compiledPatterns = new Map<string, CompiledPattern>();

/** Compiles a pattern of the broker's; `fault` says why it can't be. */
export function compilePattern(pattern: string): CompiledPattern {
  const known = compiledPatterns.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern);
  compiledPatterns.set(pattern, compiled);
  return compiled;
}

/** The text as a regular expression that matches itself and nothing else. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** One character per byte of UTF-8. */
export function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function compile(pattern: string): CompiledPattern {
  try {
    const { source, flags } = translate(toByteText(pattern));
    return { regex: new RegExp(source, flags) };
  } catch (error) {
    if (error instanceof Unread) return { fault: error.message, isUnread: true };
    const message = error instanceof Error ? error.message : String(error);
    return { fault: message.replace(/^Invalid regular expression: .*\/[a-z]*: /s, '').toLowerCase() };
  }
}

/** PCRE's escapes outside of a class that JavaScript lacks. */
const ESCAPES: Readonly<Record<string, string>> = {
  A: '^',
  z: '$',
  Z: '$',
  h: '[ \\t]',
  a: '\\x07',
  e: '\\x1b',
};

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  punct: '!-\\/:-@\\[-`{-~',
  word: '\\w',
  xdigit: '0-9a-fA-F',
};

interface Translation {
  readonly source: string;
  readonly flags: string;
}

/** Those that hold for all of the pattern. */
const INLINE_FLAGS = /^\(\?([ims]+)\)/;

/** Throws a SyntaxError for what PCRE refuses and JavaScript would take. */
function translate(pattern: string): Translation {
  const inlineFlags = INLINE_FLAGS.exec(pattern);
  const rest = pattern.slice(inlineFlags?.[0].length ?? 0);
  let source = '';
  let index = 0;
  while (index < rest.length) {
    const [text, length] = translateNext(rest, index);
    source += text;
    index += length;
  }
  return { source, flags: inlineFlags?.[1] ?? '' };
}

function translateNext(pattern: string, index: number): [text: string, length: number] {
  const rest = pattern.slice(index, index + 40);
  if (rest.startsWith('\\')) return translateEscape(pattern, index);
  if (rest.startsWith('[')) return translateClass(pattern, index);
  if (rest.startsWith('(')) checkGroup(pattern.slice(index));
  if (rest.startsWith('(?P<')) return ['(?<', 4];
  if (rest.startsWith('(?>')) return ['(?:', 3];
  if (rest.startsWith('(?#')) {
    const end = pattern.indexOf(')', index);
    if (end < 0) throw new SyntaxError('unterminated comment');
    return ['', end - index + 1];
  }
  // A possessive quantifier finds nothing that the plain one doesn't; it only gives up sooner.
  const possessive = /^([*+?]|\{\d+(?:,\d*)?\})\+/.exec(rest);
  if (possessive) return [possessive[1] ?? '', possessive[0].length];
  const quantifier = /^([*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest);
  if (quantifier) return [quantifier[0], quantifier[0].length];
  return [rest.charAt(0), 1];
}

/** PCRE has many more groups than JavaScript; a look-behind must have one length, by rules that differ by version. */
function checkGroup(rest: string): void {
  if (/^\(\?<[=!]/.test(rest)) {
    if (!/^\(\?<[=!][^()[\]*+?{}\\]*\)/.test(rest)) throw new Unread('a look-behind of more than plain text');
    return;
  }
  const special = /^\((?:\*|\?(?![:=!>#]|P?<[A-Za-z_]\w*>)).{0,2}/.exec(rest);
  if (special) throw new Unread(`"${special[0]}"`);
}

function translateEscape(pattern: string, index: number): [text: string, length: number] {
  const letter = pattern.charAt(index + 1);
  if (letter === '') throw new SyntaxError('\\ at end of pattern');
  if (letter === 'Q') {
    const end = pattern.indexOf('\\E', index);
    const literal = pattern.slice(index + 2, end < 0 ? undefined : end);
    return [escapeRegex(literal), literal.length + (end < 0 ? 2 : 4)];
  }
  if (letter === 'E') return ['', 2];
  checkEscape(pattern, index);
  return [ESCAPES[letter] ?? `\\${letter}`, 2];
}

/** What isn't known by both, or means another thing to JavaScript. */
function checkEscape(pattern: string, index: number): void {
  const rest = pattern.slice(index + 1, index + 4);
  if (/^[uLlU]/.test(rest)) throw new SyntaxError(`\\${rest.charAt(0)} is not supported`);
  if (/^(?:[^A-Za-z0-9]|[dDwWsSbBAzZhnrtfaeE]|0(?!\d)|x[0-9a-fA-F]{2})/.test(rest)) return;
  if (rest.startsWith('k<')) return;
  const group = /^[1-9](?!\d)/.exec(rest);
  if (group === null) throw new Unread(`"\\${rest.charAt(0)}"`);
  if (groupCount(pattern) < Number(group[0])) throw new SyntaxError(`there is no group ${group[0]}`);
}

/** At least as many as there are. */
function groupCount(pattern: string): number {
  return pattern.match(/\((?!\?)|\(\?P?</g)?.length ?? 0;
}

/** Before RabbitMQ 4.3, the hyphen after a class such as \w is one; from then on it would make a range, and is refused. */
export function hasRangeFromClass(pattern: string): boolean {
  for (let index = INLINE_FLAGS.exec(pattern)?.[0].length ?? 0; index < pattern.length;) {
    const [, length] = translateNext(pattern, index);
    const text = pattern.slice(index, index + length);
    if (text.startsWith('[') && /(?:\\[dDwWsShH]|:\])-[^\]]/.test(text)) return true;
    index += length;
  }
  return false;
}

/** A character class: in PCRE a `]` that comes first is a literal, and there are names such as [:alpha:]. */
function translateClass(pattern: string, start: number): [text: string, length: number] {
  let index = start + 1;
  let text = '[';
  if (pattern.charAt(index) === '^') {
    text += '^';
    index += 1;
  }
  if (pattern.charAt(index) === ']') {
    text += '\\]';
    index += 1;
  }
  while (index < pattern.length && pattern.charAt(index) !== ']') {
    const posix = /^\[:([a-z]+):\]/.exec(pattern.slice(index, index + 12));
    if (!posix && /^\[([:.=])[^\]]*\1\]/.test(pattern.slice(index, index + 40)))
      throw new Unread('"[" within a class');
    if (posix) {
      const members = POSIX_CLASSES[posix[1] ?? ''];
      if (members === undefined) throw new SyntaxError('unknown POSIX class name');
      text += members;
      index += posix[0].length;
    } else if (pattern.charAt(index) === '\\') {
      checkEscape(pattern, index);
      const isClass = /[dDwWsS]/.test(pattern.charAt(index + 1));
      if (isClass && /[^[^\]]-$/.test(text) && !/\\[dDwWsS]-$/.test(text))
        throw new SyntaxError('invalid range');
      text += pattern.slice(index, index + 2);
      index += 2;
    } else {
      text += pattern.charAt(index) === '[' ? '\\[' : pattern.charAt(index);
      index += 1;
    }
  }
  if (index >= pattern.length) throw new SyntaxError('missing terminating ] for character class');
  return [`${text}]`, index - start + 1];
}
