/**
 * What is wrong, where, why, and the way out. Every fault that Warren can tell about a topology is one of these;
 * position and caret are rendered last (render/diagnostics.ts), so that every output format says the same thing.
 */

/** Line and column count from 1, as editors show them. `end` is exclusive. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export type Severity = 'error' | 'warning' | 'info';

export interface Diagnostic {
  /** A stable name from the closed set of codes (rules/index.ts), e.g. `unknown-key`. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong, in one sentence, with the names that are involved. */
  readonly message: string;
  /** Why it matters; omitted where the message says it all. */
  readonly reason?: string;
  /** What to do about it. */
  readonly help?: string;
  readonly position?: SourcePosition;
  /** The file that was asked for, where the position is in another one that it extends or includes. */
  readonly via?: string;
}
