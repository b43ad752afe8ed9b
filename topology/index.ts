/** The language: from the text of a topology to the objects of a broker, or to everything that is wrong with it. */
import { compileTopology } from './compile/index';
import type { Diagnostic, SourcePosition } from './diagnostics';
import type { Topology } from './model';
import { compareNames } from './names';
import type { BrokerObject } from './objects';
import { expandTopology } from './expand/index';
import { judge } from './judge/index';
import { parseTopology } from './parse';
import type { ParseOptions } from './parse';
import { resolveTopology } from './resolve/index';
import { failedExpectations } from './route/expectations';
import { routedVhosts } from './route/vhost';
import { EXPECTATION_FAILED } from './rules/expectationFailed';
import { runRules, toDiagnostic } from './rules/index';
import { hiderOf } from './secrets';

export * from './diagnostics';
export * from './objects';
export type * from './model';
export type { NoText, ReadFile } from './compose/files';
export { DEFAULT_TARGET, TARGETS, isTarget } from './target';
export type { Target } from './target';
export { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from './units';

export interface LoadResult {
  /** In order of creation; absent when there are errors. */
  readonly objects?: readonly BrokerObject[];
  /**
   * Absent only when the text isn't YAML that can be worked with, or another file that it names can't be had; beside
   * errors, it holds what could be understood.
   */
  readonly topology?: Topology;
  /** Every fault of the file and of those that it extends or includes, sorted by position, its own first. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of every file that was read, by its name in positions; the given one first. */
  readonly sources: ReadonlyMap<string, string>;
}

export interface LoadOptions extends ParseOptions {
  /** Leaves the `expect` blocks alone: for whoever wants to see why they fail. */
  readonly withoutExpectations?: boolean;
}

/**
 * Parses, checks and compiles a topology. `file` is the name that positions show; what it extends and includes is found
 * from its folder and read with `options.readFile`. Never throws for a bad text.
 */
export function load(text: string, file: string, options: LoadOptions = {}): LoadResult {
  const { topology, diagnostics: faults, remarks, texts: sources } = parseTopology(text, file, options);
  const arranged = (found: readonly Diagnostic[]): Diagnostic[] =>
    withoutSecrets(arrange(found, file, [...sources.keys()]), sources);
  if (topology === undefined) return { diagnostics: arranged(faults), sources };
  const resolved = resolveTopology(expandTopology(topology));
  const findings = [...remarks, ...runRules(resolved)].filter((finding) => !isConsequence(finding, faults));
  const judged = (found: readonly Diagnostic[], isTested: boolean): Diagnostic[] =>
    judge(found, {
      severities: topology.rules,
      at: (code) => topology.source.at(['rules', code], 'key'),
      texts: sources,
      // What an overlay changes may be what was suppressed in its base.
      isComplete: (name, code) =>
        name === file && faults.length === 0 && (isTested || code !== EXPECTATION_FAILED.code),
    });
  const answer = (found: readonly Diagnostic[], objects?: readonly BrokerObject[]): LoadResult => ({
    ...(objects === undefined || hasError(found) ? {} : { objects }),
    topology: resolved.topology,
    diagnostics: arranged(found),
    sources,
  });
  const { expectations } = topology;
  const untested = [...faults, ...judged(findings, expectations.length === 0)];
  if (hasError(untested)) return answer(untested);
  const objects = compileTopology(resolved);
  if (expectations.length === 0 || options.withoutExpectations === true) return answer(untested, objects);
  const failures = testTopology(objects, resolved.topology);
  return answer([...faults, ...judged([...findings, ...failures], true)], objects);
}

/** What is said about a file goes into terminals, logs and pull requests: no secret of the file may go with it. */
function withoutSecrets(found: Diagnostic[], sources: ReadonlyMap<string, string>): Diagnostic[] {
  if (found.length === 0) return found;
  const hide = hiderOf(sources.values());
  return found.map((diagnostic) => {
    const { message, reason, help } = diagnostic;
    return {
      ...diagnostic,
      message: hide(message),
      ...(reason === undefined ? {} : { reason: hide(reason) }),
      ...(help === undefined ? {} : { help: hide(help) }),
    };
  });
}

function hasError(found: readonly Diagnostic[]): boolean {
  return found.some(({ severity }) => severity === 'error');
}

/** Runs the `expect` blocks. */
function testTopology(objects: readonly BrokerObject[], topology: Topology): Diagnostic[] {
  const { expectations, source } = topology;
  const failures = failedExpectations(expectations, routedVhosts(objects, topology), source.file);
  return failures.map((failure) => toDiagnostic(EXPECTATION_FAILED, failure, source));
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
  return a.file === b.file && startsBefore(a, b) && startsBefore(b, a);
}

/** By place, and in each the name of the file that was asked for, where that is another one. */
function arrange(
  diagnostics: readonly Diagnostic[],
  file: string,
  fileOrder: readonly string[],
): Diagnostic[] {
  const rank = new Map(fileOrder.map((name, index) => [name, index] as const));
  const rankOf = (position: SourcePosition | undefined): number => rank.get(position?.file ?? '') ?? 0;
  const sorted = [...diagnostics].sort((a, b) => {
    const [x, y] = [a.position, b.position];
    return (
      rankOf(x) - rankOf(y) ||
      (x?.line ?? 0) - (y?.line ?? 0) ||
      (x?.column ?? 0) - (y?.column ?? 0) ||
      compareNames(a.code, b.code)
    );
  });
  return sorted.map((diagnostic) =>
    diagnostic.position === undefined || diagnostic.position.file === file
      ? diagnostic
      : { ...diagnostic, via: file },
  );
}
