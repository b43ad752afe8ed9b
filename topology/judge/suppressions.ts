/**
 * Comments that suppress findings: `# warren-ignore CODE: reason`, on the line of the finding or alone on the line above
 * it. They are read from the tokens of the YAML text: what looks like one inside of a quoted or a block text is none.
 */
import { Lexer } from 'yaml';
import type { SourcePosition } from '../diagnostics';

export interface Suppression {
  readonly codes: readonly SuppressedCode[];
  /** Empty: none was given. */
  readonly reason: string;
  /** The line that it counts for. */
  readonly line: number;
  readonly position: SourcePosition;
}

export interface SuppressedCode {
  readonly code: string;
  readonly position: SourcePosition;
}

const KEYWORD = 'warren-ignore';
const SCALAR_MARK = '\u001f';
/** What the lexer puts between tokens and isn't in the text: document starts, ends of broken flows. */
const MARKS = new Set(['\u0002', '\u0018', SCALAR_MARK]);

/** The suppressions of a file's text, in its order. Never fails, whatever the text. */
export function readSuppressions(text: string, file: string): Suppression[] {
  if (!text.includes(KEYWORD)) return [];
  const comments = commentsOf(text);
  return comments.flatMap((comment, index) => {
    const match = /^(#+[ \t]*warren-ignore)(?![\w-])([^:#]*)(?::(.*))?/.exec(comment.text);
    if (match === null) return [];
    const [, lead = '', names = '', reason = ''] = match;
    const at = (column: number, length: number): SourcePosition => ({
      file,
      line: comment.line,
      column: comment.column + column,
      endLine: comment.line,
      endColumn: comment.column + column + length,
    });
    const codes = [...names.matchAll(/[^\s,]+/g)].map((name) => ({
      code: name[0],
      position: at(lead.length + name.index, name[0].length),
    }));
    return [
      {
        codes,
        reason: reason.trim(),
        line: comment.isAlone ? lineBelow(comments, index) : comment.line,
        position: at(0, comment.text.trimEnd().length),
      },
    ];
  });
}

interface Comment {
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Nothing else stands on its line. */
  readonly isAlone: boolean;
}

/** Comments that stand below each other count for the line under the last of them. */
function lineBelow(comments: readonly Comment[], index: number): number {
  let line = comments[index]?.line ?? 0;
  for (const next of comments.slice(index + 1)) {
    if (!next.isAlone || next.line !== line + 1) break;
    line = next.line;
  }
  return line + 1;
}

function commentsOf(text: string): Comment[] {
  const comments: Comment[] = [];
  let [line, column] = [1, 1];
  let isLineEmpty = true;
  let isScalarNext = false;
  for (const token of new Lexer().lex(text)) {
    const isScalar = isScalarNext;
    isScalarNext = token === SCALAR_MARK;
    if (!isScalar && MARKS.has(token)) continue;
    if (!isScalar && token.startsWith('#'))
      comments.push({ text: token, line, column, isAlone: isLineEmpty });
    const breaks = token.split('\n').length - 1;
    line += breaks;
    column = breaks === 0 ? column + token.length : token.length - token.lastIndexOf('\n');
    isLineEmpty = breaks > 0 ? /\n[ \t]*$/.test(token) : isLineEmpty && /^[ \t\ufeff]*$/.test(token);
  }
  return comments;
}
