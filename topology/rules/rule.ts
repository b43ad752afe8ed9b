/** The shape of a rule: one code, one severity, one pure function over the resolved topology. */
import type { Severity } from '../diagnostics';
import type { ResolvedTopology } from '../resolve';
import type { Path, PathPart } from '../source';

export interface Finding {
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** Why it matters. */
  readonly reason?: string;
  /** The way out. */
  readonly help?: string;
  readonly path: Path;
  /** Default: the value, if it stands on one line, else the key. */
  readonly part?: PathPart;
  /** Where it differs from the rule's own. */
  readonly severity?: Severity;
}

export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  /** What the rule is about, for a list of rules. */
  readonly title: string;
  readonly check: (resolved: ResolvedTopology) => readonly Finding[];
}
