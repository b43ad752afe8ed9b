/** Several files that are parts of one topology: what they say is put together, and nothing may be said twice. */
import type { Diagnostic, SourcePosition } from '../diagnostics';
import { capitalised } from '../names';
import type { Path } from '../source/index';
import { keyPosition } from '../source/index';
import { describePath, isWhole } from './sections';
import { entriesOf, isList, isMapping, isSame, itemsOf, listAt, mappingAt } from './tree';
import type { Tree } from './tree';

type Report = (diagnostic: Diagnostic) => void;

/**
 * Joins the parts in their order. Shared sections and vhosts and users merge down to their entries, lists in them are
 * joined; an object in two parts, or two different values for one setting, is a conflict, of which the first counts.
 */
export function joinParts(parts: readonly [Tree, ...Tree[]], report: Report): Tree {
  return join(parts, [], report);
}

function join(parts: readonly [Tree, ...Tree[]], path: Path, report: Report): Tree {
  const [first, ...others] = parts;
  if (others.length === 0) return first;
  if (isWhole(path)) {
    for (const other of others) report(definedTwice(path, first, other));
    return first;
  }
  // An empty section says nothing.
  const [filled, ...more] = parts.filter(({ data }) => data !== null);
  if (filled === undefined) return first;
  const isAlike = isMapping(filled) ? isMapping : isList(filled) ? isList : undefined;
  const differing = more.filter((other) =>
    isAlike === undefined ? !isSame(filled.data, other.data) : !isAlike(other),
  );
  for (const other of differing) report(saidDifferently(path, filled, other));
  if (isAlike === undefined) return filled;
  const alike = more.filter(isAlike);
  return isAlike === isMapping
    ? joinMappings([filled, ...alike], path, report)
    : joinLists([filled, ...alike], path);
}

function joinMappings(parts: readonly [Tree, ...Tree[]], path: Path, report: Report): Tree {
  const groups = new Map<string, [Tree, ...Tree[]]>();
  for (const part of parts) {
    for (const [key, value] of entriesOf(part)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [value]);
      else group.push(value);
    }
  }
  const joined = [...groups].map(
    ([key, group]) => [key, group.length === 1 ? group[0] : join(group, [...path, key], report)] as const,
  );
  return mappingAt(parts[0].node, new Map(joined));
}

/** The lists that are no part of an object are sets (tags, plugins, the queues of a role), except for the tests. */
function joinLists(parts: readonly [Tree, ...Tree[]], path: Path): Tree {
  const items = parts.flatMap(itemsOf);
  if (path.length === 1 && path[0] === 'expect') return listAt(parts[0].node, items);
  const seen = new Set<unknown>();
  const distinct = items.filter(({ data }) => {
    if (seen.has(data)) return false;
    seen.add(data);
    return true;
  });
  return listAt(parts[0].node, distinct);
}

function definedTwice(path: Path, first: Tree, second: Tree): Diagnostic {
  return {
    code: 'include-conflict',
    severity: 'error',
    message: `${capitalised(describePath(path))} is defined in ${place(keyPosition(first.node))} already.`,
    reason: 'Each object of a topology has one file that says what it is.',
    help: 'Define it in one of the files only; the others may refer to it by its name.',
    position: keyPosition(second.node),
  };
}

function saidDifferently(path: Path, first: Tree, second: Tree): Diagnostic {
  return {
    code: 'include-conflict',
    severity: 'error',
    message: `${capitalised(describePath(path))} has another value in ${place(keyPosition(first.node))}.`,
    reason: 'The files make one topology, in which it can have only one value.',
    help: 'Say it in one of the files, or the same in both.',
    position: keyPosition(second.node),
  };
}

/** `team-a.yaml:12` */
function place({ file, line }: SourcePosition): string {
  return `${file}:${line}`;
}
