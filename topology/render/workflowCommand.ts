/** Workflow commands of GitHub Actions: what they say is shown at the line in the pull request. */
import type { SourcePosition } from '../diagnostics';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly position: SourcePosition | undefined;
  readonly text: string;
}

export function workflowCommand({ level, title, position, text }: Annotation): string {
  const isOneLine = position !== undefined && position.line === position.endLine;
  const properties: readonly (readonly [string, string | number])[] = [
    ...(position === undefined
      ? []
      : ([
          ['file', position.file],
          ['line', position.line],
          ['endLine', position.endLine],
        ] as const)),
    // GitHub takes columns within one line only, the last one included.
    ...(isOneLine
      ? ([
          ['col', position.column],
          ['endColumn', Math.max(position.column, position.endColumn - 1)],
        ] as const)
      : []),
    ['title', title],
  ];
  const list = properties.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(',');
  return `::${level} ${list}::${escapeData(text)}`;
}

/** A name with a line break in it would begin a command of its own. */
function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
