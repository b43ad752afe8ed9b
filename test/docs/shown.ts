/** Whether a program says what a page shows of it. */

/**
 * The first difference, in words; undefined where there is none. A line `…` (or `[… words …]`) in what is shown stands
 * for any lines, and `…` within a line for any text.
 */
export function differenceOf(shown: string, said: string): string | undefined {
  const wanted = linesOf(shown);
  const lines = linesOf(said);
  let at = 0;
  for (const [index, line] of wanted.entries()) {
    if (isGap(line)) continue;
    const pattern = patternOf(line);
    const found = lines.findIndex((candidate, place) => place >= at && pattern.test(candidate));
    const mayBeLater = index > 0 && isGap(wanted[index - 1] ?? '');
    if (found === -1 || (found > at && !mayBeLater)) {
      return `the page shows\n${line}\nand it says\n${lines.slice(at).join('\n')}`;
    }
    at = found + 1;
  }
  const isOpen = isGap(wanted.at(-1) ?? '');
  return isOpen || at === lines.length
    ? undefined
    : `after what the page shows it says\n${lines.slice(at).join('\n')}`;
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
