/**
 * The binding keys of a topic exchange as a tree of words: a routing key finds all that match it, however many there
 * are. `*` is one word, `#` any number of words; an empty key has no word at all, and `a.` has two.
 */
interface Node<T> {
  readonly words: Map<string, Node<T>>;
  /** Behind `*`. */
  oneWord?: Node<T>;
  /** Behind `#`: stays reached whatever follows. */
  manyWords?: Node<T>;
  readonly isManyWords: boolean;
  readonly items: T[];
}

export interface TopicTrie<T> {
  /** What was put under keys that match, in no particular order. */
  readonly match: (routingKey: string) => T[];
}

export function topicTrie<T>(entries: Iterable<readonly [bindingKey: string, item: T]>): TopicTrie<T> {
  const root = emptyNode<T>(false);
  for (const [bindingKey, item] of entries) {
    wordsOf(bindingKey).reduce(step, root).items.push(item);
  }
  return {
    match: (routingKey) => {
      const reached = wordsOf(routingKey).reduce(advance<T>, withSkippedHashes(new Set([root])));
      return [...reached].flatMap(({ items }) => items);
    },
  };
}

export function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

/** Whether a binding key of a topic exchange takes a routing key. */
export function topicMatches(bindingKey: string, routingKey: string): boolean {
  return topicTrie([[bindingKey, true]]).match(routingKey).length > 0;
}

function emptyNode<T>(isManyWords: boolean): Node<T> {
  return { words: new Map(), items: [], isManyWords };
}

function step<T>(node: Node<T>, word: string): Node<T> {
  if (word === '*') return (node.oneWord ??= emptyNode<T>(false));
  if (word === '#') return (node.manyWords ??= emptyNode<T>(true));
  const known = node.words.get(word);
  if (known !== undefined) return known;
  const next = emptyNode<T>(false);
  node.words.set(word, next);
  return next;
}

function advance<T>(from: ReadonlySet<Node<T>>, word: string): Set<Node<T>> {
  const next = new Set<Node<T>>();
  for (const node of from) {
    const behindWord = node.words.get(word);
    if (behindWord !== undefined) next.add(behindWord);
    if (node.oneWord !== undefined) next.add(node.oneWord);
    if (node.isManyWords) next.add(node);
  }
  return withSkippedHashes(next);
}

/** `#` may stand for no word at all. */
function withSkippedHashes<T>(nodes: Set<Node<T>>): Set<Node<T>> {
  for (const { manyWords } of nodes) if (manyWords !== undefined) nodes.add(manyWords);
  return nodes;
}
