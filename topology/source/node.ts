/** From the YAML parser's nodes to plain data beside a tree of positions: aliases resolved, faults reported. */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import type { Diagnostic, SourcePosition } from '../diagnostics';

export type Range = readonly [start: number, end: number];
type Fault = Omit<Diagnostic, 'position' | 'severity'>;
type Report = (range: Range, fault: Fault) => void;

/** The file that a node was read from. A topology may be made of several. */
export interface Origin {
  readonly file: string;
  readonly positionOf: (range: Range) => SourcePosition;
}

/** Where a value stands, where its key stands, and the same for what it holds, in the order of the file. */
export interface SourceNode {
  readonly origin: Origin;
  readonly range: Range;
  readonly keyRange?: Range;
  readonly children?: ReadonlyMap<string, SourceNode>;
}

export interface NodeResult {
  readonly node: SourceNode;
  readonly data: unknown;
}

/** How many values aliases may add: nobody writes as many on purpose, a "billion laughs" file exceeds it at once. */
const ALIASED_VALUES_MAX = 20_000;

interface Walk {
  readonly origin: Origin;
  readonly anchors: Map<string, Node>;
  /** Anchored nodes that are being read now: an alias to one of them would never end. */
  readonly open: Set<Node>;
  readonly report: Report;
  aliasDepth: number;
  aliasedValues: number;
}

class AliasLimitReached extends Error {}

/** Reads a document that parsed without errors; undefined when its aliases make it too large to work with. */
export function readNode(document: Document.Parsed, origin: Origin, report: Report): NodeResult | undefined {
  const counts = { aliasDepth: 0, aliasedValues: 0 };
  const walk: Walk = { origin, anchors: new Map(), open: new Set(), report, ...counts };
  try {
    return read(document.contents, undefined, walk);
  } catch (error) {
    if (!(error instanceof AliasLimitReached)) throw error;
    report([0, 0], {
      code: 'alias-bomb',
      message: `The aliases in this file stand for more than ${ALIASED_VALUES_MAX.toLocaleString('en')} values.`,
      reason: 'A file that grows so much is an accident or an attack.',
      help: 'Write the values out instead of nesting aliases.',
    });
    return undefined;
  }
}

function read(node: ParsedNode | Node | null, keyRange: Range | undefined, walk: Walk): NodeResult {
  if (walk.aliasDepth > 0 && ++walk.aliasedValues > ALIASED_VALUES_MAX) throw new AliasLimitReached();
  const range = rangeOf(node, keyRange);
  if (node === null) return leaf(range, keyRange, null, walk);
  if (isAlias(node)) return readAlias(node.source, range, keyRange, walk);
  checkTag(node, range, walk);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) walk.anchors.set(anchor, node);
  walk.open.add(node);
  try {
    if (isMap(node)) return readMap(node, range, keyRange, walk);
    if (isSeq(node)) return readSeq(node, range, keyRange, walk);
    const value = isScalar(node) ? node.value : null;
    checkText(value, range, walk);
    return leaf(range, keyRange, value, walk);
  } finally {
    walk.open.delete(node);
  }
}

function readAlias(name: string, range: Range, keyRange: Range | undefined, walk: Walk): NodeResult {
  const target = walk.anchors.get(name);
  if (target === undefined || walk.open.has(target)) {
    walk.report(range, {
      code: 'yaml-alias',
      message:
        target === undefined
          ? `The alias *${name} has no anchor before it.`
          : `The alias *${name} holds itself.`,
      help: `Put &${name} on the value that is meant, above this line, or write the value out.`,
    });
    return leaf(range, keyRange, null, walk);
  }
  walk.aliasDepth += 1;
  const { node, data } = read(target, keyRange, walk);
  walk.aliasDepth -= 1;
  // A fault in the aliased value is shown where the value is written; a fault of the value as such, at the alias.
  return { node: { ...node, range }, data };
}

