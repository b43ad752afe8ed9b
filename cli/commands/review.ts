import { appendFileSync, existsSync } from 'node:fs';
import { diffTopologies } from '../../topology/diff/index';
import { isAtLeastAsBad, worstOf } from '../../topology/diff/model';
import type { ChangeClass, Side, TopologyDiff } from '../../topology/diff/model';
import { sideOfTopology } from '../../topology/diff/side';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { renderDiffAsAnnotations } from '../../topology/render/diff/annotations';
import type { DiffSides } from '../../topology/render/diff/graph';
import { renderDiffAsMarkdown } from '../../topology/render/diff/markdown';
import { countsInWords } from '../../topology/render/diff/outline';
import { printable } from '../../topology/render/terminalText';
import { reviewOfJob } from '../codeHosts/index';
import { writeComment } from '../codeHosts/oneComment';
import type { Review } from '../codeHosts/review';
import { ExitCode } from '../exitCodes';
import { fileAt, mergeBase } from '../sides/gitFiles';
import { readSides } from '../sides/index';
import { loadTopologyFile } from '../topologyFile';
import { gateOf } from './diff';

export interface ReviewOptions {
  readonly failOn: string;
  readonly base?: string;
  readonly approvalLabel?: string;
}

/** What stands at the lines of a pull request: on GitHub only, GitLab has no such thing. */
const isAnnotated = (): boolean => process.env.GITHUB_ACTIONS === 'true';

/**
 * `warren review`: the job of a pull or merge request. Each topology is checked and compared with the one that it
 * replaces; findings and changes stand at their lines, the report in one comment each, and the exit code is the gate.
 */
export async function review(files: readonly string[], options: ReviewOptions): Promise<number> {
  const gate = gateOf(options.failOn);
  const place = reviewOfJob(process.env);
  const base = mergeBase(options.base ?? place.baseRevision);
  const classes: ChangeClass[] = [];
  let isFaulty = false;
  for (const file of files) {
    const sides = await sidesOf(file, base);
    if (sides === undefined) {
      isFaulty = true;
      continue;
    }
    const diff = diffTopologies(sides.base, sides.head);
    classes.push(diff.summary.worst);
    if (isAnnotated()) process.stdout.write(renderDiffAsAnnotations(diff));
    say(`${file}: ${diff.changes.length === 0 ? 'nothing changes' : countsInWords(diff)}`);
    await report(place, diff, sides);
  }
  if (isFaulty) return ExitCode.findings;
  const worst = worstOf(classes);
  if (gate === undefined || !isAtLeastAsBad(worst, gate)) return ExitCode.ok;
  const { approvalLabel } = options;
  if (approvalLabel !== undefined && place.labels.includes(approvalLabel)) {
    say(`The label "${approvalLabel}" approves it.`);
    return ExitCode.ok;
  }
  const wayOut =
    approvalLabel === undefined
      ? ''
      : ` Whoever may approve that gives ${place.inWords} the label "${approvalLabel}".`;
  say(`This change is ${worst}: --fail-on ${options.failOn} refuses it.${wayOut}`);
  return ExitCode.findings;
}

/** Undefined where the head has errors. */
async function sidesOf(file: string, base: string): Promise<DiffSides | undefined> {
  const { topology, objects, diagnostics, sources } = loadTopologyFile(file);
  const format = isAnnotated() ? 'github' : 'text';
  const findings = renderDiagnostics(diagnostics, sources, { format, color: false });
  if (findings !== '') process.stdout.write(`${findings}\n`);
  if (topology === undefined || objects === undefined) return undefined;
  const head = sideOfTopology(file, topology, objects);
  const name = `git:${base}:${file}`;
  if (!fileAt(base, file)) return { base: nothing(file, head), head };
  const sides = await readSides({ base: name, head: file }, {});
  return { base: { ...sides.base, name: `${file} at ${base.slice(0, 10)}` }, head };
}

/** A topology that is new. */
function nothing(file: string, { target }: Side): Side {
  return { name: `no ${file}`, objects: [], target };
}

async function report(place: Review, diff: TopologyDiff, sides: DiffSides): Promise<void> {
  const markdown = renderDiffAsMarkdown(diff, sides);
  const { GITHUB_STEP_SUMMARY: summary = '' } = process.env;
  if (summary !== '' && existsSync(summary)) appendFileSync(summary, `${markdown}\n`);
  if (place.obstacleToComment !== undefined) {
    say(`No comment on ${place.inWords}: ${place.obstacleToComment}`);
    return;
  }
  // Whoever changes nothing here needs no comment, but what an earlier commit said is to be made true.
  const done = await writeComment(place, markdown, diff.changes.length > 0);
  if (done !== 'left') say(`The comment on ${place.inWords} is ${done}.`);
}

/** A name must not begin a workflow command. */
function say(text: string): void {
  process.stdout.write(`${printable(text).replace(/^\s*::/, '')}\n`);
}
