/** The language: from the text of a topology to the objects of a broker, or to everything that is wrong with it. */
import { compileTopology } from './compile/index';
import type { Diagnostic, SourcePosition } from './diagnostics';
import type { Topology } from './model';
import { compareNames } from './names';
import type { BrokerObject } from './objects';
import { expandTopology } from './expand/index';
import { judge } from './judge';
import { parseTopology } from './parse';
import { resolveTopology } from './resolve';
import { runRules } from './rules/index';
import type { Target } from './target';

export * from './diagnostics';
export * from './objects';
export type * from './model';
export { DEFAULT_TARGET, TARGETS, isTarget } from './target';
export type { Target } from './target';
export { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from './units';

export interface LoadResult {
  /** In order of creation; absent when there are errors. */
  readonly objects?: readonly BrokerObject[];
  /** Absent only when the text isn't YAML that can be worked with; beside errors, it holds what could be understood. */
  readonly topology?: Topology;
  /** Every fault of the file, sorted by position. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface LoadOptions {
  /** The stack's RabbitMQ series: goes before the one in the file. */
  readonly target?: Target;
}

/** Parses, checks and compiles a topology. `file` is the name that positions show. Never throws for a bad text. */
export function load(text: string, file: string, options: LoadOptions = {}): LoadResult {
  const { topology, diagnostics: faults } = parseTopology(text, file, options.target);
  if (topology === undefined) return { diagnostics: sorted(faults) };
  const resolved = resolveTopology(expandTopology(topology));
  const findings = runRules(resolved).filter((finding) => !isConsequence(finding, faults));
  const judged = judge(findings, {
    severities: topology.rules,
    at: (code) => topology.source.at(['rules', code], 'key'),
    texts: new Map([[file, text]]),
    isComplete: faults.length === 0,
  });
  const diagnostics = sorted([...faults, ...judged]);
  if (diagnostics.some(({ severity }) => severity === 'error'))
    return { topology: resolved.topology, diagnostics };
  return { objects: compileTopology(resolved), topology: resolved.topology, diagnostics };
}

/** A rule that stumbles over what the parser has reported at the same place says nothing new. */
function isConsequence(finding: Diagnostic, faults: readonly Diagnostic[]): boolean {
  const { position } = finding;
  return (
    position !== undefined && faults.some((fault) => fault.position && overlap(fault.position, position))
  );
}

function overlap(a: SourcePosition, b: SourcePosition): boolean {
  const startsBefore = (x: SourcePosition, y: SourcePosition): boolean =>
    x.line < y.endLine || (x.line === y.endLine && x.column < y.endColumn);
  return startsBefore(a, b) && startsBefore(b, a);
}

function sorted(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    const [x, y] = [a.position, b.position];
    return (
      (x?.line ?? 0) - (y?.line ?? 0) || (x?.column ?? 0) - (y?.column ?? 0) || compareNames(a.code, b.code)
    );
  });
}
