/**
 * One source of several files: `extends:` lays an overlay over a base, `include:` joins the parts of one topology, and
 * `remove:` takes away. Every value of the result keeps the place where it was written.
 */
import type { Diagnostic } from '../diagnostics';
import { OVERLAY_NO_CHANGE } from '../rules/compositionCodes';
import { createSource } from '../source/index';
import type { Source } from '../source/index';
import { explainMissing, remarksOn } from './additions';
import { isAlone, readFiles } from './files';
import type { ReadFile } from './files';
import type { Addition } from './overlay';
import { resolveFile } from './layers';
import { entriesOf, isMapping, mappingAt } from './tree';
import type { Tree } from './tree';

export interface Composition {
  /** Absent where one of the files can't be had. */
  readonly source?: Source;
  readonly diagnostics: readonly Diagnostic[];
  /** Advice, about which the owner of the topology has the last word. */
  readonly remarks: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
  /** Adds to what the schema found what is known of overlays. */
  readonly explain: (faults: readonly Diagnostic[]) => readonly Diagnostic[];
}

/** The source, with all that it extends and includes. A file that names no other is left as it is. */
export function compose(source: Source, readFile: ReadFile | undefined): Composition {
  const { file: name } = source;
  if (isAlone(source)) {
    return { source, diagnostics: [], remarks: [], texts: source.texts, explain: (faults) => faults };
  }
  const { file, diagnostics, texts } = readFiles(source, readFile);
  if (file === undefined) return { diagnostics, remarks: [], texts, explain: (faults) => faults };
  const found: Diagnostic[] = [];
  const additions: Addition[] = [];
  const tree = resolveFile(file, {
    report: (diagnostic) => found.push(diagnostic),
    addition: (addition) => additions.push(addition),
  });
  return {
    source: createSource(name, texts, withHeader(tree, source)),
    diagnostics: [...diagnostics, ...found.filter(({ code }) => code !== OVERLAY_NO_CHANGE)],
    remarks: [...found.filter(({ code }) => code === OVERLAY_NO_CHANGE), ...remarksOn(additions)],
    texts,
    explain: (faults) => explainMissing(faults, additions),
  };
}

/** The version of the language has been checked in every file: it must not be missing in the result only. */
function withHeader(tree: Tree, { root }: Source): Tree {
  if (!isMapping(tree)) return tree;
  const version = root.children?.get('warren');
  const warren: Tree = { node: version ?? { origin: root.origin, range: root.range }, data: 1 };
  return mappingAt(root, new Map([['warren', warren] as const, ...entriesOf(tree)]));
}
