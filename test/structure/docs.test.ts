/** The topologies in the pages of docs/ are true. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import { ROOT } from './sources';

const pages = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));

describe.each(pages)('docs/%s', (page) => {
  const text = fs.readFileSync(path.join(ROOT, 'docs', page), 'utf8');

  it('has topologies without warnings', () => {
    const blocks = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml ?? '');
    for (const yaml of blocks.filter((block) => block.startsWith('warren: 1'))) {
      const { diagnostics } = load(yaml, page);
      expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
    }
  });

  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !fs.existsSync(path.join(ROOT, 'docs', target)))).toEqual([]);
  });
});
