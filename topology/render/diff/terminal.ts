/** A diff for a terminal: the worst first, what has no effect folded, as wide as the terminal is. */
import type { Effect, LiveNumbers, Reason, TopologyDiff } from '../../diff/model';
import { subjectInWords } from '../../diff/effects';
import {
  HEADINGS,
  countsInWords,
  targetsInWords,
  effectGroups,
  effectInWords,
  fieldInWords,
  headline,
  listed,
  numbersInWords,
  outline,
  workersOf,
} from './outline';
import type { Entry } from './outline';
import { displayWidth, printable } from '../terminalText';

export interface TerminalOptions {
  /** ANSI colours. */
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
}

const STYLES = {
  security: '35;1',
  destructive: '31;1',
  disruptive: '33;1',
  safe: '32',
  none: '2',
  bold: '1',
  dim: '2',
} as const;
type Style = keyof typeof STYLES;

const WIDTH_MIN = 40;

interface Page {
  readonly paint: (style: Style, text: string) => string;
  readonly width: number;
}

export function renderDiffForTerminal(diff: TopologyDiff, options: TerminalOptions): string {
  const page: Page = {
    paint: (style, text) => (options.color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text),
    width: Math.max(WIDTH_MIN, options.width),
  };
  const head = printable(`${diff.base.name} → ${diff.head.name}`);
  if (diff.changes.length === 0) {
    const across = diff.base.target === diff.head.target ? '' : `   RabbitMQ ${targetsInWords(diff)}`;
    return `${head}${across}\nNothing changes.\n`;
  }
  const sections = outline(diff).map((section) => {
    const isShort = section.class === 'none' || section.class === 'safe';
    const blocks = section.entries.map((entry) => (isShort ? shortBlock : longBlock)(entry, page));
    return [page.paint(section.class, HEADINGS[section.class]), ...blocks].join('\n');
  });
  return `${page.paint('bold', head)}   RabbitMQ ${targetsInWords(diff)}\n\n${sections.join('\n\n')}\n\n${countsInWords(diff)}\n`;
}

function shortBlock(entry: Entry, page: Page): string {
  const { change } = entry;
  const fields = 'fields' in change ? change.fields : [];
  return [
    `  ${printable(headline(entry))}`,
    ...fields.map((field) => wrapped(fieldInWords(field), 6, page)),
    ...change.effects.flatMap((effect) =>
      effect.fields.length === 0
        ? []
        : [wrapped(`${subjectInWords(effect.subject)}: ${effectInWords(effect)}`, 6, page)],
    ),
    ...change.reasons.map(({ why }) => page.paint('dim', wrapped(why, 6, page))),
  ].join('\n');
}

function longBlock(entry: Entry, page: Page): string {
  const { change, step } = entry;
  const position = change.positions.head ?? change.positions.base;
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}`;
  const title = printable(headline(entry));
  const fields = 'fields' in change ? change.fields : [];
  const gap = Math.max(2, page.width - 2 - displayWidth(title) - displayWidth(where));
  return [
    `  ${page.paint('bold', title)}${where === '' ? '' : `${' '.repeat(gap)}${page.paint('dim', printable(where))}`}`,
    ...fields.map((field) => wrapped(fieldInWords(field), 6, page)),
    ...reasonsLines(change.reasons, page),
    ...effectGroups(change.effects).flatMap((group) => effectLines(group, page)),
    ...numberLine(change.live, page),
    ...peopleLine('users', change.users, page),
    ...peopleLine('workers', workersOf(change), page),
    ...labelled('up', [`step ${step}`, ...change.steps].join('; '), page),
  ].join('\n');
}

/** What to do instead stands once, behind the last of those that say the same. */
function reasonsLines(reasons: readonly Reason[], page: Page): string[] {
  return reasons.flatMap((reason, index) => {
    const { instead } = reason;
    const isRepeated = instead !== undefined && instead === reasons[index + 1]?.instead;
    return [
      ...reasonLines(reason, page),
      ...(instead === undefined || isRepeated ? [] : labelled('instead', instead, page)),
    ];
  });
}

function reasonLines({ class: itsClass, code, why }: Reason, page: Page): string[] {
  const [first = '', ...rest] = lines(printable(why), page.width - 6 - code.length - 2, page.width - 6);
  return [
    `    ${page.paint(itsClass, '•')} ${page.paint('dim', code)}  ${first}`,
    ...rest.map((line) => `      ${line}`),
  ];
}

const NAMES_MAX = 8;

function effectLines(group: readonly Effect[], page: Page): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = listed(
    group.map(({ subject }) => subjectInWords(subject)),
    NAMES_MAX,
  );
  const example = 'example' in first.subject ? `, e.g. ${JSON.stringify(first.subject.example)}` : '';
  return [
    wrapped(`${names}${example}`, 4, page),
    ...(first.fields.length === 0 ? [] : [wrapped(effectInWords(first), 6, page)]),
    ...group.flatMap(({ live }) => numberLine(live, page)),
    ...reasonsLines(first.reasons, page),
  ];
}

function numberLine(live: LiveNumbers | undefined, page: Page): string[] {
  const words = numbersInWords(live);
  return words === '' ? [] : labelled('now', words, page);
}

function peopleLine(word: string, names: readonly string[], page: Page): string[] {
  return names.length === 0 ? [] : labelled(word, names.join(', '), page);
}

const LABEL_WIDTH = 9;

function labelled(label: string, text: string, page: Page): string[] {
  const indent = 6 + LABEL_WIDTH;
  const [first = '', ...rest] = lines(printable(text), page.width - indent);
  return [
    `      ${page.paint('dim', `${label}:`.padEnd(LABEL_WIDTH))}${first}`,
    ...rest.map((line) => `${' '.repeat(indent)}${line}`),
  ];
}

function wrapped(text: string, indent: number, { width }: Page): string {
  return lines(printable(text), width - indent)
    .map((line) => ' '.repeat(indent) + line)
    .join('\n');
}

/** Broken at blanks; a word that is too long stands alone. */
function lines(text: string, firstWidth: number, restWidth = firstWidth): string[] {
  const broken: string[] = [];
  let line: string[] = [];
  let lineWidth = 0;
  for (const word of text.split(' ')) {
    const width = displayWidth(word);
    if (line.length > 0 && lineWidth + 1 + width > (broken.length === 0 ? firstWidth : restWidth)) {
      broken.push(line.join(' '));
      [line, lineWidth] = [[], 0];
    }
    lineWidth += width + (line.length === 0 ? 0 : 1);
    line.push(word);
  }
  return [...broken, line.join(' ')];
}
