/** The closed registry of rules, and of all codes that a diagnostic of the topology can have. */
import type { Diagnostic } from '../diagnostics';
import { compareNames } from '../names';
import type { ResolvedTopology } from '../resolve';
import type { Source } from '../source';
import { ambiguousFamilies } from './ambiguousFamilies';
import { ambiguousPolicies } from './ambiguousPolicies';
import { argumentInsteadOfPolicy } from './argumentInsteadOfPolicy';
import { argumentKey } from './argumentKey';
import { argumentType } from './argumentType';
import { atLeastOnce } from './atLeastOnce';
import { deadLetterCycle } from './deadLetterCycle';
import { deadLetterIntoWork } from './deadLetterIntoWork';
import { deadLetterUnroutable } from './deadLetterUnroutable';
import { declaredWithConflict } from './declaredWithConflict';
import { quorumLimits } from './quorumLimits';
import { settingBesideArgument } from './settingBesideArgument';
import { streamLimits } from './streamLimits';
import { badName } from './badName';
import { badPattern } from './badPattern';
import { COMPOSITION_CODE_DESCRIPTIONS } from './compositionCodes';
import { danglingReference } from './danglingReference';
import { deadLetterTarget } from './deadLetterTarget';
import { defaultQueueType } from './defaultQueueType';
import { duplicateBinding } from './duplicateBinding';
import { emptyRole } from './emptyRole';
import { expires } from './expires';
import { expiresOnWorkerQueue } from './expiresOnWorkerQueue';
import { familyTemplate } from './familyTemplate';
import { FILE_CODE_DESCRIPTIONS } from './fileCodes';
import { JUDGING_CODE_DESCRIPTIONS } from './judgingCodes';
import { generatedName } from './generatedName';
import { guestUser } from './guestUser';
import { ignoredArgument } from './ignoredArgument';
import { ignoredSetting } from './ignoredSetting';
import { settingVersion } from './settingVersion';
import { internalPublisher } from './internalPublisher';
import { mirroringRemoved } from './mirroringRemoved';
import { missingTarget } from './missingTarget';
import { notReplicated } from './notReplicated';
import { policyApplyTo } from './policyApplyTo';
import { policyKey } from './policyKey';
import { policySplitsFamily } from './policySplitsFamily';
import { replicated } from './replicated';
import { retryLoss } from './retryLoss';
import { retryMethod } from './retryMethod';
import { retryTarget } from './retryTarget';
import { reservedPolicy } from './reservedPolicy';
import { roleAndPermissions } from './roleAndPermissions';
import { roleOpensQueues } from './roleOpensQueues';
import { roleTooLong } from './roleTooLong';
import { transientQueue } from './transientQueue';
import { unanchoredPermission } from './unanchoredPermission';
import { zeroLimit } from './zeroLimit';
import type { CodeDescription, Finding, Rule } from './rule';

export type { CodeDescription, Finding, Rule };

export const RULES: readonly Rule[] = [
  danglingReference,
  missingTarget,
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
  roleAndPermissions,
  emptyRole,
  roleTooLong,
  internalPublisher,
  roleOpensQueues,
  guestUser,
  zeroLimit,
  defaultQueueType,
  replicated,
  notReplicated,
  quorumLimits,
  streamLimits,
  settingVersion,
  ignoredSetting,
  atLeastOnce,
  expires,
  expiresOnWorkerQueue,
  transientQueue,
  argumentKey,
  argumentType,
  ignoredArgument,
  argumentInsteadOfPolicy,
  declaredWithConflict,
  settingBesideArgument,
  deadLetterTarget,
  retryTarget,
  retryMethod,
  retryLoss,
  deadLetterUnroutable,
  deadLetterCycle,
  deadLetterIntoWork,
];

/** Every code that a diagnostic of a topology can have, with all that can be said about it; in the order of the names. */
export const CODES: readonly CodeDescription[] = [
  ...FILE_CODE_DESCRIPTIONS,
  ...COMPOSITION_CODE_DESCRIPTIONS,
  ...RULES,
  ...JUDGING_CODE_DESCRIPTIONS,
].sort((a, b) => compareNames(a.code, b.code));

const byCode = new Map(CODES.map((description) => [description.code, description]));

export function describeCode(code: string): CodeDescription | undefined {
  return byCode.get(code);
}

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
