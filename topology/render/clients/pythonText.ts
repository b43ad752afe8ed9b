/**
 * Python source text, laid out as Black does. Every name and text of a topology gets into it as a literal only, which
 * nothing in it can end.
 */
import type { ArgumentValue } from '../../objects';

/** An expression: one that stands as it is, or one in brackets that can go over several lines. */
export type Expression =
  string | { readonly open: string; readonly items: readonly Item[]; readonly close: string };

/** An expression behind `key: ` or `name=`. */
interface Item {
  readonly prefix: string;
  readonly value: Expression;
}

const LINE_LENGTH_MAX = 88;
const INDENT = '    ';

/** A string literal. Letters and digits of all scripts stay readable; whatever could mislead a reader is escaped. */
export function pythonString(text: string): string {
  const doubleQuotes = text.split('"').length;
  const quote = doubleQuotes > text.split("'").length ? "'" : '"';
  const characters = Array.from(text, (character) => {
    if (character === quote || character === '\\') return `\\${character}`;
    if (/^[ -~]$/.test(character) || /^[\p{L}\p{N}]$/u.test(character)) return character;
    return escapeCharacter(character);
  });
  return `${quote}${characters.join('')}${quote}`;
}

function escapeCharacter(character: string): string {
  const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  const hex = (digits: number): string => code.toString(16).padStart(digits, '0');
  if (code < 0x100) return `\\x${hex(2)}`;
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

export function pythonValue(value: ArgumentValue | undefined): Expression {
  if (value === undefined) return 'None';
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  return list(value.map(pythonValue));
}

export function list(values: readonly Expression[]): Expression {
  return { open: '[', items: unnamed(values), close: ']' };
}

export function tuple(values: readonly Expression[]): Expression {
  return { open: '(', items: unnamed(values), close: ')' };
}

/** A dict with texts as keys. */
export function dict(entries: readonly (readonly [string, Expression])[]): Expression {
  const items = entries.map(([key, value]) => ({ prefix: `${pythonString(key)}: `, value }));
  return { open: '{', items, close: '}' };
}

/** A call: what has no name first. The names of arguments are the renderers' own. */
export function call(
  callee: string,
  positional: readonly Expression[],
  named: readonly (readonly [string, Expression])[] = [],
): Expression {
  const items = [...unnamed(positional), ...named.map(([name, value]) => ({ prefix: `${name}=`, value }))];
  return { open: `${callee}(`, items, close: ')' };
}

/** The lines of `NAME = VALUE`. */
export function assignment(name: string, value: Expression): string {
  return layOut(`${name} = `, value, '', '').join('\n');
}

/** The same with one item a line, however short: a list that grows, whose changes are then easy to read. */
export function table(name: string, value: Expression): string {
  // Black itself puts a single value of a tuple back beside its parentheses.
  const write = isSingleton(value) ? layOut : explode;
  return write(`${name} = `, value, '', '').join('\n');
}

/** The comment's lines, each with its `#`; texts of the topology in it must be literals. */
export function comment(...lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '#' : `# ${line}`)).join('\n');
}

function unnamed(values: readonly Expression[]): Item[] {
  return values.map((value) => ({ prefix: '', value }));
}

/** On one line where it fits there; else one item a line, with a comma after the last, which Black leaves so. */
function layOut(prefix: string, value: Expression, suffix: string, indent: string): string[] {
  const flat = `${indent}${prefix}${flatten(value)}${suffix}`;
  return flat.length <= LINE_LENGTH_MAX ? [flat] : explode(prefix, value, suffix, indent);
}

function explode(prefix: string, value: Expression, suffix: string, indent: string): string[] {
  if (typeof value === 'string' || value.items.length === 0) {
    return [`${indent}${prefix}${flatten(value)}${suffix}`];
  }
  return [
    `${indent}${prefix}${value.open}`,
    ...value.items.flatMap((item) => layOut(item.prefix, item.value, ',', indent + INDENT)),
    `${indent}${value.close}${suffix}`,
  ];
}

function flatten(value: Expression): string {
  if (typeof value === 'string') return value;
  const items = value.items.map((item) => `${item.prefix}${flatten(item.value)}`).join(', ');
  // Python's only way to say that one value in parentheses is a tuple.
  return `${value.open}${items}${isSingleton(value) ? ',' : ''}${value.close}`;
}

function isSingleton(value: Expression): boolean {
  return typeof value !== 'string' && value.open === '(' && value.items.length === 1;
}
