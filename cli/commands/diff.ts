import { diffTopologies } from '../../topology/diff/index';
import { CHANGE_CLASSES, isAtLeastAsBad } from '../../topology/diff/model';
import type { ChangeClass, TopologyDiff } from '../../topology/diff/model';
import { renderDiffAsAnnotations } from '../../topology/render/diff/annotations';
import type { DiffSides } from '../../topology/render/diff/graph';
import { renderDiffAsHtml } from '../../topology/render/diff/html';
import { renderDiffAsJson } from '../../topology/render/diff/json';
import { renderDiffAsMarkdown } from '../../topology/render/diff/markdown';
import { renderDiffAsSvg } from '../../topology/render/diff/svg';
import { renderDiffForTerminal } from '../../topology/render/diff/terminal';
import { approvalsOf } from '../approvalsOf';
import { ExitCode } from '../exitCodes';
import { readSides } from '../sides/index';
import { colorWanted, terminalWidth } from '../terminal';
import { targetOption } from '../topologyFile';
import { UserError } from '../userError';

export interface DiffOptions {
  readonly format: string;
  readonly failOn?: string;
  readonly target?: string;
  readonly live?: string;
}

type Renderer = (diff: TopologyDiff, sides: DiffSides) => string | Promise<string>;

/** One line per format. */
const FORMATS: ReadonlyMap<string, Renderer> = new Map<string, Renderer>([
  [
    'terminal',
    (diff) =>
      renderDiffForTerminal(diff, {
        color: colorWanted(process.stdout),
        width: terminalWidth(process.stdout),
      }),
  ],
  ['markdown', (diff, sides) => renderDiffAsMarkdown(diff, sides)],
  ['html', renderDiffAsHtml],
  ['svg', renderDiffAsSvg],
  ['github', renderDiffAsAnnotations],
  ['approvals', approvalsOf],
  ['json', renderDiffAsJson],
]);

export const DIFF_FORMATS: readonly string[] = [...FORMATS.keys()];
export const GATES: readonly ChangeClass[] = CHANGE_CLASSES.filter((each) => each !== 'none');

/** `warren diff`: what the change from one side to the other does, to messages and to clients. */
export async function diff(base: string, head: string, options: DiffOptions): Promise<number> {
  const render = FORMATS.get(options.format);
  if (render === undefined) {
    throw new UserError(`--format ${options.format} is unknown; it can be ${DIFF_FORMATS.join(', ')}`);
  }
  const gate = gateOf(options.failOn);
  const sides = await readSides(
    { base, head },
    { ...targetOption(options.target), ...(options.live === undefined ? {} : { live: options.live }) },
  );
  const found = diffTopologies(sides.base, sides.head);
  process.stdout.write(await render(found, sides));
  return gate !== undefined && isAtLeastAsBad(found.summary.worst, gate) ? ExitCode.findings : ExitCode.ok;
}

/** @throws UserError for what is no class of changes */
export function gateOf(failOn: string | undefined): ChangeClass | undefined {
  if (failOn === undefined) return undefined;
  const gate = GATES.find((each) => each === failOn);
  if (gate === undefined)
    throw new UserError(`--fail-on ${failOn} is unknown; it can be ${GATES.join(', ')}`);
  return gate;
}
