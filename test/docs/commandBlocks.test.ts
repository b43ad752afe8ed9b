/** Every command block of the documentation is run: as it stands, or by the test that the list says. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../structure/sources';
import { BROKER_SCENES } from './brokerScenes';
import { ELSEWHERE } from './elsewhere';
import { PageFolder } from './folder';
import { commandBlocks, nameOf, textOf, writtenPages } from './pages';
import { SCENES } from './scenes';
import { TUTORIAL_PAGES } from './tutorials';

const blocks = writtenPages()
  .filter((page) => !TUTORIAL_PAGES.includes(page))
  .flatMap(commandBlocks);
const names = blocks.map(nameOf);

it('each command block is typed by a test, or listed with the test that does the same', () => {
  expect(names.length).toBeGreaterThan(20);
  const known = [SCENES, BROKER_SCENES, ELSEWHERE].flatMap((list) => Object.keys(list));
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((name) => !names.includes(name))).toEqual([]);
  expect(new Set(known).size).toBe(known.length);
});

it('no two blocks of a page begin with the same line', () => {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it('the tests that are listed are there', () => {
  const missing = Object.values(ELSEWHERE).filter(({ test }) => !fs.existsSync(path.join(ROOT, test)));
  expect(missing).toEqual([]);
});

it('the test files that CONTRIBUTING.md names are there', () => {
  const named = [...textOf('CONTRIBUTING.md').matchAll(/test\/\S+\.test\.ts/g)].map(([file]) => file);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
});

describe('typed as they stand', () => {
  const typed = blocks.filter((block) => SCENES[nameOf(block)] !== undefined);

  it.each(typed.map((block) => [nameOf(block), block] as const))('%s', async (name, block) => {
    const folder = new PageFolder();
    try {
      const scene = SCENES[name];
      await scene?.before?.(folder);
      await folder.follow(block, scene);
      scene?.after?.(folder);
    } finally {
      folder.dispose();
    }
  });
});
