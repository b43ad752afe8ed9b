/** A diff for a terminal: the worst first, what has no effect folded, as wide as the terminal is. */
import type {
  Change,
  ChangeClass,
  Effect,
  FieldChange,
  LiveNumbers,
  Reason,
  TopologyDiff,
} from '../../diff/model';
import { CHANGE_CLASSES } from '../../diff/model';
import { inWords } from '../../diff/values';
import { subjectInWords } from '../../diff/effects';
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

const SIGNS: Readonly<Record<Change['change'], string>> = {
  added: '+',
  removed: '-',
  changed: '~',
  recreated: '±',
  renamed: '→',
};

const HEADINGS: Readonly<Record<ChangeClass, string>> = {
  security: 'security: access is widened',
  destructive: 'destructive: messages or objects are lost',
  disruptive: 'disruptive: clients are cut off or refused',
  safe: 'safe',
  none: 'no effect',
};

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
  if (diff.changes.length === 0) return `${head}\nNothing changes.\n`;
  const parts = partsByWhole(diff.changes);
  const numbers = new Map(diff.changes.map((change, index) => [change, index + 1]));
  const sections = [...CHANGE_CLASSES].reverse().flatMap((each) => {
    const own = diff.changes.filter((change) => change.class === each && !isFolded(change, parts));
    if (own.length === 0) return [];
    const title = page.paint(each, HEADINGS[each]);
    const blocks = own.map((change) => {
      const number = numbers.get(change) ?? 0;
      return each === 'none' || each === 'safe'
        ? shortBlock(change, parts.get(change.id) ?? [], page)
        : longBlock(change, { number, parts: parts.get(change.id) ?? [] }, page);
    });
    return [[title, ...blocks].join('\n')];
  });
  return `${page.paint('bold', head)}   RabbitMQ ${diff.head.target}\n\n${sections.join('\n\n')}\n\n${summary(diff)}\n`;
}

/** What says nothing by itself is only counted at what it belongs to. */
function isFolded(change: Change, parts: ReadonlyMap<string, readonly Change[]>): boolean {
  return change.partOf !== undefined && (parts.get(change.partOf) ?? []).includes(change);
}

function partsByWhole(changes: readonly Change[]): Map<string, Change[]> {
  const ids = new Set(changes.map(({ id }) => id));
  const parts = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.partOf === undefined || !ids.has(change.partOf) || change.reasons.length > 0) continue;
    parts.set(change.partOf, [...(parts.get(change.partOf) ?? []), change]);
  }
  return parts;
}

function shortBlock(change: Change, parts: readonly Change[], page: Page): string {
  const fields = 'fields' in change ? change.fields : [];
  return [
    `  ${headline(change, parts)}`,
    ...fields.map((field) => wrapped(fieldInWords(field), 6, page)),
    ...change.effects.flatMap((effect) =>
      effect.fields.length === 0
        ? []
        : [wrapped(`${subjectInWords(effect.subject)}: ${effectInWords(effect)}`, 6, page)],
    ),
    ...change.reasons.map(({ why }) => page.paint('dim', wrapped(why, 6, page))),
  ].join('\n');
}

function headline(change: Change, parts: readonly Change[]): string {
  const from = change.change === 'renamed' ? `${change.from} ` : '';
  const along =
    parts.length === 0
      ? ''
      : `  (with ${parts.length} that ${parts.length === 1 ? 'belongs' : 'belong'} to it)`;
  return printable(`${from}${SIGNS[change.change]} ${change.id}${along}`);
}

