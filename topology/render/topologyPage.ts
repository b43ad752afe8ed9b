/** The page of all keys of a topology: docs/topology.md, made from the schema. */
import { SETTING_FACTS } from '../rules/settingFacts';

interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly $ref?: string;
}

interface RootSchema extends Schema {
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** One key, as the page has it. */
export interface DocumentedKey {
  /** `queue`, or '' at the top of the file. */
  readonly section: string;
  /** `limits.maxQueues` */
  readonly key: string;
  readonly schema: Schema;
}

/** Largest integer that is a limit of the language, and not one of JavaScript. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Keys of which the RabbitMQ series isn't one of a queue's settings. */
const SINCE: Readonly<Record<string, string>> = {
  'vhost.defaultQueueType': '4.0',
  'vhost.deletionProtection': '4.1',
  'federationUpstream.queueType': '3.13',
  'exchange.hashOn': '3.10',
};

const INTRODUCTION = `# The language of topologies

Every key of a topology file, in version 1 of the language (\`warren: 1\`), which Warren has had since 0.1.0. This page is made from [the schema](../topology/schema.json) (\`npm run docs\`), which editors read, too: with the line

\`\`\`yaml
# yaml-language-server: $schema=https://…/topology/schema.json
\`\`\`

at the top of a file they complete keys and show these descriptions. An overlay (\`extends\`) has [a schema of its own](../topology/overlay.schema.json), in which nothing is required.

**From** is the first RabbitMQ series that knows the key; where nothing is said it is 3.10, the oldest that Warren knows. For an older \`target\`, \`warren check\` refuses the key at its line. A key in **bold** must be there. Each example is a value that the schema takes.
`;

export function renderTopologyPage(schema: object): string {
  const root = schema as RootSchema;
  const sections = Object.entries(root.definitions).filter(([, { properties }]) => properties !== undefined);
  const values = Object.entries(root.definitions).filter(([, { properties }]) => properties === undefined);
  return [
    INTRODUCTION,
    `## The file\n\n${tableOf('', root, root)}`,
    ...sections.map(([name, definition]) => sectionOf(name, definition, root)),
    `## Values\n\n${valueTable(values)}`,
  ].join('\n');
}

/** All of them: that each has a description, and an example which the schema takes, is for a test to see. */
export function documentedKeys(schema: object): readonly DocumentedKey[] {
  const root = schema as RootSchema;
  return [['', root] as const, ...Object.entries(root.definitions)].flatMap(([section, definition]) =>
    keysOf(section, definition),
  );
}

function keysOf(section: string, schema: Schema, prefix = ''): readonly DocumentedKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    { section, key: prefix + name, schema: property },
    ...keysOf(section, property, `${prefix}${name}.`),
  ]);
}

function sectionOf(name: string, definition: Schema, root: RootSchema): string {
  const places = placesOf(name, root);
  return [
    `## ${headingOf(name, definition)}`,
    '',
    escaped(definition.description ?? ''),
    ...(places.length === 0 ? [] : ['', `Stands at ${places.map((place) => `\`${place}\``).join(', ')}.`]),
    '',
    tableOf(name, definition, root),
  ].join('\n');
}

function headingOf(name: string, { title }: Schema): string {
  return title ?? name;
}

function tableOf(section: string, schema: Schema, root: RootSchema): string {
  const rows = keysOf(section, schema).map(({ key, schema: property }) => {
    const isRequired = isRequiredIn(schema, key);
    return [
      isRequired ? `**\`${key}\`**` : `\`${key}\``,
      typeOf(property, root),
      defaultOf(property),
      sinceOf(section, key),
      escaped(property.description ?? ''),
      exampleCell(key, property, root),
    ];
  });
  return table(['key', 'type', 'default', 'from', 'what it says', 'example'], rows);
}

/** Of the schema, or of the words for people where it depends. */
function defaultOf({ default: value, description }: Schema): string {
  if (value !== undefined) return code(value);
  return /Default: ([^.;]+)[.;]/.exec(description ?? '')?.[1] ?? '';
}

/** Text, and no Markdown. */
function escaped(text: string): string {
  return text.replace(/[*_<]/g, '\\$&');
}