function readMap(map: YAMLMap, range: Range, keyRange: Range | undefined, walk: Walk): NodeResult {
  const children = new Map<string, SourceNode>();
  const data = Object.create(null) as Record<string, unknown>;
  for (const pair of map.items) {
    const key = pair.key as Node | null;
    const pairKeyRange = rangeOf(key, range);
    const name = keyName(key, pairKeyRange, walk);
    if (name === undefined) continue;
    const earlier = children.get(name);
    if (earlier !== undefined) {
      walk.report(pairKeyRange, {
        code: 'duplicate-key',
        message: `The key "${name}" stands here a second time.`,
        reason: 'Only one of the two could count, and YAML readers disagree on which.',
        help: 'Remove one of them, or merge the two.',
      });
      continue;
    }
    const value = read(pair.value as Node | null, pairKeyRange, walk);
    children.set(name, value.node);
    data[name] = value.data;
  }
  return { node: withKey({ origin: walk.origin, range, children }, keyRange), data };
}

function readSeq(seq: YAMLSeq, range: Range, keyRange: Range | undefined, walk: Walk): NodeResult {
  const children = new Map<string, SourceNode>();
  const data = seq.items.map((item, index) => {
    const value = read(item as Node | null, undefined, walk);
    children.set(String(index), value.node);
    return value.data;
  });
  return { node: withKey({ origin: walk.origin, range, children }, keyRange), data };
}

/** A key as text, exactly as it is written: `007` names the queue 007, not 7. */
function keyName(key: Node | null, range: Range, walk: Walk): string | undefined {
  if (isScalar(key) && key.value !== null) {
    const name = typeof key.value === 'string' ? key.value : (key.source ?? JSON.stringify(key.value));
    checkText(name, range, walk);
    // In quotes it is a name like any other.
    if (name !== '<<' || key.type !== 'PLAIN') return name;
    walk.report(range, {
      code: 'merge-key',
      message: 'Merge keys (<<) are not supported.',
      reason: 'They are no part of YAML 1.2, and they hide what an object really is from whoever reviews it.',
      help: 'Write the keys out, or use an anchor and an alias for a whole value.',
    });
    return undefined;
  }
  walk.report(range, {
    code: 'bad-key',
    message: key === null || isScalar(key) ? 'A key is missing here.' : 'A key must be plain text.',
    help: 'Write a name in front of the colon; quote it if it holds special characters.',
  });
  return undefined;
}

/** An escape such as `\uD800` makes a text that has no form in UTF-8: no broker could be told of it. */
function checkText(value: unknown, range: Range, walk: Walk): void {
  if (typeof value !== 'string' || !/\p{Surrogate}/u.test(value)) return;
  walk.report(range, {
    code: 'not-text',
    message: 'This text holds half of a character.',
    reason: 'An escape from \\uD800 to \\uDFFF means something only as one of a pair.',
    help: 'Write the character itself, or its escape with eight digits, e.g. "\\U0001F407".',
  });
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

function checkTag(node: Node, range: Range, walk: Walk): void {
  const tag = isScalar(node) || isMap(node) || isSeq(node) ? node.tag : undefined;
  if (tag === undefined || CORE_TAGS.has(tag)) return;
  walk.report(range, {
    code: 'yaml-tag',
    message: `The YAML tag ${tag} is not supported.`,
    help: 'Write the value without a tag.',
  });
}

function leaf(range: Range, keyRange: Range | undefined, data: unknown, { origin }: Walk): NodeResult {
  return { node: withKey({ origin, range }, keyRange), data };
}

function withKey(node: SourceNode, keyRange: Range | undefined): SourceNode {
  return keyRange === undefined ? node : { ...node, keyRange };
}

function rangeOf(node: Node | null, fallback: Range | undefined): Range {
  const range = node?.range;
  return range ? [range[0], range[1]] : (fallback ?? [0, 0]);
}
