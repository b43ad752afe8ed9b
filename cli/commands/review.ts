import { appendFileSync, existsSync } from 'node:fs';
import * as path from 'node:path';
import { diffTopologies } from '../../topology/diff/index';
import { isAtLeastAsBad, worstOf } from '../../topology/diff/model';
import type { ChangeClass, Side, TopologyDiff } from '../../topology/diff/model';
import type { NoText, Target } from '../../topology/index';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { renderDiffAsAnnotations } from '../../topology/render/diff/annotations';
import type { DiffSides } from '../../topology/render/diff/graph';
import { renderDiffAsMarkdown } from '../../topology/render/diff/markdown';
import { countsInWords } from '../../topology/render/diff/outline';
import { printable } from '../../topology/render/terminalText';
import { reviewOfJob } from '../codeHosts/index';
import { readLabel } from '../codeHosts/approvalLabel';
import type { Reading } from '../codeHosts/approvalLabel';
import { writeComment } from '../codeHosts/oneComment';
import type { Review } from '../codeHosts/review';
import { ExitCode } from '../exitCodes';
import { foreignFiles, mergeBase, movesSince, repository, textAt } from '../sides/gitFiles';
import type { Moves } from '../sides/gitFiles';
import { loadSource, sideOfResult } from '../sides/index';
import { loadForeignTopology } from '../topologyFile';
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
 * A topology that the branch deletes is compared with nothing, whether or not it is named: renaming a file, or leaving
 * it out, passes no gate.
 */
export async function review(files: readonly string[], options: ReviewOptions): Promise<number> {
  const gate = gateOf(options.failOn);
  const place = reviewOfJob(process.env);
  const { root, prefix } = repository();
  // Annotations and comments name files as the repository does.
  process.chdir(root);
  const base = mergeBase(options.base ?? place.baseRevision);
  const moves = movesSince(base);
  const named = files.map((file) => path.posix.normalize(path.posix.join(prefix, file)));
  const going = deletedTopologies(base, moves, named);
  // Findings quote lines, and a branch may name any file of this machine, or put a link in the place of its own.
  const refuse = foreignFiles(root);
  const { approvalLabel } = options;
  const approval: Reading =
    approvalLabel === undefined ? { isApproved: false } : await readLabel(place, approvalLabel);
  if (approval.note !== undefined) say(approval.note);
  const verdicts: Verdict[] = [];
  for (const file of new Set([...named, ...going]))
    verdicts.push(await reviewFile(file, { base, moves, place, refuse, note: approval.note }));
  if (verdicts.includes('faulty')) return ExitCode.findings;
  if (gate === undefined) return ExitCode.ok;
  const worst = worstOf(verdicts.filter((each) => each !== 'faulty' && each !== 'unknown'));
  const isUnknown = verdicts.includes('unknown');
  if (!isUnknown && !isAtLeastAsBad(worst, gate)) return ExitCode.ok;
  return judged(place, options, approval, isUnknown ? "can't be compared" : `is ${worst}`);
}

/** `unknown`: there is nothing valid to compare with. `faulty`: the topology has errors. */
type Verdict = ChangeClass | 'unknown' | 'faulty';

interface Context {
  readonly base: string;
  readonly moves: Moves;
  readonly place: Review;
  readonly refuse: (file: string) => NoText | undefined;
  /** What the report says before all else. */
  readonly note: string | undefined;
}

function judged(
  place: Review,
  { failOn, approvalLabel }: ReviewOptions,
  { isApproved, note }: Reading,
  verdict: string,
): number {
  if (isApproved) {
    say(`The label "${approvalLabel}" approves it.`);
    return ExitCode.ok;
  }
  const wayOut =
    approvalLabel === undefined || note !== undefined
      ? ''
      : ` Whoever may approve that gives ${place.inWords} the label "${approvalLabel}".`;
  say(`This change ${verdict}: --fail-on ${failOn} refuses it.${wayOut}`);
  return ExitCode.findings;
}

/** Those that nobody names any more; what only others include goes with them. */
function deletedTopologies(
  base: string,
  { deleted, renamed }: Moves,
  named: readonly string[],
): readonly string[] {
  const moved = [...renamed].flatMap(([to, from]) => (named.includes(to) ? [] : [from]));
  return [...deleted, ...moved].filter(
    (file) =>
      /\.ya?ml$/.test(file) && /^warren:/m.test(textAt(base, file) ?? '') && load(base, file) !== undefined,
  );
}

async function reviewFile(file: string, { base, moves, place, refuse, note }: Context): Promise<Verdict> {
  const before = textAt(base, file) === undefined ? moves.renamed.get(file) : file;
  const old = before === undefined ? undefined : load(base, before);
  const isGone = before === file && !existsSync(file);
  const head = isGone ? old && nothing(file, old.target) : headOf(file, refuse);
  if (head === undefined) return 'faulty';
  if (before !== undefined && old === undefined) {
    say(`${file}: ${before} has errors at ${base.slice(0, 10)}, so there is nothing to compare with.`);
    return 'unknown';
  }
  const sides = { base: old ?? nothing(`no ${file}`, head.target), head };
  const diff = diffTopologies(sides.base, sides.head);
  if (isAnnotated()) process.stdout.write(renderDiffAsAnnotations(diff));
  say(`${file}: ${diff.changes.length === 0 ? 'nothing changes' : countsInWords(diff)}`);
  await report(place, diff, sides, note);
  return diff.summary.worst;
}

/** Undefined where it has errors. */
function headOf(file: string, refuse: Context['refuse']): Side | undefined {
  const result = loadForeignTopology(file, refuse);
  const format = isAnnotated() ? 'github' : 'text';
  const findings = renderDiagnostics(result.diagnostics, result.sources, { format, color: false });
  if (findings !== '') process.stdout.write(`${findings}\n`);
  return sideOfResult(file, result);
}

/** A topology as it was; undefined where it has errors. */
function load(commit: string, file: string): Side | undefined {
  return sideOfResult(`${file} at ${commit.slice(0, 10)}`, loadSource(`git:${commit}:${file}`, {}));
}

/** A topology that is new, or gone. */
function nothing(name: string, target: Target): Side {
  return { name, objects: [], target };
}

async function report(place: Review, diff: TopologyDiff, sides: DiffSides, note?: string): Promise<void> {
  const markdown = renderDiffAsMarkdown(diff, sides, note === undefined ? {} : { note });
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
