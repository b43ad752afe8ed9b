/**
 * The part of regular expressions that describes a regular language, as a tree: what can be decided exactly. Anything
 * beyond (look-around, back references, inline flags, possessive quantifiers) gives undefined.
 */
import { toByteText } from './brokerRegex';

/** A set of bytes: `set[byte]` is 1 for a member. */
export type ByteSet = Uint8Array;

export type RegexNode =
  | { readonly kind: 'bytes'; readonly set: ByteSet }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly item: RegexNode; readonly min: number; readonly max: number };

class Unsupported extends Error {}

interface Cursor {
  readonly text: string;
  index: number;
}

/** Parses a pattern that compiles. Undefined where it isn't (known to be) regular. */
export function parseRegex(pattern: string): RegexNode | undefined {
  const cursor: Cursor = { text: toByteText(pattern), index: 0 };
  try {
    const node = parseChoice(cursor);
    return cursor.index === cursor.text.length ? node : undefined;
  } catch (error) {
    if (error instanceof Unsupported || error instanceof RangeError) return undefined;
    throw error;
  }
}

function parseChoice(cursor: Cursor): RegexNode {
  const items = [parseSequence(cursor)];
  while (cursor.text.charAt(cursor.index) === '|') {
    cursor.index += 1;
    items.push(parseSequence(cursor));
  }
  return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'choice', items };
}

function parseSequence(cursor: Cursor): RegexNode {
  const items: RegexNode[] = [];
  while (cursor.index < cursor.text.length && !/[|)]/.test(cursor.text.charAt(cursor.index))) {
    items.push(parseQuantifier(parseAtom(cursor), cursor));
  }
  return { kind: 'sequence', items };
}

function parseQuantifier(item: RegexNode, cursor: Cursor): RegexNode {
  const match = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})/.exec(cursor.text.slice(cursor.index, cursor.index + 20));
  if (match === null) return item;
  cursor.index += match[0].length;
  if (cursor.text.charAt(cursor.index) === '+') throw new Unsupported();
  // Lazy or greedy: the same names match.
  if (cursor.text.charAt(cursor.index) === '?') cursor.index += 1;
  const [, sign, minText, comma, maxText] = match;
  if (sign === '*') return { kind: 'repeat', item, min: 0, max: Infinity };
  if (sign === '+') return { kind: 'repeat', item, min: 1, max: Infinity };
  if (sign === '?') return { kind: 'repeat', item, min: 0, max: 1 };
  const min = Number(minText);
  const max = comma === '' ? min : maxText === '' ? Infinity : Number(maxText);
  return { kind: 'repeat', item, min, max };
}

function parseAtom(cursor: Cursor): RegexNode {
  const character = cursor.text.charAt(cursor.index);
  cursor.index += 1;
  switch (character) {
    case '(':
      return parseGroup(cursor);
    case '[':
      return { kind: 'bytes', set: parseClass(cursor) };
    case '.':
      return { kind: 'bytes', set: bytesWhere((byte) => byte !== 0x0a) };
    case '^':
      return { kind: 'start' };
    case '$':
      return { kind: 'end' };
    case '\\':
      return parseEscape(cursor);
    default:
      return { kind: 'bytes', set: singleByte(character.charCodeAt(0)) };
  }
}

function parseGroup(cursor: Cursor): RegexNode {
  const intro = /^\?(?::|P?<[A-Za-z_]\w*>)/.exec(cursor.text.slice(cursor.index, cursor.index + 80));
  if (intro) cursor.index += intro[0].length;
  else if (/[?*]/.test(cursor.text.charAt(cursor.index))) throw new Unsupported();
  const node = parseChoice(cursor);
  if (cursor.text.charAt(cursor.index) !== ')') throw new Unsupported();
  cursor.index += 1;
  return node;
}

function parseEscape(cursor: Cursor): RegexNode {
  const letter = cursor.text.charAt(cursor.index);
  if (letter === 'A' || letter === 'z' || letter === 'Z') {
    cursor.index += 1;
    return { kind: letter === 'A' ? 'start' : 'end' };
  }
  return { kind: 'bytes', set: escapedSet(cursor) };
}

const CLASS_ESCAPES: Readonly<Record<string, ByteSet>> = {
  d: bytesWhere((byte) => byte >= 0x30 && byte <= 0x39),
  w: bytesWhere((byte) => byte < 0x80 && /\w/.test(String.fromCharCode(byte))),
  s: bytesWhere((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)),
};

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, e: 27, a: 7 };

/** The bytes that the escape at the cursor (after its backslash) stands for. */
function escapedSet(cursor: Cursor): ByteSet {
  const letter = cursor.text.charAt(cursor.index);
  cursor.index += 1;
  const named = CLASS_ESCAPES[letter.toLowerCase()];
  if (named !== undefined) {
    return letter === letter.toLowerCase() ? named : bytesWhere((byte) => named[byte] === 0);
  }
  const control = CONTROL_ESCAPES[letter];
  if (control !== undefined) return singleByte(control);
  if (letter === 'x') {
    const digits = /^[0-9a-fA-F]{2}/.exec(cursor.text.slice(cursor.index, cursor.index + 2));
    if (digits === null) throw new Unsupported();
    cursor.index += 2;
    return singleByte(parseInt(digits[0], 16));
  }
  // Letters and digits have meanings that aren't handled here (\b, \1, \Q, …); punctuation stands for itself.
  if (letter === '' || /[A-Za-z0-9]/.test(letter)) throw new Unsupported();
  return singleByte(letter.charCodeAt(0));
}

function parseClass(cursor: Cursor): ByteSet {
  const isNegated = cursor.text.charAt(cursor.index) === '^';
  if (isNegated) cursor.index += 1;
  const set = new Uint8Array(256);
  for (let isFirst = true; isFirst || cursor.text.charAt(cursor.index) !== ']'; isFirst = false) {
    if (cursor.index >= cursor.text.length) throw new Unsupported();
    if (/^\[[:.=]/.test(cursor.text.slice(cursor.index, cursor.index + 2))) throw new Unsupported();
    const from = classItem(cursor);
    const isRange = /^-[^\]]/.test(cursor.text.slice(cursor.index, cursor.index + 2));
    if (!isRange) {
      from.forEach((member, byte) => (set[byte] ||= member));
      continue;
    }
    cursor.index += 1;
    const [low, high] = [onlyByte(from), onlyByte(classItem(cursor))];
    for (let byte = low; byte <= high; byte += 1) set[byte] = 1;
  }
  cursor.index += 1;
  return isNegated ? bytesWhere((byte) => set[byte] === 0) : set;
}

function classItem(cursor: Cursor): ByteSet {
  const character = cursor.text.charAt(cursor.index);
  cursor.index += 1;
  return character === '\\' ? escapedSet(cursor) : singleByte(character.charCodeAt(0));
}

function onlyByte(set: ByteSet): number {
  const first = set.indexOf(1);
  if (first < 0 || set.includes(1, first + 1)) throw new Unsupported();
  return first;
}

function bytesWhere(isMember: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));
}

/** Made once: long lists of names hold thousands of letters. */
const SINGLE_BYTES: readonly ByteSet[] = Array.from({ length: 256 }, (_, byte) =>
  bytesWhere((each) => each === byte),
);

function singleByte(byte: number): ByteSet {
  return SINGLE_BYTES[byte] ?? new Uint8Array(256);
}
