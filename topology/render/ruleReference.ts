/** What there is to say about a code: for `warren check --explain`, and the page of all rules. */
import type { CodeDescription } from '../rules/rule';

export interface ExplainOptions {
  readonly format: 'text' | 'json';
}

/** Everything about one code, for a person or a program. */
export function renderExplanation(description: CodeDescription, { format }: ExplainOptions): string {
  const { code, severity, title, reason, help, sources, isAdvice, example } = description;
  if (format === 'json') {
    return JSON.stringify(
      { code, severity, title, reason, help, sources, isAdvice, example: fullExample(description) },
      null,
      2,
    );
  }
  const indented = (yaml: string): string => yaml.trim().replace(/^(?=.)/gm, '    ');
  return [
    `${code}  ${severity}`,
    '',
    title,
    '',
    `  why:    ${reason}`,
    `  help:   ${help}`,
    ...sources.map((source, index) => `  ${index === 0 ? 'source:' : '       '} ${source}`),
    `  ${isAdvice ? `Advice: ${ADVICE}` : NO_ADVICE}`,
    '',
    '  Found in:',
    indented(example.bad),
    '',
    '  Not found in:',
    indented(example.good),
    ...besideOf(example).flatMap((text) => ['', '  With:', indented(text)]),
  ].join('\n');
}

const ADVICE = 'it may be switched off or lowered below `rules:`, or suppressed on a line with a reason.';
const NO_ADVICE = 'A broker would refuse it, or it has no meaning: it can be neither lowered nor suppressed.';

/** A YAML text that can be checked as it is. */
export function fullExample({ example }: CodeDescription): CodeDescription['example'] {
  const full = (text: string): string => {
    const yaml = text.trim();
    return /^(warren|#)/.test(yaml) ? yaml : `warren: 1\n${yaml}`;
  };
  return { ...example, bad: full(example.bad), good: full(example.good) };
}

/** The files that an example names, each with its name above it. */
function besideOf({ beside }: CodeDescription['example']): string[] {
  return Object.entries(beside ?? {}).map(([file, text]) => `# ${file}\n${text.trim()}`);
}

/** The page of all rules: docs/rules.md. */
export function renderRulePage(descriptions: readonly CodeDescription[]): string {
  return [
    INTRODUCTION,
    '| code | severity | advice | what must hold |\n| --- | --- | --- | --- |',
    ...descriptions.map(
      ({ code, severity, isAdvice, title }) =>
        `| [${code}](#${code}) | ${severity} | ${isAdvice ? 'yes' : ''} | ${cell(title)} |`,
    ),
    '',
    ...descriptions.map(section),
  ].join('\n');
}

const INTRODUCTION = `# Rules

All that \`warren check\` can find. This page is made from the code (\`npm run docs\`); \`npx warren check --explain CODE\` prints one entry.

An **error** stops \`warren up\`. **Advice** is a matter of judgement: it can get another severity in the topology,

\`\`\`yaml
rules:
  dead-letter-into-work: off # or error, warning, info
\`\`\`

or be suppressed where it is found, by a comment with a reason on the same line, or alone on the line above:

\`\`\`yaml
queues:
  paid: { durable: false } # warren-ignore transient-queue: filled again from the database after a restart
\`\`\`

What is no advice would be refused by a broker, or has no meaning: it stays an error. A suppression without a reason, or for
a code that there isn't, is an error, and one that suppresses nothing is a warning.
`;

function cell(text: string): string {
  return text.replace(/\|/g, '\\|');
}

function section(description: CodeDescription): string {
  const { code, severity, title, reason, help, sources, isAdvice, example } = description;
  const links = sources.map((source) => (source.startsWith('https://') ? `<${source}>` : source));
  return `## ${code}

**${severity}**${isAdvice ? ', advice' : ''}. ${title}

- Why: ${reason}
- Way out: ${help}
- Source: ${links.join('; ')}

\`\`\`yaml
# found
${example.bad.trim()}
\`\`\`

\`\`\`yaml
# not found
${example.good.trim()}
\`\`\`
${besideOf(example)
  .map((text) => `\n\`\`\`yaml\n${text}\n\`\`\`\n`)
  .join('')}`;
}