function isRequiredIn(schema: Schema, key: string): boolean {
  const [first = '', ...rest] = key.split('.');
  if (rest.length === 0) return schema.required?.includes(first) === true;
  const property = schema.properties?.[first];
  return property !== undefined && isRequiredIn(property, rest.join('.'));
}

function sinceOf(section: string, key: string): string {
  const known = SINCE[`${section}.${key}`];
  if (known !== undefined) return known;
  if (!['queue', 'family', 'superStream'].includes(section)) return '';
  return SETTING_FACTS.find(({ word }) => word === key)?.since ?? '';
}

function typeOf(schema: Schema, root: RootSchema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref, root);
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  return types.map((type) => typeWord(type, schema, root)).join(' or ');
}

function typeWord(type: string, schema: Schema, root: RootSchema): string {
  if (type === 'array')
    return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items, root)}`;
  if (type === 'object') {
    const { additionalProperties } = schema;
    if (typeof additionalProperties !== 'object') return 'mapping';
    return `mapping of names to ${typeOf(additionalProperties, root)}`;
  }
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return 'text';
  if (type !== 'integer' && type !== 'number') return type;
  const { minimum, maximum } = schema;
  const most = maximum === undefined || maximum === NO_LIMIT ? undefined : maximum;
  if (minimum === undefined || minimum === -NO_LIMIT) return type;
  return most === undefined ? `${type}, ${minimum} or more` : `${type}, ${minimum} to ${most}`;
}

function linkTo(reference: string, root: RootSchema): string {
  const name = reference.replace('#/definitions/', '');
  const definition = root.definitions[name] ?? {};
  const heading = headingOf(name, definition);
  return definition.properties === undefined
    ? `[${heading}](#values)`
    : `[${heading}](#${heading.toLowerCase().replaceAll(' ', '-')})`;
}

/** In YAML, as one would write it in its place; nothing for what has a table of its own. */
function exampleCell(key: string, schema: Schema, root: RootSchema): string {
  const example = exampleOf(schema, root);
  return example === undefined ? '' : `\`${key.split('.').at(-1) ?? ''}: ${inYaml(example)}\``;
}

export function exampleOf(schema: Schema, root: object): unknown {
  const { definitions } = root as RootSchema;
  const own = schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0];
  if (own !== undefined) return own;
  if ([schema.type].flat().includes('boolean')) return true;
  const referred = schema.$ref && definitions[schema.$ref.replace('#/definitions/', '')];
  return referred ? exampleOf(referred, root) : undefined;
}

/** In a line, as flow style has it. */
function inYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, inner]) => `${name}: ${inYaml(inner)}`)
      .join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  const isWord = /^[a-z_/][\w ./:+-]*$/i.test(value) && !/^(true|false|on|off|yes|no|null)$/i.test(value);
  return isWord || /^\d+[a-z]+$/i.test(value) ? value : `'${value}'`;
}

function placesOf(name: string, root: RootSchema): readonly string[] {
  const places: string[] = [];
  const visit = (schema: Schema, place: string, seen: readonly string[]): void => {
    const { $ref } = schema;
    if ($ref !== undefined) {
      const target = $ref.replace('#/definitions/', '');
      if (target === name) places.push(place);
      const definition = root.definitions[target];
      if (definition !== undefined && !seen.includes(target)) visit(definition, place, [...seen, target]);
      return;
    }
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      visit(property, place === '' ? key : `${place}.${key}`, seen);
    }
    if (typeof schema.additionalProperties === 'object') {
      visit(schema.additionalProperties, `${place}.NAME`, seen);
    }
    if (schema.items !== undefined) visit(schema.items, `${place}[]`, seen);
  };
  visit(root, '', []);
  return [...new Set(places)];
}

function valueTable(values: readonly (readonly [string, Schema])[]): string {
  const rows = values.map(([name, definition]) => [
    headingOf(name, definition),
    escaped(definition.description ?? ''),
    (definition.enum ?? definition.examples ?? []).map((value) => `\`${inYaml(value)}\``).join(', '),
  ]);
  return table(['value', 'what it is', 'such as'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function code(value: unknown): string {
  return `\`${inYaml(value)}\``;
}
