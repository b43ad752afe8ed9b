/** What an import made of what, for people. */
import type { Diagnostic, Severity } from '../diagnostics';
import { isHanging, type LeftOut } from '../import/leftOut';
import { counted } from '../import/report';
import type { ImportReport, ReportLine } from '../import/report';
import { quoteList } from '../names';
import type { BrokerObject } from '../objects';

const SHOWN_MAX = 20;
const NAMES_MAX = 5;

export interface ImportContext {
  /** That it was written to; undefined where it went to stdout. */
  readonly file: string | undefined;
  /** Of the topology that was written. */
  readonly findings: readonly Diagnostic[];
  /** Queues that belong to one connection. */
  readonly exclusive: readonly string[];
}

export function renderImportReport(
  { recognised, verbatim, leftOut, inTheWay, differences }: ImportReport,
  { file, findings, exclusive }: ImportContext,
): string {
  const named = leftOut.filter(({ object }) => !isHanging(object));
  return [
    ...section('Recognised', recognised.map(inWords)),
    ...section("In RabbitMQ's own words", verbatim.map(inWords)),
    ...section('Left out', [
      ...leftOutInWords(named),
      ...(exclusive.length === 0
        ? []
        : [`queue (exclusive: it goes with its connection): ${quoteList(exclusive, NAMES_MAX)}`]),
    ]),
    ...section('In the way of the target', inTheWay.map(inWords)),
    ...section('Not the same as before: please report it', differences),
    '',
    `${counted(recognised.length, 'intent')} recognised, ${verbatim.length} kept in RabbitMQ's own words, ${counted(named.length + exclusive.length, 'object')} left out.`,
    findingsInWords(findings, file),
    '',
  ]
    .map(printable)
    .join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - SHOWN_MAX;
  return [
    `${title}:`,
    ...lines.slice(0, SHOWN_MAX).map((line) => `  ${line}`),
    ...(more > 0 ? [`  … and ${more.toLocaleString('en')} more`] : []),
  ];
}

function inWords({ vhost, text }: ReportLine): string {
  return vhost === undefined ? text : `${vhost}: ${text}`;
}

function leftOutInWords(leftOut: readonly LeftOut[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { object, why } of leftOut) {
    const key = `${object.kind} (${why})`;
    groups.set(key, [...(groups.get(key) ?? []), nameOf(object)]);
  }
  return [...groups].map(([what, names]) => `${what}: ${quoteList(names, NAMES_MAX)}`);
}

function nameOf(object: BrokerObject): string {
  if (object.kind === 'binding') return `${object.source} → ${object.destination}`;
  if ('name' in object) return object.name;
  return 'user' in object ? object.user : object.vhost;
}

function findingsInWords(findings: readonly Diagnostic[], file: string | undefined): string {
  const count = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors + warnings === 0) {
    return file === undefined
      ? 'warren check has nothing to say against it.'
      : `warren check ${file}: nothing to say against it.`;
  }
  return `warren check${file === undefined ? '' : ` ${file}`} finds ${counted(errors, 'error')} and ${counted(warnings, 'warning')}, about what was there before.`;
}

/** A hostile name must not move the cursor or colour the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
}
