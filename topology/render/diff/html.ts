/**
 * A diff as one page: the picture of the topology before and after, whose nodes lead to what becomes of them, and every
 * change with its reasons. Nothing is loaded from elsewhere; without JavaScript only the search is missing.
 */
import { createHash } from 'node:crypto';
import { CHANGE_CLASSES } from '../../diff/model';
import type { Change, ChangeClass, Effect, Reason, TopologyDiff } from '../../diff/model';
import { idOfNamed } from '../../diff/ids';
import { subjectInWords } from '../../diff/effects';
import { changedPart, diffGraph } from './graph';
import type { DiffSides, GraphNode } from './graph';
import { PAGE_SCRIPT, PAGE_STYLE } from './htmlStyle';
import { placed } from './layout';
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
import type { Entry, Section } from './outline';
import { NODES_MAX, drawing, noteOn } from './svg';
import { xmlText } from './xmlText';

const NAMES_MAX = 20;

export async function renderDiffAsHtml(diff: TopologyDiff, sides: DiffSides): Promise<string> {
  const title = diff.changes.length === 0 ? 'Nothing changes' : countsInWords(diff);
  const sections = outline(diff);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<title>RabbitMQ topology: ${xmlText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1>RabbitMQ topology: ${xmlText(title)}</h1>
<p><code>${xmlText(diff.base.name)}</code> → <code>${xmlText(diff.head.name)}</code>, for RabbitMQ ${targetsInWords(diff)}</p>
${controls(diff)}
<main>
${await picture(diff, sides, sections)}
${sections.map(sectionElement).join('\n')}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** Whatever a name might smuggle in: no other script runs, and nothing is loaded. */
function policy(): string {
  const hash = createHash('sha256').update(PAGE_SCRIPT).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** Style heeds them: they work without a script. */
function controls({ summary: { byClass } }: TopologyDiff): string {
  const views = ['both', 'before', 'after'].map((each) => {
    const isFirst = each === 'both';
    const words = isFirst ? 'before and after' : each;
    return `<label><input type="radio" name="view" id="${each}"${isFirst ? ' checked' : ''}>${words}</label>`;
  });
  const classes = [...CHANGE_CLASSES]
    .reverse()
    .filter((each) => byClass[each] > 0)
    .map((each) => {
      const words = `${wordOf(each)} (${byClass[each].toLocaleString('en-US')})`;
      return `<label class="class ${each}"><input type="checkbox" id="show-${each}" checked>${words}</label>`;
    });
  return `<div>${views.join('\n')}</div>
<div>${classes.join('\n')}</div>
<div><input id="words" type="search" placeholder="Only with these words" aria-label="Only with these words" hidden></div>`;
}

function wordOf(each: ChangeClass): string {
  return each === 'none' ? 'no effect' : each;
}

async function picture(diff: TopologyDiff, sides: DiffSides, sections: readonly Section[]): Promise<string> {
  const whole = diffGraph(diff, sides);
  const part = whole.nodes.length <= NODES_MAX ? { ...whole, leftOut: 0 } : changedPart(whole, NODES_MAX);
  if (part.nodes.length === 0) return `<p class="quiet">${xmlText(noteOn(part).trim())}</p>`;
  const graph = await placed(part);
  const links = linksOf(sections);
  const { width, height } = graph;
  const note = noteOn(part);
  return `<div class="graph"><svg class="picture" role="img" aria-label="The topology" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}">
${drawing(graph, ({ id }: GraphNode) => links.get(id))}
</svg></div>
<p class="quiet">Green comes, red and dashed goes, red changes by being deleted and created again, yellow changes in place. Whatever changes leads to its description.${xmlText(note)}</p>`;
}

/** From the ids of exchanges and queues to the anchors of what changes them; what is only counted leads to its whole. */
function linksOf(sections: readonly Section[]): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  const entries = sections.flatMap((section) => section.entries);
  for (const { change, step } of entries) {
    for (const { subject } of change.effects)
      links.set(idOfNamed(subject.kind, subject.vhost, subject.name), `#${anchor(step)}`);
  }
  for (const { change, step, parts } of entries) {
    for (const { id } of [...parts, change]) links.set(id, `#${anchor(step)}`);
    if (change.change === 'renamed') links.set(change.from, `#${anchor(step)}`);
  }
  return links;
}

function anchor(step: number): string {
  return `change-${step}`;
}

function sectionElement({ class: its, entries }: Section): string {
  const heading = `${xmlText(HEADINGS[its])} (${entries.length.toLocaleString('en-US')})`;
  return `<h2 class="class ${its}">${heading}</h2>\n${entries.map(entryElement).join('\n')}`;
}

function entryElement(entry: Entry): string {
  const { change, step, parts } = entry;
  const position = change.positions.head ?? change.positions.base;
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}`;
  const items = [
    ...('fields' in change
      ? change.fields.map((field) => `<li><code>${xmlText(fieldInWords(field))}</code></li>`)
      : []),
    ...change.reasons.map(reasonItem),
    ...effectGroups(change.effects).map(effectItem),
  ];
  const list = items.length === 0 ? '' : `\n<ul>${items.join('')}</ul>`;
  return `<section class="change ${change.class}" id="${anchor(step)}">
<h3>${xmlText(headline(entry))}</h3>${where === '' ? '' : `<p class="quiet"><code>${xmlText(where)}</code></p>`}${list}
<dl>${facts(change, step, parts)}</dl>
</section>`;
}

function facts(change: Change, step: number, parts: readonly Change[]): string {
  const rows: readonly (readonly [string, string])[] = [
    ['now', numbersInWords(change.live)],
    ['users', listed(change.users, NAMES_MAX)],
    ['workers', listed(workersOf(change), NAMES_MAX)],
    [
      'with it',
      listed(
        parts.map(({ id }) => id),
        NAMES_MAX,
      ),
    ],
    ['up', [`step ${step}`, ...change.steps].join('; ')],
  ];
  return rows
    .filter(([, text]) => text !== '')
    .map(([word, text]) => `<dt>${word}</dt><dd>${xmlText(text)}</dd>`)
    .join('');
}

function reasonItem({ class: its, why, instead }: Reason): string {
  const better = instead === undefined ? '' : ` <span class="instead">${xmlText(instead)}</span>`;
  return `<li><span class="class ${its}">${wordOf(its)}</span> ${xmlText(why)}${better}</li>`;
}

function effectItem(group: readonly Effect[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const names = group.map(({ subject, live }) => {
    const now = numbersInWords(live);
    return `${subjectInWords(subject)}${now === '' ? '' : ` (now ${now})`}`;
  });
  const what = first.fields.length === 0 ? '' : `: ${effectInWords(first)}`;
  const reasons = first.reasons.length === 0 ? '' : `<ul>${first.reasons.map(reasonItem).join('')}</ul>`;
  return `<li>${xmlText(`${listed(names, NAMES_MAX)}${what}`)}${reasons}</li>`;
}
