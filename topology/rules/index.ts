/** The closed registry of rules, and of all codes that a diagnostic of the topology can have. */
import type { Diagnostic } from '../diagnostics';
import type { ResolvedTopology } from '../resolve';
import type { Source } from '../source';
import { ambiguousFamilies } from './ambiguousFamilies';
import { ambiguousPolicies } from './ambiguousPolicies';
import { argumentInsteadOfPolicy } from './argumentInsteadOfPolicy';
import { argumentKey } from './argumentKey';
import { atLeastOnce } from './atLeastOnce';
import { deadLetterCycle } from './deadLetterCycle';
import { deadLetterIntoWork } from './deadLetterIntoWork';
import { deadLetterUnroutable } from './deadLetterUnroutable';
import { declaredWithConflict } from './declaredWithConflict';
import { deliveryLimit } from './deliveryLimit';
import { quorumLimits } from './quorumLimits';
import { settingBesideArgument } from './settingBesideArgument';
import { streamLimits } from './streamLimits';
import { badName } from './badName';
import { badPattern } from './badPattern';
import { danglingReference } from './danglingReference';
import { deadLetterTarget } from './deadLetterTarget';
import { defaultQueueType } from './defaultQueueType';
import { duplicateBinding } from './duplicateBinding';
import { expires } from './expires';
import { familyTemplate } from './familyTemplate';
import { generatedName } from './generatedName';
import { guestUser } from './guestUser';
import { mirroringRemoved } from './mirroringRemoved';
import { policyApplyTo } from './policyApplyTo';
import { policyKey } from './policyKey';
import { policySplitsFamily } from './policySplitsFamily';
import { replicated } from './replicated';
import { reservedPolicy } from './reservedPolicy';
import { transientQueue } from './transientQueue';
import { unanchoredPermission } from './unanchoredPermission';
import { zeroLimit } from './zeroLimit';
import type { Finding, Rule } from './rule';

export type { Finding, Rule };

export const RULES: readonly Rule[] = [
  danglingReference,
  badName,
  generatedName,
  duplicateBinding,
  policyKey,
  mirroringRemoved,
  policyApplyTo,
  reservedPolicy,
  ambiguousPolicies,
  familyTemplate,
  ambiguousFamilies,
  policySplitsFamily,
  badPattern,
  unanchoredPermission,
  guestUser,
  zeroLimit,
  defaultQueueType,
  replicated,
  quorumLimits,
  streamLimits,
  deliveryLimit,
  atLeastOnce,
  expires,
  transientQueue,
  argumentKey,
  argumentInsteadOfPolicy,
  declaredWithConflict,
  settingBesideArgument,
  deadLetterTarget,
  deadLetterUnroutable,
  deadLetterCycle,
  deadLetterIntoWork,
];

/** What reading the file itself can find, before any rule. */
const PARSE_CODES = [
  'not-text',
  'empty-file',
  'yaml-syntax',
  'yaml-documents',
  'yaml-alias',
  'yaml-tag',
  'alias-bomb',
  'merge-key',
  'bad-key',
  'duplicate-key',
  'language-version',
  'unquoted-target',
  'unknown-target',
  'missing-key',
  'unknown-key',
  'wrong-type',
  'bad-value',
  'bad-duration',
  'bad-size',
  'bad-uri',
];

/** Every code that a diagnostic of a topology can have. */
export const DIAGNOSTIC_CODES: readonly string[] = [...PARSE_CODES, ...RULES.map(({ code }) => code)];

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
