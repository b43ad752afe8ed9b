/** Every link of the documentation leads somewhere, and what it shows of YAML and JSON is what it says. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { load } from '../../topology/index';
import { ROOT } from '../structure/sources';
import { blocksOf, pages, textOf, writtenPages } from './pages';

/** As GitHub makes them from headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const text = withoutBlocks(textOf(page));
  const seen = new Map<string, number>();
  const anchors = [...text.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replace(/ /g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

function withoutBlocks(text: string): string {
  return text
    .replace(/^( *)```[^]*?^ *```$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, ''));
}

/** Where a page's relative links lead that lead nowhere. */
function deadLinks(page: string): readonly string[] {
  const targets = [...withoutBlocks(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = '']) => target,
  );
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const there = file === '' ? page : path.posix.join(path.posix.dirname(page), decodeURI(file));
    if (!fs.existsSync(path.join(ROOT, there))) return true;
    return anchor !== undefined && there.endsWith('.md') && !anchorsOf(there).has(anchor);
  });
}

describe.each(pages())('%s', (page) => {
  it('links to what is there', () => {
    expect(deadLinks(page)).toEqual([]);
  });
});

describe.each(writtenPages())('%s', (page) => {
  const yaml = blocksOf(page).filter(({ language }) => language === 'yaml');

  it('has YAML and JSON that can be read', () => {
    const faults = yaml.flatMap(({ text, line }) =>
      parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => `${line}: ${message}`)),
    );
    expect(faults).toEqual([]);
    for (const { text } of blocksOf(page).filter(({ language }) => language === 'json')) JSON.parse(text);
  });

  it('has topologies without warnings', () => {
    const topologies = yaml.filter(({ text }) => /^warren: 1$/m.test(text) && !/^extends:/m.test(text));
    for (const { text, line } of topologies) {
      const { diagnostics } = load(text, `${page}:${line}`);
      expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
    }
  });
});

it('every page of docs/ is in the index', () => {
  const index = textOf('docs/README.md');
  const missing = pages().filter(
    (page) => page.startsWith('docs/') && !index.includes(`](${page.slice(5)})`),
  );
  expect(missing).toEqual(['docs/README.md']);
});
