/** Tables for terminals, with the patterns of permissions in their cells. */

export const NOTHING = '—';
/** A pattern over many names is broken at its bars. */
const CELL_WIDTH = 44;
const GAP = '   ';

/** Text in columns. A pattern that matches nothing is shown as a dash. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((text) => linesOf(text)));
  const widths = head.map((title, column) =>
    cells.reduce(
      (width, row) => Math.max(width, ...(row[column] ?? []).map(({ length }) => length)),
      title.length,
    ),
  );
  const write = (row: readonly string[]): string =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return [
    write(head),
    write(widths.map((width) => '─'.repeat(width))),
    ...cells.flatMap((row) => {
      const height = Math.max(...row.map(({ length }) => length));
      return Array.from({ length: height }, (_, index) => write(row.map((lines) => lines[index] ?? '')));
    }),
  ].join('\n');
}

function linesOf(text: string): string[] {
  // The pattern that matches nothing; a line break in a name would break the table.
  if (text === '^$' || text === '') return [NOTHING];
  const pieces = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd').split(/(?<=\|)/);
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + piece.length <= CELL_WIDTH)
      lines[lines.length - 1] = last + piece;
    else lines.push(piece);
  }
  return lines;
}