function longBlock(
  change: Change,
  { number, parts }: { readonly number: number; readonly parts: readonly Change[] },
  page: Page,
): string {
  const position = change.positions.head ?? change.positions.base;
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}`;
  const title = headline(change, parts);
  const fields = 'fields' in change ? change.fields : [];
  const gap = Math.max(2, page.width - 2 - displayWidth(title) - displayWidth(where));
  return [
    `  ${page.paint('bold', title)}${where === '' ? '' : `${' '.repeat(gap)}${page.paint('dim', printable(where))}`}`,
    ...fields.map((field) => wrapped(fieldInWords(field), 6, page)),
    ...reasonsLines(change.reasons, page),
    ...effectGroups(change.effects).flatMap((group) => effectLines(group, page)),
    ...numberLine(change.live, page),
    ...peopleLine('users', change.users, page),
    ...peopleLine(
      'workers',
      [...new Set([...change.workers, ...change.effects.flatMap((each) => each.workers)])],
      page,
    ),
    ...labelled('up', [`step ${number}`, ...change.steps].join('; '), page),
  ].join('\n');
}

function fieldInWords({ field, before, after }: FieldChange): string {
  return `${field}: ${inWords(field, before)} → ${inWords(field, after)}`;
}

function effectInWords({ fields, policyBefore, policyAfter }: Effect): string {
  const policy =
    policyBefore === policyAfter ? '' : ` (policy ${policyBefore ?? 'none'} → ${policyAfter ?? 'none'})`;
  return `${fields.map(fieldInWords).join(', ')}${policy}`;
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

/** Queues to which the same happens. */
function effectGroups(effects: readonly Effect[]): Effect[][] {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects) {
    const key = JSON.stringify([
      effect.fields,
      effect.policyBefore,
      effect.policyAfter,
      effect.reasons.map(({ code }) => code),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), effect]);
  }
  return [...groups.values()];
}

const NAMES_MAX = 8;

function effectLines(group: readonly Effect[], page: Page): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = group.slice(0, NAMES_MAX).map(({ subject }) => subjectInWords(subject));
  const more =
    group.length > NAMES_MAX ? ` and ${(group.length - NAMES_MAX).toLocaleString('en-US')} more` : '';
  const example = 'example' in first.subject ? `, e.g. ${JSON.stringify(first.subject.example)}` : '';
  return [
    wrapped(`${names.join(', ')}${more}${example}`, 4, page),
    ...(first.fields.length === 0 ? [] : [wrapped(effectInWords(first), 6, page)]),
    ...group.flatMap(({ live }) => numberLine(live, page)),
    ...reasonsLines(first.reasons, page),
  ];
}

function numberLine(live: LiveNumbers | undefined, page: Page): string[] {
  if (live === undefined) return [];
  const words = Object.entries(NUMBER_WORDS).flatMap(([key, word]) => {
    const value = live[key as keyof LiveNumbers];
    return value === undefined ? [] : [`${value.toLocaleString('en-US')} ${word}`];
  });
  return words.length === 0 ? [] : labelled('now', words.join(', '), page);
}

const NUMBER_WORDS: Readonly<Record<keyof LiveNumbers, string>> = {
  messages: 'messages',
  unacknowledged: 'unacknowledged',
  consumers: 'consumers',
  connections: 'connections',
  publishedPerSecond: 'published/s',
  deliveredPerSecond: 'delivered/s',
};

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
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const width = broken.length === 0 ? firstWidth : restWidth;
    if (line === '' || displayWidth(longer) <= width) line = longer;
    else {
      broken.push(line);
      line = word;
    }
  }
  return [...broken, line];
}

const COUNT_WORDS: Readonly<Record<ChangeClass, string>> = {
  security: 'security',
  destructive: 'destructive',
  disruptive: 'disruptive',
  safe: 'safe',
  none: 'without effect',
};

function summary({ summary: { byClass }, changes }: TopologyDiff): string {
  const counts = [...CHANGE_CLASSES]
    .reverse()
    .filter((each) => byClass[each] > 0)
    .map((each) => `${byClass[each].toLocaleString('en-US')} ${COUNT_WORDS[each]}`);
  return `${changes.length.toLocaleString('en-US')} ${changes.length === 1 ? 'change' : 'changes'}: ${counts.join(', ')}`;
}
