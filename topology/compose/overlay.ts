/**
 * An overlay laid over its base: mappings merge deeply; scalars and lists replace what the base says. What an overlay
 * says without effect is an error: mostly it is a name that is spelled wrong, and the change that was meant is missing.
 */
import { OVERLAY_NO_CHANGE } from '../rules/compositionCodes';
import type { Diagnostic } from '../diagnostics';
import type { Path } from '../source/index';
import { keyPosition } from '../source/index';
import { describePath, isObject, isWhole } from './sections';
import { entriesOf, isList, isMapping, isSame, itemsOf, listAt, mappingAt } from './tree';
import type { Tree } from './tree';

/** A named object that the overlay defines and the base doesn't have. */
export interface Addition {
  readonly path: Path;
  readonly tree: Tree;
  readonly baseFile: string;
  /** Names of the base at the same place. */
  readonly known: readonly string[];
  /** Names that stand in the overlay at the same place. */
  readonly beside: readonly string[];
}

export interface OverlayNotes {
  readonly report: (diagnostic: Diagnostic) => void;
  readonly addition: (addition: Addition) => void;
}

/** The base with the overlay laid over it. `baseFile` is for messages. */
export function layOver(base: Tree, overlay: Tree, baseFile: string, notes: OverlayNotes): Tree {
  const merge = (below: Tree, above: Tree, path: Path): Tree => {
    if (isMapping(above) && entriesOf(above).size > 0) {
      if (isMapping(below) || below.data === null) return mergeMappings(below, above, path);
      return above;
    }
    // An empty body is an object that says nothing more.
    const isEmpty = above.data === null || isMapping(above);
    if (isSame(below.data, above.data) || (isEmpty && isEmptyOrMapping(below))) {
      // The file itself may be empty: then it is reported as a whole.
      if (path.length > 0) notes.report(noChange(path, above, baseFile));
      return below;
    }
    if (above.data === null) {
      notes.report(noValue(path, above, baseFile));
      return below;
    }
    if (path.length === 1 && path[0] === 'expect' && isList(below) && isList(above)) {
      return addTests(below, above);
    }
    return above;
  };

  const mergeMappings = (below: Tree, above: Tree, path: Path): Tree => {
    const entries = entriesOf(below);
    const known = [...entries.keys()];
    const added = entriesOf(above);
    for (const [key, value] of added) {
      const entryPath = [...path, key];
      const old = entries.get(key);
      if (old === undefined && isObject(entryPath)) {
        notes.addition({ path: entryPath, tree: value, baseFile, known, beside: [...added.keys()] });
      }
      entries.set(key, old === undefined ? value : merge(old, value, entryPath));
    }
    // A setting that consists of several is what the overlay made of it; an object is where it is defined.
    const isSetting = path.some((_, index) => index > 0 && isWhole(path.slice(0, index)));
    return mappingAt(isSetting ? above.node : below.node, entries);
  };

  /** Tests hold for the base; an overlay brings more of them. */
  const addTests = (below: Tree, above: Tree): Tree => {
    const old = itemsOf(below);
    for (const [index, item] of itemsOf(above).entries()) {
      if (old.some(({ data }) => isSame(data, item.data)))
        notes.report(noChange(['expect', index], item, baseFile));
    }
    return listAt(below.node, [...old, ...itemsOf(above)]);
  };

  return merge(base, overlay, []);
}

function isEmptyOrMapping(tree: Tree): boolean {
  return tree.data === null || isMapping(tree);
}

function noValue(path: Path, { node }: Tree, baseFile: string): Diagnostic {
  return {
    code: 'wrong-type',
    severity: 'error',
    message: `There is no value here for ${describePath(path)}.`,
    reason: `Whether the value of ${baseFile} should stay or go can't be told.`,
    help: 'Write a value, or remove the line. To take away what the base says, name it below `remove:`.',
    position: keyPosition(node),
  };
}

function noChange(path: Path, { node, data }: Tree, baseFile: string): Diagnostic {
  const isSection = typeof data === 'object';
  const what = describePath(path);
  return {
    code: OVERLAY_NO_CHANGE,
    severity: 'error',
    message:
      data === null || (isSection && !Array.isArray(data))
        ? `Nothing is said here about ${what}, and ${baseFile} has it already.`
        : `This is what ${baseFile} says about ${what} already.`,
    reason: 'An overlay says what is different: a line without effect hides that something else was meant.',
    help: 'Write the value that it should have, or remove the line.',
    position: isSection ? keyPosition(node) : node.origin.positionOf(node.range),
  };
}
