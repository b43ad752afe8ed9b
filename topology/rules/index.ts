/** The closed registry of rules, and of all codes that a diagnostic of the topology can have. */
import type { Diagnostic } from '../diagnostics';
import { compareNames } from '../names';
import type { ResolvedTopology } from '../resolve/index';
import type { Source } from '../source/index';
import { alternateTwice } from './alternateTwice';
import { ambiguousFamilies } from './ambiguousFamilies';
import { ambiguousPolicies } from './ambiguousPolicies';
import { argumentInsteadOfPolicy } from './argumentInsteadOfPolicy';
import { argumentKey } from './argumentKey';
import { argumentType } from './argumentType';
import { atLeastOnce } from './atLeastOnce';
import { autoscaleBlind } from './autoscaleBlind';
import { autoscaleHeld } from './autoscaleHeld';
import { autoscaleRange } from './autoscaleRange';
import { badBinding } from './badBinding';
import { badExpectation } from './badExpectation';
import { badName } from './badName';
import { badPattern } from './badPattern';
import { brokerOwnedParameter } from './brokerOwnedParameter';
import { celeryCommand } from './celeryCommand';
import { celeryDelayExpires } from './celeryDelayExpires';
import { celeryDelays } from './celeryDelays';
import { confLine } from './confLine';
import { connectionLimit } from './connectionLimit';
import { consumerTimeout } from './consumerTimeout';
import { danglingReference } from './danglingReference';
import { deadLetterCycle } from './deadLetterCycle';
import { deadLetterIntoWork } from './deadLetterIntoWork';
import { deadLetterLimit } from './deadLetterLimit';
import { deadLetterTarget } from './deadLetterTarget';
import { deadLetterUnroutable } from './deadLetterUnroutable';
import { declaredDeadLetter } from './declaredDeadLetter';
import { delayedRetry } from './delayedRetry';
import { declaredWithConflict } from './declaredWithConflict';
import { delayConsumer } from './delayConsumer';
import { defaultQueueType } from './defaultQueueType';
import { deliveryLimitLoss } from './deliveryLimitLoss';
import { duplicateBinding } from './duplicateBinding';
import { emptyRole } from './emptyRole';
import { exchangeArgument } from './exchangeArgument';
import { exchangeType } from './exchangeType';
import { EXPECTATION_FAILED } from './expectationFailed';
import { expires } from './expires';
import { expiresOnWorkerQueue } from './expiresOnWorkerQueue';
import { familyTemplate } from './familyTemplate';
import { frameworkQueue } from './frameworkQueue';
import { generatedName } from './generatedName';
import { gracePeriod } from './gracePeriod';
import { groupSize } from './groupSize';
import { guestUser } from './guestUser';
import { ignoredArgument } from './ignoredArgument';
import { ignoredExchangeArgument } from './ignoredExchangeArgument';
import { ignoredSetting } from './ignoredSetting';
import { invisibleCharacter } from './invisibleCharacter';
import { internalPublisher } from './internalPublisher';
import { limitOverruled } from './limitOverruled';
import { mirroringRemoved } from './mirroringRemoved';
import { missingPlugin } from './missingPlugin';
import { missingTarget } from './missingTarget';
import { misspeltTag } from './misspeltTag';
import { mixedDelays } from './mixedDelays';
import { notReplicated } from './notReplicated';
import { openDefaultExchange } from './openDefaultExchange';
import { parameterComponent } from './parameterComponent';
import { parameterValue } from './parameterValue';
import { passwordInFile } from './passwordInFile';
import { patternOnDirect } from './patternOnDirect';
import { policyApplyTo } from './policyApplyTo';
import { policyKey } from './policyKey';
import { policySplitsFamily } from './policySplitsFamily';
import { queueLimit } from './queueLimit';
import { quorumLimits } from './quorumLimits';
import { replicated } from './replicated';
import { reservedPolicy } from './reservedPolicy';
import { retryExpires } from './retryExpires';
import { retryLimit } from './retryLimit';
import { retryLoss } from './retryLoss';
import { retryMethod } from './retryMethod';
import { retryOutlived } from './retryOutlived';
import { retryTarget } from './retryTarget';
import { roleAndPermissions } from './roleAndPermissions';
import { roleOpensQueues } from './roleOpensQueues';
import { roleTooLong } from './roleTooLong';
import { rotationHeadroom } from './rotationHeadroom';
import { schedulerTwice } from './schedulerTwice';
import { segmentSize } from './segmentSize';
import { settingBesideArgument } from './settingBesideArgument';
import { settingVersion } from './settingVersion';
import { shovelCount } from './shovelCount';
import { shortExpiry } from './shortExpiry';
import { shovelEnds } from './shovelEnds';
import { shovelReference } from './shovelReference';
import { shovelUserId } from './shovelUserId';
import { streamLimits } from './streamLimits';
import { streamPlugin } from './streamPlugin';
import { transientQueue } from './transientQueue';
import { transientRefused } from './transientRefused';
import { unanchoredPermission } from './unanchoredPermission';
import { unboundedAtLeastOnce } from './unboundedAtLeastOnce';
import { unboundExchange } from './unboundExchange';
import { unconsumedQueue } from './unconsumedQueue';
import { unlimitedStream } from './unlimitedStream';
import { workerPermission } from './workerPermission';
import { zeroLimit } from './zeroLimit';
import { COMPOSITION_CODE_DESCRIPTIONS } from './compositionCodes';
import { FILE_CODE_DESCRIPTIONS } from './fileCodes';
import { JUDGING_CODE_DESCRIPTIONS } from './judgingCodes';
import type { CodeDescription, Finding, Rule } from './rule';

