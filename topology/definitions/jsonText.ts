/**
 * JSON as text: the first fault in it, and where its values stand. `JSON.parse` tells neither for certain, and quotes
 * pieces of the text, which may be secrets.
 */

export interface JsonFault {
  readonly offset: number;
  /** What is wrong there, in words. */
  readonly message: string;
}

/** Where a value stands; `end` is exclusive. */
export interface JsonPlace {
  readonly start: number;
  readonly end: number;
  readonly children: () => ReadonlyMap<string, JsonPlace>;
  /** Keys that stand in it several times. */
  readonly repeatedKeys: () => readonly string[];
}

class FaultFound extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** No definitions are as deep, and what reads a value deeper than this would run out of stack. */
const DEPTH_MAX = 100;

/** The first fault of a text that is no JSON, or is nested too deeply; undefined where it is fine. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    const end = endOfValue(text, skipSpace(text, 0));
    const rest = skipSpace(text, end);
    return rest === text.length ? undefined : { offset: rest, message: 'there is more behind its end' };
  } catch (error) {
    if (error instanceof FaultFound) return { offset: error.offset, message: error.message };
    throw error;
  }
}

/** The place of the whole of a text that has no fault. What it holds is looked for when it is asked for. */
export function placeOf(text: string): JsonPlace {
  const start = skipSpace(text, 0);
  return place(text, start, endOfValue(text, start));
}

function place(text: string, start: number, end: number): JsonPlace {
  let found: ReturnType<typeof childrenOf> | undefined;
  const look = (): ReturnType<typeof childrenOf> => (found ??= childrenOf(text, start));
  return { start, end, children: () => look().children, repeatedKeys: () => look().repeatedKeys };
}

function childrenOf(
  text: string,
  start: number,
): { readonly children: ReadonlyMap<string, JsonPlace>; readonly repeatedKeys: readonly string[] } {
  const children = new Map<string, JsonPlace>();
  const repeatedKeys: string[] = [];
  const opening = text.charAt(start);
  if (opening !== '{' && opening !== '[') return { children, repeatedKeys };
  let at = skipSpace(text, start + 1);
  for (let index = 0; text.charAt(at) !== closingOf(opening); index += 1) {
    let key = String(index);
    if (opening === '{') {
      key = JSON.parse(text.slice(at, endOfString(text, at))) as string;
      at = startOfMember(text, at);
    }
    const end = endOfValue(text, at);
    if (children.has(key)) repeatedKeys.push(key);
    children.set(key, place(text, at, end));
    at = skipSpace(text, end);
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1);
  }
  return { children, repeatedKeys };
}

/** The end of the value that begins at `start`. Not recursive: the text may be anything. */
function endOfValue(text: string, start: number): number {
  const open: ('{' | '[')[] = [];
  let at = start;
  for (;;) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') {
      if (open.length === DEPTH_MAX) throw new FaultFound(at, 'it is nested too deeply here');
      const first = skipSpace(text, at + 1);
      if (text.charAt(first) !== closingOf(character)) {
        open.push(character);
        at = character === '{' ? startOfMember(text, first) : first;
        continue;
      }
      at = first + 1;
    } else at = endOfScalar(text, at);
    const next = nextInside(text, at, open);
    if (next.isEnd) return next.at;
    at = next.at;
  }
}

/** Behind a value: the begin of the next one in what is open, whose ends are passed, or the end of all. */
function nextInside(
  text: string,
  end: number,
  open: ('{' | '[')[],
): { readonly at: number; readonly isEnd: boolean } {
  let at = end;
  for (let inside = open.at(-1); inside !== undefined; inside = open.at(-1)) {
    at = skipSpace(text, at);
    const character = text.charAt(at);
    if (character === ',') {
      const next = skipSpace(text, at + 1);
      return { at: inside === '{' ? startOfMember(text, next) : next, isEnd: false };
    }
    if (character !== closingOf(inside)) {
      throw new FaultFound(at, `${whatStandsAt(text, at)} where a comma or ${closingOf(inside)} is expected`);
    }
    open.pop();
    at += 1;
  }
  return { at, isEnd: true };
}

function closingOf(opening: '{' | '['): string {
  return opening === '{' ? '}' : ']';
}

/** From the key of a member to the begin of its value. */
function startOfMember(text: string, at: number): number {
  if (text.charAt(at) !== '"') {
    throw new FaultFound(at, `${whatStandsAt(text, at)} where a key in double quotes is expected`);
  }
  const colon = skipSpace(text, endOfString(text, at));
  if (text.charAt(colon) !== ':') {
    throw new FaultFound(colon, `${whatStandsAt(text, colon)} where a colon is expected`);
  }
  return skipSpace(text, colon + 1);
}

const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function endOfScalar(text: string, at: number): number {
  if (text.charAt(at) === '"') return endOfString(text, at);
  SCALAR.lastIndex = at;
  const [scalar] = SCALAR.exec(text) ?? [];
  if (scalar === undefined) throw new FaultFound(at, `${whatStandsAt(text, at)} where a value is expected`);
  return at + scalar.length;
}

const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) throw new FaultFound(at, 'a line break or another control character in a text');
    if (code !== 0x5c) continue;
    ESCAPE.lastIndex = at + 1;
    const [escape] = ESCAPE.exec(text) ?? [];
    if (escape === undefined) throw new FaultFound(at, 'a backslash that begins no escape of JSON');
    at += escape.length;
  }
  throw new FaultFound(start, 'a text that begins here has no end');
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
  }
}

/** One character says nothing about a secret. */
function whatStandsAt(text: string, at: number): string {
  if (at >= text.length) return 'the file ends';
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return `${JSON.stringify(character)} stands`;
}
