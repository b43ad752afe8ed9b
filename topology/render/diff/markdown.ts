/**
 * A diff as the comment of a pull request: the summary first, details folded, a picture of the changed part. However
 * large the change is, the comment stays within its limit, and says what it leaves out.
 */
import type { ChangeClass, Effect, Reason, TopologyDiff } from '../../diff/model';
import { subjectInWords } from '../../diff/effects';
import { changedPart, diffGraph } from './graph';
import type { DiffSides } from './graph';
import { code, sentence } from './markdownText';
import { renderMermaid } from './mermaid';
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
  reasonsOf,
  workersOf,
} from './outline';
import type { Entry, Section } from './outline';
import { shortened } from './safeText';

export interface MarkdownOptions {
  /** In characters. GitHub takes 65,536, GitLab 1,000,000. */
  readonly lengthMax?: number;
  /** A sentence that comes before the changes. */
  readonly note?: string;
}

/** By this the comment on a topology is found again: a line of its own, in which no name ends the HTML comment. */
export function commentMarker(name: string): string {
  return `<!-- warren diff ${name.replace(/[^\w./-]/g, '_').replace(/-{2,}/g, '-')} -->`;
}

const LENGTH_MAX = 60_000;
const NODES_MAX = 40;
const ROWS_MAX = 20;
const ROW_NAMES_MAX = 4;
const NAMES_MAX = 8;
const ROW_TEXT_MAX = 300;
const NOTE_MAX = 1000;

const ICONS: Readonly<Record<ChangeClass, string>> = {
  security: '🟣',
  destructive: '🔴',
  disruptive: '🟠',
  safe: '🟢',
  none: '⚪',
};

export function renderDiffAsMarkdown(
  diff: TopologyDiff,
  sides: DiffSides,
  { lengthMax = LENGTH_MAX, note }: MarkdownOptions = {},
): string {
  const { worst } = diff.summary;
  const title = diff.changes.length === 0 ? 'nothing changes' : countsInWords(diff);
  const head = [
    commentMarker(diff.head.name),
    `### ${diff.changes.length === 0 ? ICONS.none : ICONS[worst]} RabbitMQ topology: ${title}`,
    `${code(shortened(diff.base.name, ROW_TEXT_MAX))} → ${code(shortened(diff.head.name, ROW_TEXT_MAX))}, for RabbitMQ ${targetsInWords(diff)}`,
    ...(note === undefined ? [] : [`> ${sentence(shortened(note, NOTE_MAX))}`]),
  ];
  if (diff.changes.length === 0) return `${head.join('\n\n')}\n`;
  const sections = outline(diff);
  const page = new Page(lengthMax);
  page.add([...head, table(sections)].join('\n\n'));
  page.add(picture(diff, sides));
  for (const section of sections) addSection(page, section);
  return page.text();
}

/** Blocks, as long as there is room; what has none is counted. */
class Page {
  readonly #blocks: string[] = [];
  #room: number;
  #leftOut = 0;

  constructor(lengthMax: number) {
    this.#room = lengthMax - 200; // for the closing line
  }

  /** False where there is no room for it. */
  add(block: string): boolean {
    const length = block.length + 2;
    if (block === '' || length > this.#room) return block === '';
    this.#room -= length;
    this.#blocks.push(block);
    return true;
  }

  fits(length: number): boolean {
    return length + 2 <= this.#room;
  }

  leaveOut(count: number): void {
    this.#leftOut += count;
  }

  text(): string {
    const closing =
      this.#leftOut === 0
        ? []
        : [
            `_There is no room here for the details of ${this.#leftOut.toLocaleString('en-US')} more: <code>warren diff</code> shows all._`,
          ];
    return `${[...this.#blocks, ...closing].join('\n\n')}\n`;
  }
}

function table(sections: readonly Section[]): string {
  const worth = sections.filter((section) => section.class !== 'safe' && section.class !== 'none');
  const groups = alike(worth.flatMap((section) => section.entries));
  if (groups.length === 0) return 'Nobody is cut off, and nothing is lost.';
  const rows = groups.slice(0, ROWS_MAX).map(row);
  const more = groups.slice(ROWS_MAX).flat().length;
  return [
    '| | Change | What it does |',
    '|---|---|---|',
    ...rows,
    ...(more === 0 ? [] : [`| | and ${more.toLocaleString('en-US')} more | |`]),
  ].join('\n');
}

/** Those to which the same happens for the same reason stand in one row, those with the most messages first. */
function alike(entries: readonly Entry[]): Entry[][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { change } = entry;
    const key = JSON.stringify([change.class, change.kind, change.change, mainReason(entry)?.code]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => messagesIn(b) - messagesIn(a)));
}

function messagesIn({ change }: Entry): number {
  return change.live?.messages ?? 0;
}

