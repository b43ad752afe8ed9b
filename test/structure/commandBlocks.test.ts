/** Every command block of the documentation is run: as it stands, or by the test that the list says. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { BROKER_SCENES } from '../docs/brokerScenes';
import { ELSEWHERE } from '../docs/elsewhere';
import { commandBlocks, nameOf, textOf, writtenPages } from '../docs/pages';
import { SCENES } from '../docs/scenes';
import { TUTORIAL_PAGES } from '../docs/tutorials';
import { ROOT } from './sources';

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
  const tests = Object.values(ELSEWHERE).flatMap(({ test }) => test ?? []);
  expect(tests.filter((test) => !fs.existsSync(path.join(ROOT, test)))).toEqual([]);
});

it('where a command is tried by no test, its page says so', () => {
  const untried = Object.entries(ELSEWHERE).filter(([, { test }]) => test === undefined);
  for (const [name] of untried) {
    expect(textOf(name.split(': ')[0] ?? '')).toMatch(/isn't tried by (them|our tests)/);
  }
});

it('the test files that CONTRIBUTING.md names are there', () => {
  const named = [...textOf('CONTRIBUTING.md').matchAll(/test\/\S+\.test\.ts/g)].map(([file]) => file);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
});
