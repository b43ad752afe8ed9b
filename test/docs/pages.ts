/** What the documentation is made of: its pages, and the fenced blocks in them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../structure/sources';

/** Made from the code, and held against it by other tests. */
const GENERATED = ['docs/rules.md'];

const BESIDE_DOCS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'workers/README.md',
];

/** Relative to the root, with `/`. */
export function pages(): readonly string[] {
  const inDocs = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return [...BESIDE_DOCS, ...inDocs.map((name) => `docs/${name}`)].filter((page) =>
    fs.existsSync(path.join(ROOT, page)),
  );
}

/** Those that somebody wrote by hand. */
export function writtenPages(): readonly string[] {
  return pages().filter((page) => !GENERATED.includes(page));
}

export interface Block {
  readonly page: string;
  /** Of its opening fence. */
  readonly line: number;
  readonly language: string;
  /** Without its indentation. */
  readonly text: string;
}

export function textOf(page: string): string {
  return fs.readFileSync(path.join(ROOT, page), 'utf8');
}

export function blocksOf(page: string): readonly Block[] {
  const text = textOf(page);
  return [...text.matchAll(/^( *)```(\S*)\n([^]*?)^ *```$/gm)].map((match) => {
    const [, indentation = '', language = '', inner = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { page, line, language, text: inner.replace(new RegExp(`^${indentation}`, 'gm'), '') };
  });
}

export interface Step {
  readonly command: string;
  /** What the page shows of what it says; undefined where it shows nothing. */
  readonly shown?: string;
}

const COMMAND_LANGUAGES = ['sh', 'bash', 'console', 'shell', 'zsh', 'fish', 'powershell'];

/** Blocks that a reader would type, or that show what was typed and said. */
export function commandBlocks(page: string): readonly Block[] {
  return blocksOf(page).filter(({ language }) => COMMAND_LANGUAGES.includes(language));
}

/** How lists of blocks name one: by its page and its first line. */
export function nameOf({ page, text }: Block): string {
  return `${page}: ${text.split('\n')[0] ?? ''}`;
}

/** `$ command` and what follows it in a `console`; anything else is one script. */
export function stepsOf({ language, text }: Block): readonly Step[] {
  if (language !== 'console') return [{ command: text }];
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [, command = '', shown = ''] = /^((?:.*\\\n)*.*)\n?([^]*)$/.exec(part) ?? [];
      return shown.trim() === '' ? { command } : { command, shown };
    });
}
