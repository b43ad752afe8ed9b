/** From the files of a topology to what they say together. */
import { OVERLAY_NO_CHANGE } from '../rules/compositionCodes';
import type { Diagnostic } from '../diagnostics';
import { keyPosition } from '../source/index';
import type { Path } from '../source/index';
import type { TopologyFile } from './files';
import { layOver } from './overlay';
import type { Addition, OverlayNotes } from './overlay';
import { joinParts } from './parts';
import { takeAway } from './removal';
import { describePath } from './sections';
import { entriesOf, isSame } from './tree';
import type { Tree } from './tree';

interface Notes {
  readonly report: (diagnostic: Diagnostic) => void;
  readonly addition: (addition: Addition) => void;
}

interface Walk extends Notes {
  /** What each file says with its parts. */
  readonly contents: Map<TopologyFile, Tree>;
  /** The same, laid over its bases. */
  readonly resolved: Map<TopologyFile, Tree>;
}

/** What a file says with everything that it extends and includes. What is wrong with a file is reported once. */
export function resolveFile(file: TopologyFile, notes: Notes): Tree {
  return resolve(file, { ...notes, contents: new Map(), resolved: new Map() });
}

function resolve(file: TopologyFile, walk: Walk): Tree {
  const known = walk.resolved.get(file);
  if (known !== undefined) return known;
  const content = contentOf(file, walk);
  const base = baseOf(file, walk);
  const tree = base === undefined ? content : applyOverlay(file, content, base, walk);
  walk.resolved.set(file, tree);
  return tree;
}

function applyOverlay(file: TopologyFile, content: Tree, base: Tree, walk: Walk): Tree {
  const baseName = namesOf(file.bases);
  let faultCount = 0;
  const notes: OverlayNotes = {
    report: (diagnostic) => {
      faultCount += 1;
      walk.report(diagnostic);
    },
    addition: walk.addition,
  };
  const rest = file.removal === undefined ? base : takeAway(base, file.removal, baseName, notes.report);
  const tree = layOver(rest, content, baseName, notes);
  const position = file.extendsPosition;
  if (faultCount === 0 && position !== undefined && isSame(base.data, tree.data)) {
    walk.report({
      code: OVERLAY_NO_CHANGE,
      severity: 'error',
      message: `This overlay changes nothing: it says what ${baseName} says.`,
      reason: 'Whoever reads it expects a difference.',
      help: `Write what is different, or use ${baseName} itself.`,
      position,
    });
  }
  return tree;
}

/** What a file and its parts say together. */
function contentOf(file: TopologyFile, walk: Walk): Tree {
  const known = walk.contents.get(file);
  if (known !== undefined) return known;
  const seen = new Set([file]);
  const partsBelow = (parts: readonly TopologyFile[]): Tree[] =>
    parts.flatMap((part) => {
      if (seen.has(part)) return [];
      seen.add(part);
      // An overlay is a part with all that it extends.
      return part.bases.length > 0 ? [resolve(part, walk)] : [part.body, ...partsBelow(part.parts)];
    });
  const tree = joinParts([file.body, ...partsBelow(file.parts)], walk.report);
  walk.contents.set(file, tree);
  return tree;
}

/**
 * What an overlay is laid over. Of several bases the later are laid over the earlier; what they extend in common counts
 * once, before all that are laid over it.
 */
function baseOf({ bases }: TopologyFile, walk: Walk): Tree | undefined {
  const [first, ...others] = bases;
  if (first === undefined) return undefined;
  // Each is checked against what it extends itself, wherever it is used.
  const trees = bases.map((base) => resolve(base, walk));
  if (others.length === 0) return trees[0];
  const [lowest, ...layers] = layersOf(bases);
  if (lowest === undefined) return undefined;
  return layers.reduce((below, layer) => layAmongOthers(below, layer, walk), contentOf(lowest, walk));
}

/** The files that are laid one over the other, the lowest first, each of them once. */
function layersOf(bases: readonly TopologyFile[]): TopologyFile[] {
  const layers = new Set<TopologyFile>();
  const visit = (file: TopologyFile): void => {
    if (layers.has(file)) return;
    file.bases.forEach(visit);
    layers.add(file);
  };
  bases.forEach(visit);
  return [...layers];
}

/** Two overlays may well say or remove the same: what matters is that they do it to their own bases. */
function layAmongOthers(below: Tree, layer: TopologyFile, walk: Walk): Tree {
  const quiet = (): void => undefined;
  const content = contentOf(layer, walk);
  const rest = layer.removal === undefined ? below : takeAway(below, layer.removal, '', quiet);
  const own = baseOf(layer, walk);
  const addition = ({ path, tree }: Addition): void => {
    if (own !== undefined && holds(own, path)) walk.report(changedAndRemoved(path, tree));
  };
  return layOver(rest, content, '', { report: quiet, addition });
}

function holds(tree: Tree, path: Path): boolean {
  let rest: Tree | undefined = tree;
  for (const step of path) rest = rest && entriesOf(rest).get(String(step));
  return rest !== undefined;
}

/** Half an object would be left: what this overlay says about it, without what it was. */
function changedAndRemoved(path: Path, { node }: Tree): Diagnostic {
  return {
    code: 'overlay-conflict',
    severity: 'error',
    message: `Another overlay, which is laid below this one, removes ${describePath(path)}.`,
    reason: 'What is said here changes something that is gone by then.',
    help: 'Take one of the two out of the list of `extends:`, or change their order.',
    position: keyPosition(node),
  };
}

/** Several are one base by then, the later laid over the earlier. */
function namesOf(files: readonly TopologyFile[]): string {
  return files
    .map(({ name }) => name)
    .reverse()
    .join(' over ');
}
