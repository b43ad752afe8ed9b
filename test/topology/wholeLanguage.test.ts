/** The topology that the tests take to brokers leaves nothing out. */
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { load } from '../../topology/index';
import schema from '../../topology/schema.json';
import { BROKER_VERSIONS } from '../rigs/brokers';
import { wholeLanguage } from './wholeLanguage';

const NAMES = { run: 'run', amqpPort: 5672 };

/** Says nothing to a broker: it is for people, clients, platforms and the compiler itself. */
const BESIDE_BROKER = new Set([
  ...['extends', 'include', 'remove', 'rules', 'broker', 'workers', 'expect'],
  ...['vhost.celery', 'queue.alerts', 'family.alerts'],
]);

it('uses every word of the language that reaches a broker', () => {
  const used = new Set<string>();
  for (const version of BROKER_VERSIONS) {
    collectWords(schema as Schema, parse(wholeLanguage(version, NAMES)), '', used);
  }
  const known = wordsOf(schema as Schema, '', new Set());
  expect([...known].filter((word) => !used.has(word))).toEqual([]);
});

it.each(BROKER_VERSIONS)('compiles for %s', (version) => {
  const { objects, diagnostics } = load(wholeLanguage(version, NAMES), 'whole.yaml');
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(objects?.length).toBeGreaterThan(100);
});

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** The definition that a schema stands for, and the name by which its words are told apart. */
function resolved(schemaOrRef: Schema, name: string): { readonly schema: Schema; readonly name: string } {
  const definition = schemaOrRef.$ref?.split('/').at(-1);
  if (definition === undefined) return { schema: schemaOrRef, name };
  return { schema: (schema as Schema).definitions?.[definition] ?? {}, name: definition };
}

/** Every key that may be written, as `definition.key`. */
function wordsOf(from: Schema, owner: string, seen: Set<string>): Set<string> {
  const { schema: at, name } = resolved(from, owner);
  for (const [key, item] of Object.entries(at.properties ?? {})) {
    const word = name === '' ? key : `${name}.${key}`;
    if (seen.has(word) || BESIDE_BROKER.has(word)) continue;
    seen.add(word);
    wordsOf(item, word, seen);
  }
  for (const item of [at.additionalProperties, at.items]) {
    if (typeof item === 'object' && item.$ref !== from.$ref) wordsOf(item, `${name}.*`, seen);
  }
  return seen;
}

/** The keys of `value` among them. */
function collectWords(from: Schema, value: unknown, owner: string, used: Set<string>): void {
  const { schema: at, name } = resolved(from, owner);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) if (at.items !== undefined) collectWords(at.items, item, `${name}.*`, used);
    return;
  }
  for (const [key, item] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    const own = at.properties?.[key];
    if (own !== undefined) {
      const word = name === '' ? key : `${name}.${key}`;
      used.add(word);
      collectWords(own, item, word, used);
    } else if (typeof at.additionalProperties === 'object') {
      collectWords(at.additionalProperties, item, `${name}.*`, used);
    }
  }
}
