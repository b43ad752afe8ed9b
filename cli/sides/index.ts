/** The sides of a diff: what BASE and HEAD can be. */
import type { Diagnostic } from '../../topology/diagnostics';
import { sideOfTopology } from '../../topology/diff/side';
import type { Side } from '../../topology/diff/model';
import { load } from '../../topology/index';
import type { LoadResult, Target } from '../../topology/index';
import { loadTopologyFile } from '../topologyFile';
import { GIT_PREFIX, readGitFile } from './gitFiles';

/** A topology with errors is no side of a diff. */
export type SideResult =
  | { readonly side: Side }
  | { readonly diagnostics: readonly Diagnostic[]; readonly sources: ReadonlyMap<string, string> };

/**
 * Reads a side: a file, or `git:REF:PATH`.
 * @param options.target goes before the one that the file names
 * @throws UserError for what can't be read
 */
export function readSide(source: string, options: { readonly target?: Target }): Promise<SideResult> {
  return Promise.resolve(fromTopology(source, loadSource(source, options)));
}

function loadSource(source: string, options: { readonly target?: Target }): LoadResult {
  if (!source.startsWith(GIT_PREFIX)) return loadTopologyFile(source, options);
  const { text, file, readFile } = readGitFile(source);
  return load(text, file, { ...options, readFile });
}

function fromTopology(name: string, { topology, objects, diagnostics, sources }: LoadResult): SideResult {
  if (topology !== undefined && objects !== undefined)
    return { side: sideOfTopology(name, topology, objects) };
  return { diagnostics: diagnostics.filter(({ severity }) => severity === 'error'), sources };
}
