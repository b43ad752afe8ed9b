/** The schema of overlays is made of the one of topologies, and accepts what an overlay may say. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { listedDefinitions, overlaySchema } from '../../topology/render/overlaySchema';
import schema from '../../topology/schema.json';

const TOPOLOGY = join(__dirname, '../../topology');
const committed = JSON.parse(readFileSync(join(TOPOLOGY, 'overlay.schema.json'), 'utf8')) as object;

/** As an editor does it. */
const accepts = new Ajv({ allowUnionTypes: true, strict: false, validateFormats: false }).compile(committed);

it('topology/overlay.schema.json is what schema.json makes it (npm run docs)', () => {
  expect(committed).toEqual(overlaySchema(schema));
});

it('what stands in lists needs all its keys: no definition with such keys stands in a mapping as well', () => {
  const listed = listedDefinitions(schema);
  expect(listed).toContain('binding');
  const { vhosts, users, workers, ...rest } = schema.properties;
  const elsewhere = JSON.stringify([
    vhosts,
    users,
    workers,
    Object.entries(rest).filter(([key]) => key !== 'expect'),
    Object.entries(schema.definitions).filter(([name]) => !listed.has(name)),
  ]).replace(/"items":\{"\$ref":"[^"]*"\}/g, '');
  const needing = [...listed].filter((name) =>
    JSON.stringify(schema.definitions[name as keyof typeof schema.definitions]).includes('"required":['),
  );
  expect(needing.length).toBeGreaterThan(1);
  expect(needing.filter((name) => elsewhere.includes(`"#/definitions/${name}"`))).toEqual([]);
});

describe('overlays', () => {
  const folder = join(TOPOLOGY, 'examples/environments');
  const overlays = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .filter((text) => /^extends:/m.test(text));

  it('of the examples are accepted', () => {
    expect(overlays.length).toBeGreaterThan(1);
    for (const text of overlays) expect(accepts(parse(text)), JSON.stringify(accepts.errors)).toBe(true);
  });

  it.each([
    ['a part of a worker', 'workers: { paid: { replicas: 2 } }', true],
    ['a part of a shovel', 'vhosts: { v: { shovels: { s: { source: { prefetch: 5 } } } } }', true],
    ['a removal', 'remove: { vhosts: { v: { queues: [a] } } }', true],
    ['an unknown key', 'workers: { paid: { replica: 2 } }', false],
    ['a binding without its exchange', 'vhosts: { v: { queues: { q: { bindings: [{}] } } } }', false],
  ])('%s', (_, text, isAccepted) => {
    expect(accepts(parse(`warren: 1\nextends: base.yaml\n${text}`))).toBe(isAccepted);
  });
});
