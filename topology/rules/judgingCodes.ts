/** The codes of what is wrong with `rules:` and with suppressions: their descriptions (judge.ts and suppressions.ts find it). */
import type { CodeDescription } from './rule';
import { LANGUAGE } from './rule';

export const RULE_SETTING = 'rule-setting';
export const BAD_SUPPRESSION = 'bad-suppression';
export const UNUSED_SUPPRESSION = 'unused-suppression';

export const JUDGING_CODE_DESCRIPTIONS: readonly CodeDescription[] = [
  {
    code: RULE_SETTING,
    severity: 'error',
    title: '`rules` names codes that there are, and lowers only advice.',
    reason:
      'A misspelt code would change nothing, and what a broker refuses is refused whatever a file says about it.',
    help: 'Correct the code, or remove the line; docs/rules.md lists all codes.',
    sources: [LANGUAGE],
    isAdvice: false,
    example: {
      bad: 'rules: { bad-name: off }\nvhosts: { shop: {} }',
      good: 'rules: { dead-letter-into-work: off, zero-limit: error }\nvhosts: { shop: {} }',
    },
  },
  {
    code: BAD_SUPPRESSION,
    severity: 'error',
    title: 'A suppression names advice by its code, and gives a reason.',
    reason: 'Whoever reads it later must be able to tell why it stands there, and whether it still has to.',
    help: 'Write `# warren-ignore CODE: reason` on the line of the finding, or alone on the line above it.',
    sources: [LANGUAGE],
    isAdvice: false,
    example: {
      bad: 'vhosts: { shop: { limits: { maxConnections: 0 } } } # warren-ignore zero-limit',
      good: 'vhosts: { shop: { limits: { maxConnections: 0 } } } # warren-ignore zero-limit: closed until the move is done',
    },
  },
  {
    code: UNUSED_SUPPRESSION,
    severity: 'warning',
    title: 'A suppression suppresses something.',
    reason:
      'One that suppresses nothing would hide a finding that comes later, and misleads whoever reads it.',
    help: 'Remove it; it counts for its own line, or, alone on a line, for the next one.',
    sources: [LANGUAGE],
    isAdvice: true,
    example: {
      bad: 'vhosts: { shop: { limits: { maxConnections: 5 } } } # warren-ignore zero-limit: closed until the move is done',
      good: 'vhosts: { shop: { limits: { maxConnections: 5 } } }',
    },
  },
];