/** The first of the worst. */
function mainReason({ change }: Entry): Reason | undefined {
  const reasons = reasonsOf(change);
  return reasons.find((each) => each.class === change.class) ?? reasons[0];
}

function row(group: readonly Entry[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const names = group.slice(0, ROW_NAMES_MAX).map(({ change, parts }) => {
    const along = parts.length === 0 ? '' : ` and ${parts.length} with it`;
    const now = numbersInWords(change.live);
    const numbers = now === '' ? '' : `, <b>now ${sentence(now)}</b>`;
    return `${code(shortened(headline({ change, parts: [] }), ROW_TEXT_MAX))}${along}${numbers}`;
  });
  const more = group.length - names.length;
  const what = [...names, ...(more === 0 ? [] : [`and ${more.toLocaleString('en-US')} more`])].join('<br>');
  const why = sentence(shortened(mainReason(first)?.why ?? '', ROW_TEXT_MAX));
  const likewise = group.length === 1 ? '' : ' The others likewise.';
  return `| ${ICONS[first.change.class]} ${first.change.class} | ${what} | ${why}${likewise} |`;
}

function picture(diff: TopologyDiff, sides: DiffSides): string {
  const part = changedPart(diffGraph(diff, sides), NODES_MAX);
  const drawing = renderMermaid(part);
  if (drawing === '') return '';
  const note =
    part.leftOut === 0 ? '' : `\n\n${part.leftOut.toLocaleString('en-US')} more changed are not drawn.`;
  return `<details open><summary>What changes, with its neighbours</summary>\n\n\`\`\`mermaid\n${drawing}\`\`\`\n\nGreen comes, red and dashed goes, yellow changes.${note}\n</details>`;
}

/** As many of its changes as there is room for. */
function addSection(page: Page, { class: its, entries }: Section): void {
  const opening = (count: number): string =>
    `<details><summary>${ICONS[its]} ${HEADINGS[its]} (${count.toLocaleString('en-US')})</summary>`;
  const isShort = its === 'safe' || its === 'none';
  const blocks: string[] = [];
  let length = opening(entries.length).length + '\n\n\n</details>'.length;
  for (const entry of entries) {
    const block = isShort ? shortBlock(entry) : longBlock(entry);
    if (!page.fits(length + block.length + 2)) break;
    length += block.length + 2;
    blocks.push(block);
  }
  page.leaveOut(entries.length - blocks.length);
  if (blocks.length === 0) return;
  page.add([opening(entries.length), ...blocks, '</details>'].join('\n\n'));
}

function shortBlock(entry: Entry): string {
  const { change } = entry;
  const fields = 'fields' in change ? change.fields : [];
  return [
    `- ${code(headline(entry))}`,
    ...fields.map((field) => `  - ${sentence(fieldInWords(field))}`),
    ...change.effects
      .filter((effect) => effect.fields.length > 0)
      .slice(0, NAMES_MAX)
      .map((effect) => `  - ${sentence(`${subjectInWords(effect.subject)}: ${effectInWords(effect)}`)}`),
    ...change.reasons.map(({ why }) => `  - ${sentence(why)}`),
  ].join('\n');
}

function longBlock(entry: Entry): string {
  const { change, step } = entry;
  const position = change.positions.head ?? change.positions.base;
  const where = position === undefined ? '' : ` at ${code(`${position.file}:${position.line}`)}`;
  const fields = 'fields' in change ? change.fields : [];
  return [
    `**${code(headline(entry))}**${where}`,
    [
      ...fields.map((field) => `- ${sentence(fieldInWords(field))}`),
      ...change.reasons.flatMap(reasonLines),
      ...effectGroups(change.effects).flatMap(effectLines),
      ...line('now', numbersInWords(change.live)),
      ...line('users', change.users.join(', ')),
      ...line('workers', workersOf(change).join(', ')),
      ...line('up', [`step ${step}`, ...change.steps].join('; ')),
    ].join('\n'),
  ].join('\n\n');
}

function reasonLines({ class: its, why, instead }: Reason): string[] {
  return [
    `- ${ICONS[its]} ${sentence(why)}`,
    ...(instead === undefined ? [] : [`  - _${sentence(instead)}_`]),
  ];
}

function effectLines(group: readonly Effect[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = listed(
    group.map(({ subject }) => subjectInWords(subject)),
    NAMES_MAX,
  );
  const what = first.fields.length === 0 ? '' : `: ${effectInWords(first)}`;
  return [
    `- ${sentence(`${names}${what}`)}`,
    ...group.slice(0, NAMES_MAX).flatMap(({ live }) => line('now', numbersInWords(live))),
    ...first.reasons.flatMap(reasonLines).map((each) => `  ${each}`),
  ];
}

function line(label: string, text: string): string[] {
  return text === '' ? [] : [`- ${label}: ${sentence(text)}`];
}
