/**
 * A topology's data as YAML, formatted as the examples are: named objects below each other, their bodies on one line
 * where they fit. Any text survives: what isn't plain in every YAML reader is quoted.
 */

export type Value = string | number | boolean | null | readonly Value[] | Table;
export interface Table {
  readonly [key: string]: Value;
}

/** The comment lines above the value at a path. */
export type CommentsAt = (path: readonly string[]) => readonly string[];

const WIDTH = 110;
const INDENT = '  ';

/** Sections that hold named objects: always written below each other. */
const NAMED = new Set([
  'exchanges',
  'queues',
  'families',
  'superStreams',
  'policies',
  'operatorPolicies',
  'federationUpstreams',
  'federationUpstreamSets',
  'shovels',
  'parameters',
]);

export function writeYaml(data: Table, commentsAt: CommentsAt): string {
  const lines: string[] = [];
  writeTable(data, [], '', { lines, commentsAt });
  return `${lines.join('\n')}\n`;
}

interface Output {
  readonly lines: string[];
  readonly commentsAt: CommentsAt;
}

function writeTable(table: Table, path: readonly string[], indent: string, out: Output): void {
  const entries = Object.entries(table);
  for (const [index, [key, value]] of entries.entries()) {
    const at = [...path, key];
    const comments = out.commentsAt(at);
    const begin = `${indent}${quote(key)}:`;
    const line = inOneLine(value, at, begin, out.commentsAt);
    const isSection = path.length === 0 ? line === undefined : isTable(value) && isSpread(at);
    if (index > 0 && isSection) out.lines.push('');
    out.lines.push(...comments.map((comment) => `${indent}# ${comment}`));
    if (line !== undefined) out.lines.push(line);
    else {
      out.lines.push(begin);
      if (Array.isArray(value)) writeList(value as readonly Value[], indent + INDENT, out);
      else writeTable(value as Table, at, indent + INDENT, out);
    }
  }
}

function writeList(list: readonly Value[], indent: string, out: Output): void {
  for (const item of list) {
    const flow = `${indent}- ${inFlow(item)}`;
    if (!isTable(item) || flow.length <= WIDTH || Object.keys(item).length === 0) {
      out.lines.push(flow);
      continue;
    }
    const lines: string[] = [];
    writeTable(item, ['', '', '', '', ''], `${indent}${INDENT}`, { lines, commentsAt: () => [] });
    out.lines.push(`${indent}- ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1));
  }
}

/** Undefined where it doesn't fit, has comments inside, or is always spread over several lines. */
function inOneLine(
  value: Value,
  path: readonly string[],
  begin: string,
  commentsAt: CommentsAt,
): string | undefined {
  if (value === null) return begin;
  if (
    isTable(value) &&
    Object.keys(value).length === 0 &&
    path.length <= 4 &&
    path[0] !== 'globalParameters'
  ) {
    return begin;
  }
  if (typeof value !== 'object') return `${begin} ${quote(value)}`;
  if (isTable(value) && (isSpread(path) || hasComments(value, path, commentsAt))) return undefined;
  const line = `${begin} ${inFlow(value)}`;
  // Nothing can't be spread.
  return line.length <= WIDTH || Object.keys(value).length === 0 ? line : undefined;
}

function isSpread(path: readonly string[]): boolean {
  const [root, , section] = path;
  if (path.length === 1) return root === 'vhosts' || root === 'users' || root === 'globalParameters';
  if (root !== 'vhosts') return false;
  return path.length === 2 || (path.length === 3 && NAMED.has(section ?? ''));
}

function hasComments(value: Value, path: readonly string[], commentsAt: CommentsAt): boolean {
  if (!isTable(value)) return false;
  return Object.entries(value).some(([key, item]) => {
    const at = [...path, key];
    return commentsAt(at).length > 0 || hasComments(item, at, commentsAt);
  });
}

function inFlow(value: Value): string {
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(inFlow).join(', ')}]`;
  if (!isTable(value)) return quote(value as string | number | boolean | null);
  const entries = Object.entries(value).map(([key, item]) => `${quote(key)}: ${inFlow(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

export function isTable(value: Value): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const PLAIN = /^[A-Za-z_][\w./*-]*( [A-Za-z_./*-][\w./*-]*)*$/;
/** A duration or a size, and never what a YAML reader takes for a number. */
const MEASURE = /^(?!0[a-z])(?!\d+e\d)\d+[A-Za-z][A-Za-z0-9]*$/i;
/** Other YAML readers take these for truth values or for nothing. */
const RESERVED = /^(y|yes|n|no|true|false|on|off|null)$/i;
/** What can't stand in a file as it is: control characters, marks of line ends and of text direction, half characters. */
const ESCAPED =
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\p{Surrogate}/gu;

export function quote(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  if ((PLAIN.test(value) || MEASURE.test(value)) && !RESERVED.test(value)) return value;
  if (value.search(ESCAPED) >= 0) return inEscapes(value);
  if (value.includes("'") && !/["\\]/.test(value)) return `"${value}"`;
  return `'${value.replaceAll("'", "''")}'`;
}

/** As in JSON, which is YAML too; with every character that could be taken for another one, or for none. */
function inEscapes(value: string): string {
  return JSON.stringify(value).replace(ESCAPED, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A name inside of a comment: on one line, and never the begin of another comment. */
export function inComment(name: string): string {
  return inEscapes(name).replaceAll('#', '\\u0023');
}
