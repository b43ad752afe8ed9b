/** What an overlay takes away from its base: `remove:`, a tree of names. */
import type { Diagnostic, SourcePosition } from '../diagnostics';
import { capitalised, compareNames, nearest, quoteList } from '../names';
import type { Path } from '../source/index';
import { keyPosition } from '../source/index';
import { describePath, isObject } from './sections';
import { entriesOf, isMapping, itemsOf, listAt, mappingAt } from './tree';
import type { Tree } from './tree';

type Report = (diagnostic: Diagnostic) => void;

/** One name in the removal tree. */
interface Wish {
  readonly name: string;
  readonly position: SourcePosition;
  /** What goes below it; the whole where there is none. */
  readonly below?: Tree;
}

/** The base without what the removal names. Each name that the base doesn't have is an error at its place. */
export function takeAway(base: Tree, removal: Tree, baseFile: string, report: Report): Tree {
  const take = (tree: Tree, tips: Tree, path: Path): Tree => {
    const wishes = wishesOf(tips);
    if (isEmpty(tips)) report(nothingNamed(path, keyPosition(tips.node)));
    if (wishes.length === 0) return tree;
    if (Array.isArray(tree.data)) return takeItems(tree, wishes, path);
    const entries = entriesOf(tree);
    const known = [...entries.keys()];
    for (const { name, position, below } of wishes) {
      const entryPath = [...path, name];
      const entry = entries.get(name);
      if (entry === undefined) report(unknownName(entryPath, known, position, baseFile));
      else if (below === undefined) entries.delete(name);
      else if (typeof entry.data === 'object') entries.set(name, take(entry, below, entryPath));
      else report(nothingBelow(entryPath, position, baseFile));
    }
    return mappingAt(tree.node, entries);
  };

  const takeItems = (list: Tree, wishes: readonly Wish[], path: Path): Tree => {
    const gone = new Set(wishes.map(({ name }) => name));
    const items = itemsOf(list);
    const known = items.map(({ data }) => data).filter((item) => typeof item === 'string');
    for (const { name, position } of wishes) {
      if (!known.includes(name)) report(unknownName([...path, name], known, position, baseFile));
    }
    return listAt(
      list.node,
      items.filter(({ data }) => typeof data !== 'string' || !gone.has(data)),
    );
  };

  return take(base, removal, []);
}

function isEmpty(tips: Tree): boolean {
  return itemsOf(tips).length === 0 && entriesOf(tips).size === 0;
}

/** The schema has reported whatever is neither a name nor a tree of names; here it counts for nothing. */
function wishesOf(tips: Tree): Wish[] {
  if (isMapping(tips)) {
    return [...entriesOf(tips)].flatMap(([name, below]): Wish[] => {
      const position = keyPosition(below.node);
      if (below.data === true) return [{ name, position }];
      return typeof below.data === 'object' && below.data !== null ? [{ name, position, below }] : [];
    });
  }
  return itemsOf(tips).flatMap(({ node, data }) =>
    typeof data === 'string' ? [{ name: data, position: node.origin.positionOf(node.range) }] : [],
  );
}

const REASON = 'What should go is most likely there under another name, and stays.';

function unknownName(
  path: Path,
  known: readonly string[],
  position: SourcePosition,
  baseFile: string,
): Diagnostic {
  const name = String(path.at(-1));
  const what = describePath(path);
  return {
    code: 'remove-nothing',
    severity: 'error',
    message: isObject(path)
      ? `${baseFile} has no ${what.replace(/^the /, '')}.`
      : `${baseFile} says nothing about ${what}.`,
    reason: REASON,
    help: whatThereIs(name, known),
    position,
  };
}

function whatThereIs(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  if (known.length === 0) return 'Remove this line: there is nothing of the kind.';
  return `Remove this line, or name one of ${quoteList([...known].sort(compareNames))}.`;
}

function nothingBelow(path: Path, position: SourcePosition, baseFile: string): Diagnostic {
  const name = String(path.at(-1));
  return {
    code: 'remove-nothing',
    severity: 'error',
    message: `${capitalised(describePath(path))} in ${baseFile} holds nothing that has a name.`,
    reason: REASON,
    help: `Write \`${name}: true\` to remove it as a whole.`,
    position,
  };
}

function nothingNamed(path: Path, position: SourcePosition): Diagnostic {
  return {
    code: 'remove-nothing',
    severity: 'error',
    message: `Nothing is named here that should be removed${path.length === 0 ? '' : ` from ${describePath(path)}`}.`,
    help: 'List names, or write true for the whole, or remove the line.',
    position,
  };
}
