/**
 * A YAML file as plain data, with the position of every key and value in it. Whatever the text holds (broken syntax,
 * binary data, alias bombs), the result is data and diagnostics, never an exception. compose/ makes one source of
 * several files: then every value still knows its own.
 */
import { Composer, Lexer, LineCounter, Parser, isScalar } from 'yaml';
import type { CST, Document, ErrorCode } from 'yaml';
import type { Diagnostic, SourcePosition } from '../diagnostics';
import { readNode } from './node';
import type { NodeResult, Origin, Range, SourceNode } from './node';

export type Path = readonly (string | number)[];
export type PathPart = 'key' | 'value';

export interface Source {
  /** The file that was asked for. */
  readonly file: string;
  /** The text of every file that the data come from, by its name in positions; the file that was asked for first. */
  readonly texts: ReadonlyMap<string, string>;
  readonly root: SourceNode;
  /** Objects have no prototype: any key is just a key. */
  readonly data: unknown;
  /**
   * Position of the key or the value at a path. Where the path doesn't exist (or the value is empty), the position of
   * the nearest thing that does: something can always be shown.
   */
  at(path: Path, part?: PathPart): SourcePosition;
}

export interface SourceResult {
  /** Absent when the text isn't YAML that can be worked with. */
  readonly source?: Source;
  readonly diagnostics: readonly Diagnostic[];
}

type ToPosition = (range: Range) => SourcePosition;

/** Reads one YAML document. Every fault of the text is in the diagnostics; `source` is there if its data can be used. */
export function readSource(text: string, file: string): SourceResult {
  const lineCounter = new LineCounter();
  const fault = (range: Range, diagnostic: Omit<Diagnostic, 'position' | 'severity'>): Diagnostic => ({
    ...diagnostic,
    severity: 'error',
    position: toPosition(range),
  });
  const toPosition: ToPosition = ([start, end]) => positionOf(file, lineCounter, start, end);

  if (text.length > LENGTH_MAX) return { diagnostics: [fault([0, 0], tooLong(text.length))] };
  const binaryAt = firstControlCharacter(text);
  if (binaryAt !== undefined) {
    countLines(text, lineCounter);
    return { diagnostics: [fault([binaryAt, binaryAt + 1], NOT_TEXT)] };
  }
  const tokens = tokensOf(text, lineCounter);
  if (typeof tokens === 'number') return { diagnostics: [fault([tokens, tokens + 1], TOO_DEEP)] };
  const composer = new Composer(COMPOSER_OPTIONS);
  const documents = [...composer.compose(tokens)];
  const [document, second] = documents;
  if (document === undefined || isEmpty(document)) return { diagnostics: [fault([0, 0], EMPTY_FILE)] };
  const syntaxErrors = documents.flatMap((each) => each.errors);
  if (syntaxErrors.length > 0) {
    return { diagnostics: firstPerLine(syntaxErrors.map((error) => fault(error.pos, describe(error)))) };
  }
  if (second !== undefined) {
    const start = second.range[0];
    return { diagnostics: [fault([start, start], SECOND_DOCUMENT)] };
  }
  return readDocument(document, text, file, toPosition);
}

/**
 * YAML 1.2, whatever a `%YAML` line says: in 1.1, `no` is false and 2001-01-01 a date. Tags such as `!!binary` and merge
 * keys are refused, so nothing may come of them before that.
 */
const COMPOSER_OPTIONS = {
  prettyErrors: false,
  uniqueKeys: false,
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  merge: false,
} as const;

function readDocument(
  document: Document.Parsed,
  text: string,
  file: string,
  toPosition: ToPosition,
): SourceResult {
  const diagnostics: Diagnostic[] = [];
  const origin: Origin = { file, positionOf: toPosition };
  const result = readNode(document, origin, (range, fault) => {
    diagnostics.push({ ...fault, severity: 'error', position: toPosition(range) });
  });
  if (result === undefined) return { diagnostics };
  return { source: createSource(file, new Map([[file, text]]), result), diagnostics };
}

export function createSource(
  file: string,
  texts: ReadonlyMap<string, string>,
  { node, data }: NodeResult,
): Source {
  return { file, texts, root: node, data, at: (path, part = 'value') => positionAt(node, path, part) };
}

function positionAt(root: SourceNode, path: Path, part: PathPart): SourcePosition {
  let node = root;
  for (const [index, step] of path.entries()) {
    const child = node.children?.get(String(step));
    if (child === undefined) return node.origin.positionOf(node.keyRange ?? firstLineStart(node));
    if (index === path.length - 1 && part === 'key') return keyPosition(child);
    node = child;
  }
  const isBlank = node.range[0] === node.range[1];
  return isBlank ? keyPosition(node) : node.origin.positionOf(node.range);
}

/** Where the key of a value stands; an item of a list has none, so there it is the value. */
export function keyPosition({ origin, range, keyRange }: SourceNode): SourcePosition {
  return origin.positionOf(keyRange ?? range);
}

/** For the whole document: marking all of it would say nothing. */
function firstLineStart(node: SourceNode): Range {
  return [node.range[0], node.range[0]];
}

