/** The JSON of a diff is what its schema says, and holds no secret. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import { REASONS } from '../../../topology/diff/reasons';
import { sideOfTopology } from '../../../topology/diff/side';
import { load } from '../../../topology/index';
import { renderDiffAsJson } from '../../../topology/render/diff/json';
import { renderDiffForTerminal } from '../../../topology/render/diff/terminal';
import { mutated } from '../mutate';
import { sideOf } from './sides';

const schema = JSON.parse(
  readFileSync(join(__dirname, '../../../topology/diff/schema.json'), 'utf8'),
) as object;
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

it('is valid for any two topologies, and the terminal shows each', () => {
  const sides = fc.tuple(mutated('4.3', 3), mutated('4.3', 3)).map((texts) =>
    texts.flatMap((text) => {
      const { topology, objects } = load(text, 'f.yaml', { target: '4.3' });
      return topology === undefined || objects === undefined
        ? []
        : [sideOfTopology('f.yaml', topology, objects)];
    }),
  );
  let compared = 0;
  fc.assert(
    fc.property(sides, ([a, b]) => {
      if (a === undefined || b === undefined) return;
      compared += 1;
      const diff = diffTopologies(a, b);
      const json = renderDiffAsJson(diff);
      validate(JSON.parse(json));
      expect(validate.errors ?? []).toEqual([]);
      const shown = renderDiffForTerminal(diff, { color: false, width: 80 });
      expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }),
    { numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(20);
});

it('is refused where something is missing', () => {
  const diff = diffTopologies(sideOf('warren: 1\n'), sideOf('warren: 1\nvhosts: { a: }\n'));
  expect(validate(JSON.parse(JSON.stringify(diff)))).toBe(true);
  expect(validate(JSON.parse(JSON.stringify({ ...diff, version: 2 })))).toBe(false);
  expect(
    validate(JSON.parse(JSON.stringify({ ...diff, changes: [{ ...diff.changes[0], class: 'x' }] }))),
  ).toBe(false);
});

it('holds no password of a URI', () => {
  const side = (host: string) => ({
    ...sideOf('warren: 1\nvhosts: { a: }\n'),
    objects: [
      { kind: 'vhost', name: 'a' },
      {
        kind: 'parameter',
        vhost: 'a',
        component: 'shovel',
        name: 's',
        value: {
          'src-uri': `amqp://me:hunter2@${host}`,
          'dest-uri': ['amqp://you:hunter2@x'],
          password: 'hunter2',
        },
      },
    ] as const,
  });
  const diff = diffTopologies(side('a'), side('b'));
  expect(diff.changes).toHaveLength(1);
  expect(diff.changes[0]?.reasons.map(({ code }) => code)).toContain('password-in-uri');
  expect(renderDiffAsJson(diff)).not.toContain('hunter2');
});

it('has the codes that the documentation lists, with their classes', () => {
  const page = readFileSync(join(__dirname, '../../../docs/diff.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z-]+)` +\| `([a-z]+)` +\|/gm)].map(([, code, its]) => [
    code,
    its,
  ]);
  expect(Object.fromEntries(listed)).toEqual(REASONS);
});
