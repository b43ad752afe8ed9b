/** From text to a typed topology: YAML, then the schema, then the model; every fault collected, none thrown. */
import { buildTopology, declaredTarget } from './build/index';
import { compose } from './compose/index';
import type { ReadFile } from './compose/files';
import type { Diagnostic } from './diagnostics';
import type { Topology } from './model';
import { checkSchema } from './schema/check';
import { readSource } from './source/index';
import { DEFAULT_TARGET } from './target';
import type { Target } from './target';

export interface ParseResult {
  /**
   * Absent when the text isn't YAML that can be worked with, or one of the other files can't be had. Present beside
   * other faults: the rules look at the rest.
   */
  readonly topology?: Topology;
  readonly diagnostics: readonly Diagnostic[];
  /** Advice, about which the owner of the topology has the last word. */
  readonly remarks: readonly Diagnostic[];
  /** The text of every file that was read, by its name in positions. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface ParseOptions {
  /** A stack's choice: goes before the one that the file names. */
  readonly target?: Target;
  readonly readFile?: ReadFile;
}

/** Parses a topology, and the files that it extends or includes. */
export function parseTopology(text: string, file: string, options: ParseOptions): ParseResult {
  const { source: own, diagnostics: textFaults } = readSource(text, file);
  if (own === undefined) return { diagnostics: textFaults, remarks: [], texts: new Map([[file, text]]) };
  const composed = compose(own, options.readFile);
  const { source, texts, remarks } = composed;
  const diagnostics = [...textFaults, ...composed.diagnostics];
  if (source === undefined) return { diagnostics, remarks, texts };
  const topology = buildTopology(source, options.target ?? declaredTarget(source.data) ?? DEFAULT_TARGET);
  const schemaFaults = composed.explain(checkSchema(source));
  return { topology, diagnostics: [...diagnostics, ...schemaFaults], remarks, texts };
}
