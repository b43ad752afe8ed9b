/** What a fixture expects: comments on the offending lines, `# expect: code …`. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Topologies of several files: a folder each, whose main.yaml is checked. */
export const COMPOSITIONS = join(__dirname, 'compositions');

/** `line code` */
export function expectedFindings(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const codes = /# expect: (.*)$/.exec(line)?.[1]?.split(' ') ?? [];
    return codes.map((code) => `${index + 1} ${code}`);
  });
}

/** Of every file in the folder: `file:line code` */
export function expectedIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(yaml|txt)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return expectedFindings(text).map((finding) => `${file}:${finding}`);
    });
}