export type { CodeDescription, Finding, Rule };

export const RULES: readonly Rule[] = [
  danglingReference,
  missingTarget,
  badName,
  invisibleCharacter,
  badExpectation,
  generatedName,
  duplicateBinding,
  exchangeType,
  missingPlugin,
  streamPlugin,
  exchangeArgument,
  ignoredExchangeArgument,
  alternateTwice,
  badBinding,
  patternOnDirect,
  policyKey,
  mirroringRemoved,
  policyApplyTo,
  parameterComponent,
  brokerOwnedParameter,
  shovelCount,
  parameterValue,
  shovelEnds,
  shovelReference,
  shovelUserId,
  confLine,
  passwordInFile,
  reservedPolicy,
  ambiguousPolicies,
  familyTemplate,
  ambiguousFamilies,
  policySplitsFamily,
  badPattern,
  unanchoredPermission,
  workerPermission,
  openDefaultExchange,
  roleAndPermissions,
  emptyRole,
  roleTooLong,
  internalPublisher,
  roleOpensQueues,
  delayConsumer,
  guestUser,
  misspeltTag,
  zeroLimit,
  queueLimit,
  connectionLimit,
  groupSize,
  defaultQueueType,
  replicated,
  notReplicated,
  quorumLimits,
  streamLimits,
  segmentSize,
  settingVersion,
  ignoredSetting,
  delayedRetry,
  atLeastOnce,
  unboundedAtLeastOnce,
  expires,
  shortExpiry,
  expiresOnWorkerQueue,
  transientQueue,
  transientRefused,
  argumentKey,
  argumentType,
  ignoredArgument,
  argumentInsteadOfPolicy,
  declaredWithConflict,
  declaredDeadLetter,
  settingBesideArgument,
  limitOverruled,
  deadLetterLimit,
  deadLetterTarget,
  retryTarget,
  retryMethod,
  retryLoss,
  retryExpires,
  retryOutlived,
  rotationHeadroom,
  retryLimit,
  deadLetterUnroutable,
  deadLetterCycle,
  deadLetterIntoWork,
  deliveryLimitLoss,
  mixedDelays,
  unconsumedQueue,
  unboundExchange,
  unlimitedStream,
  celeryDelays,
  celeryDelayExpires,
  celeryCommand,
  frameworkQueue,
  autoscaleBlind,
  autoscaleHeld,
  autoscaleRange,
  schedulerTwice,
  gracePeriod,
  consumerTimeout,
];

/** Every code that a diagnostic of a topology can have, with all that can be said about it; in the order of the names. */
export const CODES: readonly CodeDescription[] = [
  ...FILE_CODE_DESCRIPTIONS,
  ...COMPOSITION_CODE_DESCRIPTIONS,
  ...RULES,
  EXPECTATION_FAILED,
  ...JUDGING_CODE_DESCRIPTIONS,
].sort((a, b) => compareNames(a.code, b.code));

const byCode = new Map(CODES.map((description) => [description.code, description]));

export function describeCode(code: string): CodeDescription | undefined {
  return byCode.get(code);
}

/** Runs every rule. The findings are in no particular order. */
export function runRules(resolved: ResolvedTopology): Diagnostic[] {
  const { source } = resolved.topology;
  return findingsOf(resolved, RULES).map(({ rule, finding }) => toDiagnostic(rule, finding, source));
}

/** With paths in place of positions: for what stands in no file. */
export function findingsOf(
  resolved: ResolvedTopology,
  rules: readonly Rule[],
): { readonly rule: Rule; readonly finding: Finding }[] {
  return rules.flatMap((rule) => rule.check(resolved).map((finding) => ({ rule, finding })));
}

/** A finding at its place in the file. */
export function toDiagnostic(rule: CodeDescription, finding: Finding, source: Source): Diagnostic {
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
