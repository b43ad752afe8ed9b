/** The shape of a rule: one code with all that can be said about it, and one pure function over the resolved topology. */
import type { Severity } from '../diagnostics';
import type { ResolvedTopology } from '../resolve/index';
import type { Path, PathPart } from '../source/index';

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
  /** Where it differs from the rule's own; only where the rule is advice. */
  readonly severity?: Severity;
}

/** What a code of a diagnostic stands for: `warren check --explain` and docs/rules.md say it. */
export interface CodeDescription {
  readonly code: string;
  readonly severity: Severity;
  /** What must hold, in one sentence. */
  readonly title: string;
  /** Why it matters in general. */
  readonly reason: string;
  /** The way out in general. */
  readonly help: string;
  /** Pages of the documentation, or what was measured on which RabbitMQ. */
  readonly sources: readonly string[];
  /**
   * Advice may be lowered, switched off and suppressed. What is no advice makes a broker refuse something, or leaves
   * the compiler without a meaning: it stays an error.
   */
  readonly isAdvice: boolean;
  /** A topology (without its `warren: 1`) that has such a finding, and one that has none. */
  readonly example: {
    readonly bad: string;
    readonly good: string;
    /** The text of files that the two name, by name. */
    readonly beside?: Readonly<Record<string, string>>;
  };
}

export interface Rule extends CodeDescription {
  readonly check: (resolved: ResolvedTopology) => readonly Finding[];
}

/** A page of RabbitMQ's documentation, with an anchor if one is meant: `docs('queues#names')`. */
export function docs(page: string): string {
  return `https://www.rabbitmq.com/docs/${page}`;
}

/** What was measured, on the versions that the tests run. */
export function measured(what: string): string {
  return `Measured on RabbitMQ 3.10, 4.0 and 4.3: ${what}`;
}

/** The source of what this language itself asks for. */
export const LANGUAGE = 'The language: topology/schema.json';
