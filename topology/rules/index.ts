/** The closed registry of rules, and of all codes that a diagnostic of the topology can have. */
import type { Diagnostic } from '../diagnostics';
import type { ResolvedTopology } from '../resolve';
import type { Source } from '../source';
import type { Finding, Rule } from './rule';

export type { Finding, Rule };

export const RULES: readonly Rule[] = [];

/** Runs every rule. The findings are in no particular order. */
export function runRules(resolved: ResolvedTopology): Diagnostic[] {
  const { source } = resolved.topology;
  return RULES.flatMap((rule) => rule.check(resolved).map((finding) => toDiagnostic(rule, finding, source)));
}

function toDiagnostic(rule: Rule, finding: Finding, source: Source): Diagnostic {
  const { message, reason, help, path } = finding;
  const value = source.at(path, 'value');
  const part = finding.part ?? (value.line === value.endLine ? 'value' : 'key');
  return {
    code: rule.code,
    severity: finding.severity ?? rule.severity,
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(help === undefined ? {} : { help }),
    position: source.at(path, part),
  };
}
