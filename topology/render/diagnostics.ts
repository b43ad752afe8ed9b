/** Diagnostics for people (text), for programs (json), and as annotations of a pull request (github). */
import type { Diagnostic, Severity, SourcePosition } from '../diagnostics';
import { starred } from '../secrets';
import { displayWidth, printable } from './terminalText';
import { workflowCommand } from './workflowCommand';
import type { Annotation } from './workflowCommand';

export interface RenderOptions {
  readonly format: 'text' | 'json' | 'github';
  /** ANSI colours; text only. */
  readonly color: boolean;
}

/**
 * Renders diagnostics in the order given. `sources` holds the text of each file by its name, for the line that is
 * shown below a message. Text and github are empty where there is nothing to say; json is always an array.
 */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
): string {
  switch (options.format) {
    case 'json':
      return JSON.stringify(diagnostics, null, 2);
    case 'github':
      return diagnostics.map(githubCommand).join('\n');
    case 'text': {
      const lines = linesOf(sources);
      return diagnostics.map((diagnostic) => textBlock(diagnostic, lines, options.color)).join('\n\n');
    }
  }
}

type LineAt = (file: string, line: number) => string | undefined;

/** The lines of the files, without the secrets that stand in them. */
function linesOf(sources: ReadonlyMap<string, string>): LineAt {
  const known = new Map<string, readonly string[]>();
  return (file, line) => {
    const lines = known.get(file) ?? starred(sources.get(file) ?? '').split(/\r?\n/);
    known.set(file, lines);
    return sources.has(file) ? lines[line - 1] : undefined;
  };
}

const STYLES = { error: '31;1', warning: '33;1', info: '36;1', bold: '1', dim: '2' } as const;

type Paint = (style: keyof typeof STYLES, text: string) => string;

function textBlock(diagnostic: Diagnostic, lineAt: LineAt, color: boolean): string {
  const paint: Paint = (style, text) => (color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);
  const { severity, code, message, reason, help, position, via } = diagnostic;
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column} `;
  const head = `${paint('bold', where)}${paint(severity, severity)} ${paint('dim', code)}  ${printable(message)}`;
  const line = position === undefined ? undefined : lineAt(position.file, position.line);
  return [
    head,
    ...(position === undefined || line === undefined ? [] : excerpt(line, position, severity, paint)),
    ...(reason === undefined ? [] : [`  ${paint('dim', 'why:')}  ${printable(reason)}`]),
    ...(help === undefined ? [] : [`  ${paint('dim', 'help:')} ${printable(help)}`]),
    ...(via === undefined ? [] : [`  ${paint('dim', 'in:')}   ${printable(usedBy(via))}`]),
  ].join('\n');
}

/** Longer lines are cut around the fault: a terminal would break them and move the caret to nowhere. */
const EXCERPT_WIDTH = 110;
const EXCERPT_BEFORE = 40;

function excerpt(line: string, position: SourcePosition, severity: Severity, paint: Paint): string[] {
  const startIndex = position.column - 1;
  const endIndex = position.endLine > position.line ? line.trimEnd().length : position.endColumn - 1;
  const from = line.length <= EXCERPT_WIDTH ? 0 : Math.max(0, startIndex - EXCERPT_BEFORE);
  const shown = line.slice(from, from + EXCERPT_WIDTH);
  const lead = from > 0 ? '…' : '';
  const number = String(position.line);
  const gutter = ' '.repeat(number.length);
  // What stands before the caret is kept in width: tabs stay tabs, wide characters take two columns.
  const indent = lead.replace(/./g, ' ') + blank(line.slice(from, startIndex));
  const marked = line.slice(startIndex, Math.min(endIndex, from + EXCERPT_WIDTH));
  const caret = '^'.repeat(Math.max(1, displayWidth(marked)));
  return [
    `  ${paint('dim', `${number} |`)} ${lead}${printable(shown)}`,
    `  ${paint('dim', `${gutter} |`)} ${indent}${paint(severity, caret)}`,
  ];
}

function blank(text: string): string {
  return Array.from(text, (character) =>
    character === '\t' ? '\t' : ' '.repeat(displayWidth(character)),
  ).join('');
}

/** On its own, the file may well be right. */
function usedBy(via: string): string {
  return `the topology that ${via} makes of this file`;
}

const GITHUB_LEVELS: Readonly<Record<Severity, Annotation['level']>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
};

function githubCommand(diagnostic: Diagnostic): string {
  const { severity, code, message, reason, help, position, via } = diagnostic;
  const use = via === undefined ? undefined : `Found in ${usedBy(via)}.`;
  const text = [message, reason, help, use].filter((part) => part !== undefined).join('\n');
  return workflowCommand({ level: GITHUB_LEVELS[severity], title: code, position, text });
}
