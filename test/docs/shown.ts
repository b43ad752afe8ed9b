/** Whether a program says what a page shows of it. */

/**
 * The first difference, in words; undefined where there is none. A line `…` (or `[… words …]`) in what is shown stands
 * for any lines, and `…` within a line for any text.
 */
export function differenceOf(shown: string, said: string): string | undefined {
  const lines = linesOf(said);
  const runs = runsOf(linesOf(shown));
  let at = 0;
  for (const [index, run] of runs.entries()) {
    const isLast = index === runs.length - 1;
    const starts = lines.map((_, start) => start).filter((start) => start >= at && fits(run, lines, start));
    // What stands at the very beginning or end of a page's output stands there in what is said, too.
    const found = index === 0 ? starts.find((start) => start === 0) : isLast ? starts.at(-1) : starts[0];
    if (run.length === 0) continue;
    if (found === undefined) {
      return `the page shows\n${run.join('\n')}\nand it says\n${lines.slice(at).join('\n')}`;
    }
    at = found + run.length;
  }
  const isOpen = runs.at(-1)?.length === 0;
  return isOpen || at === lines.length
    ? undefined
    : `after what the page shows it says\n${lines.slice(at).join('\n')}`;
}

/** The lines between gaps; the first or the last is empty where a gap stands there. */
function runsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const runs: string[][] = [[]];
  for (const line of lines) {
    if (isGap(line)) runs.push([]);
    else runs.at(-1)?.push(line);
  }
  return runs;
}

function fits(run: readonly string[], lines: readonly string[], start: number): boolean {
  return run.every((line, index) => patternOf(line).test(lines[start + index] ?? ''));
}

function linesOf(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function isGap(line: string): boolean {
  return /^\s*(…|\[….*…\])$/.test(line);
}

function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u');
}
