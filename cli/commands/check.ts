import * as path from 'node:path';
import type { Diagnostic, Severity } from '../../topology/diagnostics';
import { nearest } from '../../topology/names';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { renderExplanation } from '../../topology/render/ruleReference';
import { CODES, describeCode } from '../../topology/rules/index';
import { ExitCode } from '../exitCodes';
import { loadTopologyFile, targetOption } from '../topologyFile';
import { UserError } from '../userError';
import { colorWanted } from '../terminal';

export interface CheckOptions {
  readonly format: string;
  readonly failOn: string;
  readonly target?: string;
  readonly explain?: string;
}

const FORMATS = ['text', 'json', 'github'] as const;
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** `warren check`: findings of all files, in one report; or what there is to say about one code. */
export function check(files: readonly string[], options: CheckOptions): Promise<number> {
  if (options.explain !== undefined) return explain(options.explain, options.format);
  if (files.length === 0) throw new UserError('name a topology file, or a code with --explain');
  const format = oneOf('--format', options.format, FORMATS);
  const failOn = oneOf('--fail-on', options.failOn, SEVERITIES);
  const target = targetOption(options.target);
  const results = files.map((file) => loadTopologyFile(file, target));
  const sources = new Map(results.flatMap((result) => [...result.sources]));
  const found = withoutRepetitions(results.flatMap(({ diagnostics }) => diagnostics));

  const report = renderDiagnostics(found, sources, { format, color: colorWanted(process.stdout) });
  if (report !== '') process.stdout.write(report.endsWith('\n') ? report : `${report}\n`);
  if (format === 'text') process.stdout.write(`${summary(found, files.length)}\n`);
  const isBad = found.some((one) => SEVERITIES.indexOf(one.severity) <= SEVERITIES.indexOf(failOn));
  return Promise.resolve(isBad ? ExitCode.findings : ExitCode.ok);
}

function explain(code: string, format: string): Promise<number> {
  const description = describeCode(code);
  if (description === undefined) {
    const meant = nearest(
      code,
      CODES.map((each) => each.code),
    );
    const hint = meant === undefined ? 'docs/rules.md lists all codes' : `did you mean ${meant}?`;
    throw new UserError(`there is no rule ${code}: ${hint}`);
  }
  const text = renderExplanation(description, { format: oneOf('--format', format, ['text', 'json']) });
  process.stdout.write(`${text}\n`);
  return Promise.resolve(ExitCode.ok);
}

/** A finding in a base is found again in every overlay over it. It is told once, of the base alone where that has it. */
function withoutRepetitions(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, position } = diagnostic;
    const file = position && path.normalize(position.file);
    const key = JSON.stringify([code, message, { ...position, file }]);
    const earlier = found.get(key);
    if (earlier === undefined || (earlier.via !== undefined && diagnostic.via === undefined)) {
      found.set(key, diagnostic);
    }
  }
  return [...found.values()];
}

function summary(found: readonly Diagnostic[], fileCount: number): string {
  const files = fileCount === 1 ? '1 file' : `${fileCount} files`;
  if (found.length === 0) return `${files}: no findings`;
  const counts = SEVERITIES.map((severity) => [
    found.filter((one) => one.severity === severity).length,
    severity,
  ])
    .filter(([count]) => count !== 0)
    .map(
      ([count, severity]) =>
        `${count ?? 0} ${severity ?? ''}${count === 1 || severity === 'info' ? '' : 's'}`,
    );
  return `${files}: ${counts.join(', ')}`;
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw new UserError(`${option} ${value} is unknown; it can be ${allowed.join(', ')}`);
}
