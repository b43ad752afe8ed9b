/** Topologies whose files stand in a test. */
import { load } from '../../topology/index';
import type { LoadOptions, LoadResult, ReadFile } from '../../topology/index';

export type Files = Readonly<Record<string, string>>;

export function readFrom(files: Files): ReadFile {
  return (file) =>
    Object.hasOwn(files, file) ? { text: files[file] ?? '' } : { fault: 'there is no such file' };
}

/** Loads `main.yaml`; the version of the language is put in front of every file that doesn't say it. */
export function loadFiles(files: Files, options: LoadOptions = {}): LoadResult {
  const whole = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      text.includes('warren:') ? text : `warren: 1\n${text}`,
    ]),
  );
  return load(whole['main.yaml'] ?? '', 'main.yaml', { readFile: readFrom(whole), ...options });
}

/**
 * `file:line:column code` of what is wrong with the files as such, and of every error. Advice about what the topology
 * says is no matter of how it was put together; a test names the codes that it is about.
 */
export function findingsOf({ diagnostics }: LoadResult, advice: readonly string[] = []): string[] {
  return diagnostics
    .filter(
      ({ code, severity }) => severity === 'error' || code.startsWith('overlay-') || advice.includes(code),
    )
    .map(({ code, position }) => {
      const { file, line, column } = position ?? { file: '', line: 0, column: 0 };
      return `${file}:${line}:${column} ${code}`;
    });
}
