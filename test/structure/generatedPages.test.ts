/** The pages that are made from the code are what the code says (npm run docs), and the schema has all that they need. */
import { expect, it } from 'vitest';
import { renderCommandPage } from '../../cli/commandPage';
import { EXIT_CODE_MEANINGS, ExitCode } from '../../cli/exitCodes';
import { buildProgram } from '../../cli/main';
import { documentedKeys, exampleOf, renderTopologyPage } from '../../topology/render/topologyPage';
import schema from '../../topology/schema.json';
import { compile } from '../../topology/schema/check';
import { textOf } from '../docs/pages';

it('docs/commands.md is what the command line understands', () => {
  const program = buildProgram(() => undefined);
  expect(textOf('docs/commands.md')).toBe(renderCommandPage(program, EXIT_CODE_MEANINGS));
  for (const { name } of program.commands.map((command) => ({ name: command.name() }))) {
    expect(textOf('docs/commands.md')).toContain(`\n## warren ${name}\n`);
  }
  expect(Object.keys(EXIT_CODE_MEANINGS).map(Number)).toEqual(Object.values(ExitCode));
});

it('docs/topology.md is what the schema says', () => {
  expect(textOf('docs/topology.md')).toBe(renderTopologyPage(schema));
});

const keys = documentedKeys(schema);

it('every key of a topology has a description', () => {
  expect(keys.length).toBeGreaterThan(200);
  expect(keys.filter((key) => key.schema.description === undefined)).toEqual([]);
});

it('every key that holds a value has an example, and the schema takes each', () => {
  const withoutExample = keys
    .filter(({ schema: key }) => exampleOf(key, schema) === undefined)
    .filter(({ schema: key }) => !isNested(key));
  expect(withoutExample.map(({ section, key }) => `${section}.${key}`)).toEqual([]);
  // All in one: to translate the schema takes time.
  const named = keys.map((key) => [`${key.section}.${key.key}`, key.schema] as const);
  const validate = compile({
    type: 'object',
    definitions: schema.definitions,
    properties: Object.fromEntries(named),
  });
  validate(Object.fromEntries(named.map(([name, own]) => [name, exampleOf(own, schema)])));
  expect((validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)).toEqual(
    [],
  );
});

/** What has a table of its own, or keys of its own in the same one. */
function isNested({
  $ref,
  properties,
  additionalProperties,
  items,
}: (typeof keys)[number]['schema']): boolean {
  const inner = typeof additionalProperties === 'object' ? additionalProperties : items;
  return (
    properties !== undefined ||
    [$ref, inner?.$ref].some((reference) => reference !== undefined) ||
    inner !== undefined
  );
}
