/** Names that only an overlay has: something new, or something of the base with a slip of the pen. */
import { OVERLAY_NAME } from '../rules/compositionCodes';
import type { Diagnostic, SourcePosition } from '../diagnostics';
import { capitalised, compareNames, nearest, quoteList, withArticle } from '../names';
import { keyPosition } from '../source/index';
import type { Addition } from './overlay';
import { describePath, nounOf } from './sections';

/** Shorter names are near to each other by chance: `sms` and `mms`, `eu` and `us`. */
const COMPARED_LENGTH_MIN = 4;

/** Who adds more objects at one place than this does it on purpose. */
const COMPARED_MAX = 50;

/** New objects whose name looks like one of the base's. */
export function remarksOn(additions: readonly Addition[]): Diagnostic[] {
  return additions.flatMap((addition): Diagnostic[] => {
    const meant = meantName(addition);
    if (meant === undefined) return [];
    const { path, tree, baseFile } = addition;
    const noun = nounOf(path);
    return [
      {
        code: OVERLAY_NAME,
        severity: 'warning',
        message: `${capitalised(describePath(path))} is new; ${baseFile} has ${withArticle(noun)} "${meant}".`,
        reason:
          'A name with a slip of the pen makes a second object, and leaves the one that was meant as it is.',
        help: `Write "${meant}" if that is meant.`,
        position: keyPosition(tree.node),
      },
    ];
  });
}

/** A new object that lacks what every one needs is mostly meant as a change of one that is there. */
export function explainMissing(
  faults: readonly Diagnostic[],
  additions: readonly Addition[],
): readonly Diagnostic[] {
  const byPlace = new Map(additions.map((addition) => [placeKey(keyPosition(addition.tree.node)), addition]));
  return faults.map((fault) => {
    const { code, position, help } = fault;
    const addition = position === undefined ? undefined : byPlace.get(placeKey(position));
    if (code !== 'missing-key' || addition === undefined) return fault;
    const { path, known, baseFile } = addition;
    const noun = nounOf(path);
    const name = String(path.at(-1));
    const meant = nearest(name, known);
    const others = known.length === 0 ? '' : ` ${baseFile} has ${quoteList([...known].sort(compareNames))}.`;
    return {
      ...fault,
      reason: `${baseFile} has no ${noun} "${name}": this defines a new one, which needs all that belongs to it.`,
      help:
        meant === undefined
          ? `${help ?? ''}${others}`.trim()
          : `Did you mean "${meant}"? Else: ${help ?? ''}`,
    };
  });
}

/** The name of the base that is so like the new one that it may be meant. */
function meantName({ path, known, beside }: Addition): string | undefined {
  if (beside.length > COMPARED_MAX) return undefined;
  const name = String(path.at(-1));
  if (name.length < COMPARED_LENGTH_MIN) return undefined;
  // Who writes both knows the difference.
  const others = known.filter((other) => !beside.includes(other) && !isCounted(name, other));
  return nearest(name, others);
}

/** retry.2 and retry.3 are a series. */
function isCounted(a: string, b: string): boolean {
  const withoutNumbers = (text: string): string => text.replace(/\d+/g, '');
  return /\d/.test(a) && withoutNumbers(a) === withoutNumbers(b);
}

function placeKey({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}