function positionOf(file: string, lineCounter: LineCounter, start: number, end: number): SourcePosition {
  const from = lineCounter.linePos(start);
  const to = lineCounter.linePos(Math.max(start, end));
  // Before the first line is counted (an empty file) the counter knows no line: that is line 1, column 1.
  return {
    file,
    line: Math.max(1, from.line),
    column: Math.max(1, from.col),
    endLine: Math.max(1, to.line),
    endColumn: Math.max(1, to.col),
  };
}

function countLines(text: string, lineCounter: LineCounter): void {
  lineCounter.addNewLine(0);
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) {
    lineCounter.addNewLine(index + 1);
  }
}

/** Some eighty thousand queues. More than that is most likely another file, and would be read for minutes. */
const LENGTH_MAX = 16_000_000;

/** A topology needs ten levels. What composes documents is recursive, and a stack that runs out can end the process. */
const DEPTH_MAX = 100;

/** What no topology has many of: errors, directives, documents. Whatever comes after so many says nothing new. */
const STRAY_TOKENS: ReadonlySet<string> = new Set(['error', 'directive', 'document', 'doc-end']);
const STRAY_MAX = 100;

/** The tokens of the text, or the place where it is nested too deeply: nothing after that is read. */
function tokensOf(text: string, lineCounter: LineCounter): CST.Token[] | number {
  const parser = new Parser(lineCounter.addNewLine);
  lineCounter.addNewLine(0);
  const tokens: CST.Token[] = [];
  let stray = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (STRAY_TOKENS.has(token.type)) stray += 1;
    }
    if (stray > STRAY_MAX) break;
    // What is open now, from the document to the innermost value.
    if (parser.stack.length > DEPTH_MAX + 1) return parser.offset - lexeme.length;
  }
  tokens.push(...parser.end());
  return tokens;
}

/** Binary data is recognised by what no text holds: control characters, or bytes that weren't UTF-8. */
function firstControlCharacter(text: string): number | undefined {
  const match = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/.exec(text);
  return match?.index;
}

function isEmpty(document: Document.Parsed): boolean {
  const { contents } = document;
  return (
    document.errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null))
  );
}

/** One broken line often makes the parser complain several times about what follows on it. */
function firstPerLine(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seenLines = new Set<number>();
  return diagnostics.filter(({ position }) => {
    const line = position?.line ?? 0;
    if (seenLines.has(line)) return false;
    seenLines.add(line);
    return true;
  });
}

const NOT_TEXT = {
  code: 'not-text',
  message: 'This file holds characters that are not text.',
  reason: 'A topology is YAML, written in UTF-8.',
  help: 'Check that this is the file you meant, and save it as UTF-8.',
};
const TOO_DEEP = {
  code: 'yaml-syntax',
  message: 'This file is nested far too deeply to be read.',
  help: 'A topology needs no more than ten levels: look for brackets that were never closed.',
};
const tooLong = (length: number) => ({
  code: 'yaml-syntax',
  message: `This file has ${length.toLocaleString('en')} characters, and is not read.`,
  reason: `A topology has at most ${LENGTH_MAX.toLocaleString('en')}.`,
  help: 'Check that this is the file you meant; a topology can be made of several with `include:`.',
});
const EMPTY_FILE = {
  code: 'empty-file',
  message: 'This file is empty.',
  help: 'Start with `warren: 1` and a `vhosts:` section.',
};
const SECOND_DOCUMENT = {
  code: 'yaml-documents',
  message: 'This file holds more than one YAML document.',
  reason: 'One file is one topology: what stands below a second `---` would be ignored.',
  help: 'Remove the `---` line, or move the second document to a file of its own.',
};

const SYNTAX_HELP: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: 'Indent with spaces: YAML allows no tabs.',
  BAD_INDENT: 'Give the keys of one level the same number of spaces in front.',
  BLOCK_AS_IMPLICIT_KEY: 'Check the indentation, and quote text that holds `: `.',
  MISSING_CHAR: 'Check for a missing colon, comma, quote or bracket on this line or just before it.',
  BAD_SCALAR_START: 'Quote text that starts with a special character such as @, ` or %.',
  UNEXPECTED_TOKEN: 'Check the indentation, quotes and brackets on this line and the one before.',
  MULTILINE_IMPLICIT_KEY: 'Check for a missing colon at the end of this line.',
};

const OPEN_BRACKET_HELP = 'Check for a missing } or ] on the lines before this one.';

function describe(error: {
  readonly code: ErrorCode;
  readonly message: string;
}): Omit<Diagnostic, 'position' | 'severity'> {
  const message = `This is not valid YAML: ${error.message.replace(/\.?$/, '.')}`;
  // The parser notices an open bracket only where the next line begins.
  const isOpenBracket = error.message.startsWith('Flow ');
  const known = isOpenBracket ? OPEN_BRACKET_HELP : SYNTAX_HELP[error.code];
  const help = known ?? 'Correct the YAML; everything else is checked once it can be read.';
  return { code: 'yaml-syntax', message, help };
}
