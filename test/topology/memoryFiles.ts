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

/** `file:line:column code` of every finding, the errors of one test in one list. */
export function findingsOf({ diagnostics }: LoadResult): string[] {
  return diagnostics.map(
    ({ code, position }) => `${position?.file ?? ''}:${position?.line ?? 0}:${position?.column ?? 0} ${code}`,
  );
}
