import * as fs from 'node:fs';
import Table from 'cli-table3';
import type { ScalerConfig } from '../../scaler/config';
import { readConfig } from '../../scaler/readConfig';
import { openScaler, type FleetReport, type Round } from '../../scaler/scaler';
import { watch } from '../../scaler/watch';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { UserError } from '../userError';

export interface ScaleOptions {
  readonly config: string;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `warren scale`: one round, or one after the other until SIGTERM. */
export async function scale(options: ScaleOptions): Promise<number> {
  const isOnce = options.dryRun === true || options.json === true;
  if (options.watch === true && isOnce) {
    throw new UserError('--dry-run and --json are for one round: leave out --watch');
  }
  const config = loadConfig(options.config);
  return options.watch === true ? keepScaling(config) : scaleOnce(config, options);
}

function loadConfig(file: string): ScalerConfig {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new UserError(`the config file ${file} can't be read (${code})`);
  }
  return readConfig(text, file);
}

async function keepScaling(config: ScalerConfig): Promise<number> {
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const ending = new AbortController();
  const end = (signal: NodeJS.Signals): void => {
    if (!ending.signal.aborted) say(`${signal}: ending`);
    ending.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const scaler = openScaler(config, { onChange: say, onProblem: say });
  const limits = config.fleets.map(({ name, min, max }) =>
    min === max ? `${name} (${min})` : `${name} (${min} to ${max})`,
  );
  say(`scaling ${limits.join(', ')}; a round every ${config.intervalMs} ms`);
  await watch(scaler, { intervalMs: config.intervalMs, signal: ending.signal, say });
  await scaler.close();
  return ExitCode.ok;
}

async function scaleOnce(
  config: ScalerConfig,
  { dryRun = false, json = false }: ScaleOptions,
): Promise<number> {
  const scaler = openScaler(config, {
    onChange: createProgress(),
    // All of them stand in the report.
    onProblem: () => undefined,
    isDry: dryRun,
  });
  try {
    const round = await scaler.round();
    if (round.fleets.length === 0) throw new UserError(round.problems.map(({ text }) => text).join('\n'));
    const failures = await scaler.settled();
    const problems = [...round.problems.map(({ text }) => text), ...failures];
    process.stdout.write(json ? asJson(round, problems) : asText(round, problems, dryRun));
    return problems.length === 0 ? ExitCode.ok : ExitCode.findings;
  } finally {
    await scaler.close();
  }
}

function asText({ fleets }: Round, problems: readonly string[], isDry: boolean): string {
  const table = new Table({
    head: ['fleet', 'ready', 'unacked', 'running', 'wanted', 'consuming', isDry ? 'would be done' : 'done'],
    style: { head: [], border: [], compact: true },
  });
  for (const report of fleets) {
    const { fleet, load, running, wanted, consuming } = report;
    const counts = fleet.queues.length === 0 ? ['', ''] : [load?.ready ?? '?', load?.unacknowledged ?? '?'];
    const consumers = consuming === undefined ? '' : `${consuming} of ${running}`;
    table.push([fleet.name, ...counts, running, wanted, consumers, actionsOf(report)]);
  }
  return `${[table.toString(), ...problems].join('\n')}\n`;
}

function actionsOf({ actions }: FleetReport): string {
  return actions.map(({ job, container }) => `${job} ${container}`).join(', ');
}

function asJson({ fleets }: Round, problems: readonly string[]): string {
  const reports = fleets.map(({ fleet, load, running, wanted, consuming, actions }) => ({
    fleet: fleet.name,
    ready: load?.ready ?? null,
    unacknowledged: load?.unacknowledged ?? null,
    running,
    wanted,
    consuming: consuming ?? null,
    actions: actions.map(({ job, container, why }) => ({ job, container, why })),
  }));
  return `${JSON.stringify({ fleets: reports, problems }, undefined, 2)}\n`;
}
