/** What the owner of a topology has to say about its findings: severities of their own, and suppressions with a reason. */
import type { Diagnostic, SourcePosition } from '../diagnostics';
import type { RuleSeverity } from '../model';
import { nearest } from '../names';
import { CODES, describeCode } from '../rules/index';
import { BAD_SUPPRESSION, RULE_SETTING, UNUSED_SUPPRESSION } from '../rules/judgingCodes';
import { readSuppressions } from './suppressions';
import type { SuppressedCode, Suppression } from './suppressions';

export interface Judgement {
  /** As the topology's `rules` say. */
  readonly severities: Readonly<Record<string, RuleSeverity>>;
  /** Where `rules` speaks of a code. */
  readonly at: (code: string) => SourcePosition;
  /** The text of every file, by the name that positions show. */
  readonly texts: ReadonlyMap<string, string>;
  /** Whether a code was looked for in all of a file: only then does a suppression without a finding say anything. */
  readonly isComplete: (file: string, code: string) => boolean;
}

/** The findings that stay, each with the severity that it has here, and what is wrong with the judgement itself. */
export function judge(findings: readonly Diagnostic[], judgement: Judgement): Diagnostic[] {
  const entries = Object.entries(judgement.severities);
  const faults = entries.flatMap(([code, severity]) => settingFaults(code, severity, judgement.at(code)));
  const severities = new Map(entries);
  const judged = findings.flatMap((finding) => withSeverity(finding, severities.get(finding.code)));
  const { kept, complaints } = suppress(judged, judgement);
  const counting = complaints.flatMap((each) => withSeverity(each, severities.get(each.code)));
  return [...faults, ...kept, ...counting];
}

/** A setting that isn't allowed changes nothing: it is an error by itself. */
function withSeverity(finding: Diagnostic, severity: RuleSeverity | undefined): Diagnostic[] {
  if (severity === undefined || describeCode(finding.code)?.isAdvice !== true) return [finding];
  return severity === 'off' ? [] : [{ ...finding, severity }];
}

function settingFaults(code: string, severity: RuleSeverity, position: SourcePosition): Diagnostic[] {
  const fault = { code: RULE_SETTING, severity: 'error', position } as const;
  const description = describeCode(code);
  if (description === undefined) return [{ ...fault, ...unknownCode(code) }];
  if (description.isAdvice || severity === 'error') return [];
  return [
    {
      ...fault,
      message: `"${code}" can't be lowered to ${severity}.`,
      reason: NO_ADVICE,
      help: 'Remove this line, and correct what is found.',
    },
  ];
}

const NO_ADVICE =
  'Its findings are no advice: a broker would refuse something, or nothing could be compiled.';

function unknownCode(code: string): Pick<Diagnostic, 'message' | 'help'> {
  const meant = nearest(
    code,
    CODES.map((each) => each.code),
  );
  return {
    message: `There is no rule "${code}".`,
    help: meant === undefined ? 'docs/rules.md lists all codes.' : `Did you mean "${meant}"?`,
  };
}

/** Takes away what is suppressed; `complaints` is what is wrong with the suppressions. */
function suppress(
  findings: readonly Diagnostic[],
  { texts, isComplete, severities }: Judgement,
): { readonly kept: readonly Diagnostic[]; readonly complaints: readonly Diagnostic[] } {
  const complaints: Diagnostic[] = [];
  const effective = new Map<string, SuppressedCode>();
  for (const [file, text] of texts) {
    for (const suppression of readSuppressions(text, file)) {
      const faults = suppressionFaults(suppression);
      complaints.push(...faults);
      if (faults.length > 0) continue;
      for (const each of suppression.codes) effective.set(placeKey(file, suppression.line, each.code), each);
    }
  }
  if (effective.size === 0) return { kept: findings, complaints };
  const used = new Set<string>();
  const kept = findings.filter(({ code, position }) => {
    const key = position === undefined ? '' : placeKey(position.file, position.line, code);
    if (!effective.has(key)) return true;
    used.add(key);
    return false;
  });
  for (const [key, each] of effective) {
    if (used.has(key) || !isComplete(each.position.file, each.code)) continue;
    complaints.push(severities[each.code] === 'off' ? switchedOff(each) : unused(each));
  }
  return { kept, complaints };
}

function placeKey(file: string, line: number, code: string): string {
  return JSON.stringify([file, line, code]);
}

function unused({ code, position }: SuppressedCode): Diagnostic {
  return {
    code: UNUSED_SUPPRESSION,
    severity: 'warning',
    message: `There is no "${code}" here that could be suppressed.`,
    reason: 'A suppression without a finding would hide the next one that comes.',
    help: 'Remove it; it counts for its own line, or, alone on a line, for the next one.',
    position,
  };
}

function switchedOff({ code, position }: SuppressedCode): Diagnostic {
  return {
    code: UNUSED_SUPPRESSION,
    severity: 'warning',
    message: `"${code}" is switched off by \`rules:\`: there is nothing to suppress.`,
    reason: 'A reader takes the suppression for an exception, and there is none.',
    help: 'Remove the suppression, or the line below `rules:`.',
    position,
  };
}

function suppressionFaults({ codes, reason, position }: Suppression): Diagnostic[] {
  const fault = { code: BAD_SUPPRESSION, severity: 'error' } as const;
  const help = 'Write `# warren-ignore CODE: reason`.';
  if (codes.length === 0) {
    return [{ ...fault, message: 'This suppression names no code.', help, position }];
  }
  const wrong = codes.flatMap((each): Diagnostic[] => {
    const description = describeCode(each.code);
    if (description === undefined) return [{ ...fault, ...unknownCode(each.code), position: each.position }];
    if (description.isAdvice) return [];
    return [
      {
        ...fault,
        message: `"${each.code}" can't be suppressed.`,
        reason: NO_ADVICE,
        help: 'Remove the suppression, and correct what is found.',
        position: each.position,
      },
    ];
  });
  if (reason !== '' || wrong.length > 0) return wrong;
  return [
    {
      ...fault,
      message: 'This suppression gives no reason.',
      reason: 'Whoever reads it later must be able to tell whether it still has to stand there.',
      help,
      position,
    },
  ];
}
