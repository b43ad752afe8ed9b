/**
 * Regular expressions as RabbitMQ reads them: PCRE, searched (not anchored) in the bytes of a name. JavaScript's differ
 * in syntax, so they are translated; text becomes one character per byte, because a `.` is one byte to the broker.
 */

/** From RabbitMQ 4.3 on, a longer pattern is refused, in policies and in permissions. */
export const PATTERN_BYTES_MAX = 1024;

/** Before, Erlang's engine sets the limit somewhere between this and its double. */
export const PATTERN_BYTES_MAX_BEFORE_4_3 = 30_000;

export type CompiledPattern = { readonly regex: RegExp } | { readonly fault: string };

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

/** Throws a SyntaxError for what PCRE refuses and JavaScript would take. */
function translate(pattern: string): Translation {
  const inlineFlags = /^\(\?([ims]+)\)/.exec(pattern);
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

function translateEscape(pattern: string, index: number): [text: string, length: number] {
  const letter = pattern.charAt(index + 1);
  if (letter === '') throw new SyntaxError('\\ at end of pattern');
  if (letter === 'Q') {
    const end = pattern.indexOf('\\E', index);
    const literal = pattern.slice(index + 2, end < 0 ? undefined : end);
    return [escapeRegex(literal), literal.length + (end < 0 ? 2 : 4)];
  }
  if (letter === 'E') return ['', 2];
  if (/[uLlNUcpPXRK]/.test(letter)) throw new SyntaxError(`\\${letter} is not supported`);
  return [ESCAPES[letter] ?? `\\${letter}`, 2];
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
    if (posix) {
      const members = POSIX_CLASSES[posix[1] ?? ''];
      if (members === undefined) throw new SyntaxError('unknown POSIX class name');
      text += members;
      index += posix[0].length;
    } else if (pattern.charAt(index) === '\\') {
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
