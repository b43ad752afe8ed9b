/** The README's own examples are true. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { load, TARGETS, type ReadFile } from '../../topology/index';
import { run } from '../../tools/processes';
import { ROOT } from './sources';

const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');

const yamlBlocks = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml ?? '');
const blockWith = (text: string): string => yamlBlocks.find((yaml) => yaml.includes(text)) ?? '';
const topology = blockWith("target: '4.3'");

it.each(TARGETS)('the topology in it has no findings on RabbitMQ %s', (target) => {
  expect(topology).toContain('warren: 1');
  expect(load(topology, 'README.md', { target }).diagnostics).toEqual([]);
});

it.each(TARGETS)('the test in it is one of that topology, on RabbitMQ %s', (target) => {
  const expectations = blockWith('expect:');
  expect(load(topology + expectations, 'README.md', { target }).diagnostics).toEqual([]);
  const wrong = expectations.replace('endsIn: [failed]', 'endsIn: [paid]');
  expect(load(topology + wrong, 'README.md', { target }).diagnostics).toMatchObject([
    { code: 'expectation-failed' },
  ]);
});

it.each(TARGETS)('the overlay in it is one over that topology, on RabbitMQ %s', (target) => {
  const overlay = blockWith('extends: shop.yaml');
  expect(overlay).not.toBe('');
  const readFile: ReadFile = (file) =>
    file === 'shop.yaml' ? { text: topology } : { fault: 'there is no such file' };
  const { diagnostics } = load(overlay, 'shop.production.yaml', { target, readFile });
  expect(diagnostics).toEqual([]);
});

it('its commands and options exist', async () => {
  const commands = new Set([...readme.matchAll(/npx warren ([a-z]+)/g)].map(([, name]) => name ?? ''));
  expect(commands.size).toBeGreaterThan(5);
  for (const command of commands) {
    const help = await run(process.execPath, [path.join(ROOT, 'cli/warren.cjs'), command, '--help']);
    expect(help.exitCode, `warren ${command} --help: ${help.output}`).toBe(0);
  }
});

it('its npm scripts exist', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = new Set([...readme.matchAll(/npm run ([a-z]+)/g)].map(([, name]) => name ?? ''));
  expect([...named].filter((name) => scripts[name] === undefined)).toEqual([]);
});
