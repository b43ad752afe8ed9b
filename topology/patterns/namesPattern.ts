/**
 * One anchored pattern for a list of names, exact: it matches them and nothing else. Few names stay a plain list that a
 * person can read; common beginnings or endings are only taken together where the list is too long for a broker.
 */
import { compareNames } from '../names';
import { PATTERN_BYTES_MAX, escapeRegex } from './brokerRegex';
import { templateMatches, templateParts } from './template';

export interface NameList {
  readonly names: readonly string[];
  /** Names of families. */
  readonly templates: readonly string[];
  /** Regular expressions, without anchors, for names that somebody else makes. */
  readonly expressions: readonly string[];
}

/** RabbitMQ reads it as "nothing". */
export const NOTHING_PATTERN = '^$';

/** Longer ones are no names, and would only make a deep tree. */
const NAME_BYTES_MAX = 255;

/** @param plainBytesMax up to this length the names are listed as they are */
export function namesPattern(list: NameList, plainBytesMax = PATTERN_BYTES_MAX): string {
  const templates = [...new Set(list.templates)];
  const names = [...new Set(list.names)].filter(
    (name) => name !== '' && !templates.some((template) => templateMatches(template, name)),
  );
  const expressions = [...new Set(list.expressions)];
  const items = [
    ...names.map((name) => ({ text: name, tokens: literalTokens(name) })),
    ...templates.map((template) => ({ text: template, tokens: templateTokens(template) })),
  ].sort((a, b) => compareNames(a.text, b.text));
  const plain = anchored([...items.map(({ tokens }) => tokens.join('')), ...expressions]);
  if (Buffer.byteLength(plain) <= plainBytesMax) return plain;
  if (items.some(({ text }) => Buffer.byteLength(text) > NAME_BYTES_MAX)) return plain;
  const words = items.map(({ tokens }) => tokens);
  const candidates = [
    anchored([...branches(treeOf(words), 'forwards'), ...expressions]),
    anchored([
      ...branches(treeOf(words.map((tokens) => [...tokens].reverse())), 'backwards'),
      ...expressions,
    ]),
  ];
  return candidates.reduce(
    (best, each) => (Buffer.byteLength(each) < Buffer.byteLength(best) ? each : best),
    plain,
  );
}

function anchored(alternatives: readonly string[]): string {
  const [first, ...others] = alternatives;
  if (first === undefined) return NOTHING_PATTERN;
  return others.length === 0 && !first.includes('|') ? `^${first}$` : `^(${alternatives.join('|')})$`;
}

/** What a placeholder of a template stands for; no literal character is escaped to this. */
const ANY = '.+';

function literalTokens(text: string): string[] {
  return Array.from(text, escapeRegex);
}

function templateTokens(template: string): string[] {
  return templateParts(template).flatMap((text, index) => [
    ...(index === 0 ? [] : [ANY]),
    ...literalTokens(text),
  ]);
}

interface Tree {
  readonly children: Map<string, Tree>;
  isEnd: boolean;
}

function treeOf(words: readonly (readonly string[])[]): Tree {
  const root: Tree = { children: new Map(), isEnd: false };
  for (const tokens of words) {
    let at = root;
    for (const token of tokens) {
      const next = at.children.get(token) ?? { children: new Map<string, Tree>(), isEnd: false };
      at.children.set(token, next);
      at = next;
    }
    at.isEnd = true;
  }
  return root;
}

type Direction = 'forwards' | 'backwards';

/** The alternatives below a tree, those with the same continuation taken together. */
function branches(tree: Tree, direction: Direction): string[] {
  const byRest = new Map<string, string[]>();
  for (const [token, child] of tree.children) {
    const rest = continuation(child, direction);
    byRest.set(rest, [...(byRest.get(rest) ?? []), token]);
  }
  return [...byRest].map(([rest, tokens]) => {
    const head = oneOf(tokens);
    return direction === 'forwards' ? head + rest : rest + head;
  });
}

function continuation(tree: Tree, direction: Direction): string {
  const alternatives = branches(tree, direction);
  const [only] = alternatives;
  if (only === undefined) return '';
  if (!tree.isEnd) return alternatives.length === 1 ? only : group(alternatives);
  return `${alternatives.length === 1 && isOneByte(only) ? only : group(alternatives)}?`;
}

function oneOf(tokens: readonly string[]): string {
  const single = tokens.filter(isAscii).map((token) => token.slice(-1));
  const others = tokens.filter((token) => !isAscii(token));
  if (single.length < 2) return tokens.length === 1 ? (tokens[0] ?? '') : group(tokens);
  const set = byteClass(single);
  return others.length === 0 ? set : group([set, ...others]);
}

function group(alternatives: readonly string[]): string {
  return `(${alternatives.join('|')})`;
}

/** Only a token of one byte may stand in a class or before a `?`: the broker sees bytes, not characters. */
function isAscii(token: string): boolean {
  return /^\\?[\u0020-\u007e]$/.test(token);
}

function isOneByte(expression: string): boolean {
  return isAscii(expression) || /^\[(?:\\.|[^\]\\])*\]$/.test(expression);
}

const RUN_LENGTH_MIN = 3;

/** `[0-4x]`: runs of digits or letters shortened. */
function byteClass(characters: readonly string[]): string {
  const sorted = [...characters].sort(compareNames);
  let text = '';
  for (let index = 0; index < sorted.length;) {
    const length = runLength(sorted, index);
    const [first = '', last = ''] = [sorted[index], sorted[index + length - 1]];
    if (length >= RUN_LENGTH_MIN) {
      text += `${first}-${last}`;
      index += length;
    } else {
      text += first.replace(/[\\\]^[-]/, '\\$&');
      index += 1;
    }
  }
  return `[${text}]`;
}

function runLength(sorted: readonly string[], start: number): number {
  const first = sorted[start] ?? '';
  const kind = [/[0-9]/, /[a-z]/, /[A-Z]/].find((each) => each.test(first));
  if (kind === undefined) return 1;
  let length = 1;
  for (; ; length += 1) {
    const next = sorted[start + length];
    if (next === undefined || !kind.test(next)) return length;
    if (next.charCodeAt(0) !== first.charCodeAt(0) + length) return length;
  }
}
