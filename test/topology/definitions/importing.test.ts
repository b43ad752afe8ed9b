/** A topology made of a broker's objects compiles to these objects again. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { importTopology } from '../../../topology/import/index';
import type { ImportOptions, ImportResult } from '../../../topology/import/index';
import { differencesBetween } from '../../../topology/import/meaning';
import { identityKey, load, TARGETS } from '../../../topology/index';
import type { BrokerObject, JsonValue, Target } from '../../../topology/index';
import { mutated } from '../mutate';
import { wholeLanguage } from '../wholeLanguage';

const EXAMPLES = join(__dirname, '../../../topology/examples');
const examples = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => [file, readFileSync(join(EXAMPLES, file), 'utf8')] as const);

/** What is written must load, and mean the same but for what is told to be left out. */
function roundTrip(objects: readonly BrokerObject[], options: Partial<ImportOptions> = {}): ImportResult {
  const result = importTopology(objects, { source: 'test', ...options });
  const { objects: again, diagnostics } = load(result.text, 'imported.yaml');
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  // From which plugin an exchange of an unknown type comes, only the owner knows.
  if (errors.length > 0 && errors.every(({ message }) => message.includes('comes from no plugin')))
    return result;
  expect(errors, result.text).toEqual([]);
  expect(result.report.differences).toEqual([]);
  const gone = new Set(result.report.leftOut.map(({ object }) => identityKey(object)));
  const kept = objects.filter((object) => !gone.has(identityKey(object)));
  expect(differencesBetween(kept, again ?? []), result.text).toEqual([]);
  return result;
}

describe('an example', () => {
  it.each(examples)('%s is imported as it was, readable, and without a finding', async (file, text) => {
    for (const target of TARGETS) {
      const { objects, topology } = load(text, file, { target });
      if (objects === undefined || topology === undefined) throw new Error(`${file} does not load`);
      const result = roundTrip(objects, { target });
      expect(result.report.leftOut).toEqual([]);
      const names = (found: readonly { readonly name: string }[] = []): string[] =>
        found.map(({ name }) => name).sort();
      const imported = load(result.text, 'imported.yaml').topology;
      for (const [index, vhost] of topology.vhosts.entries()) {
        expect(names(imported?.vhosts[index]?.queues)).toEqual(names(vhost.queues));
        expect(imported?.vhosts[index]?.policies).toEqual([]);
      }
      const config = await resolveConfig(join(__dirname, 'x.yaml'));
      expect(await format(result.text, { ...config, parser: 'yaml' })).toBe(result.text);
    }
  });
});

it.each(['3.10', '4.0', '4.3'] as const)('the whole language, compiled for %s, is imported', (target) => {
  const { objects = [] } = load(wholeLanguage(target, { run: 'r', amqpPort: 1 }), 'whole.yaml');
  const { text, report } = roundTrip(objects, { target });
  expect(objects.length).toBeGreaterThan(100);
  expect(report.leftOut).toEqual([]);
  for (const word of ['retry: ', 'superStreams:', 'families:', 'quotas:', 'shovels:', 'hashOn:']) {
    expect(text).toContain(word);
  }
  // What Warren's own policies say is said by queues and families.
  expect(text).not.toContain('warren.');
});

it('whatever compiles, compiled again from its import', () => {
  let imported = 0;
  fc.assert(
    fc.property(
      fc
        .constantFrom<Target>('3.10', '4.0', '4.3')
        .chain((target) => mutated(target, 3).map((text) => [text, target] as const)),
      ([text, target]) => {
        const { objects } = load(text, 'f.yaml', { target });
        if (objects === undefined) return;
        imported += 1;
        roundTrip(objects, { target });
      },
    ),
    { numRuns: 400 },
  );
  expect(imported).toBeGreaterThan(50);
});

const HOSTILE = [
  ...[
    'quote \' and "',
    'a # b',
    'a: b',
    '- a',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '`a`',
    '[a]',
    '{a}',
    'a,b',
    '?',
    '|',
    '>',
  ],
  ...[
    'yes',
    'No',
    'null',
    '~',
    'true',
    '1',
    '1.5',
    '0x1f',
    '1e3',
    '007',
    '2026-01-01',
    '.inf',
    '=',
    '<<',
    ' a ',
    '\u00a0',
  ],
  ...[
    '😀',
    'ü',
    '\u2028',
    '\ufffd',
    '\ufeff',
    '\u200e',
    '$(id)',
    '%0A',
    '\\',
    '\\n',
    '__proto__',
    'constructor',
  ],
  ...['# warren-ignore bad-name: x', 'a'.repeat(255), 'ü'.repeat(127), '$ref', '/', '%2F'],
];

const name = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[\u0000-\u001f\u007f]|\p{Surrogate}|^\.{1,2}$|^amq\./u.test(text)),
);

const value = fc.oneof(name, fc.integer(), fc.boolean(), fc.double({ noNaN: true, min: -1e9, max: 1e9 }));
const table = fc.dictionary(
  name.map((text) => `x-own-${text}`),
  value,
  { maxKeys: 2, noNullPrototype: true },
);

/** Names of every sort in every kind of object, with what hangs together hanging together. */
const hostileObjects = fc
  .record({
    vhost: name,
    user: name,
    exchange: name,
    queues: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    key: fc.oneof(fc.constant(''), name),
    text: fc.oneof(fc.constant(''), name),
    arguments: table,
    json: fc.jsonValue({ maxDepth: 2 }),
  })
  .map(({ vhost, user, exchange, queues, key, text, json, ...given }): BrokerObject[] => {
    const common = { vhost, durable: true, autoDelete: false, arguments: given.arguments };
    return [
      { kind: 'vhost', name: vhost, description: text, tags: [text].filter((tag) => tag !== '') },
      { kind: 'user', name: user, tags: [text].filter((tag) => tag !== '') },
      { kind: 'permissions', vhost, user, configure: text, write: '.*', read: '^$' },
      { kind: 'exchange', ...common, name: exchange, type: 'topic', internal: false },
      ...queues.map((queue): BrokerObject => ({ kind: 'queue', ...common, name: queue })),
      ...queues.map((queue): BrokerObject => ({
        ...{ kind: 'binding', vhost, source: exchange, destination: queue, destinationType: 'queue' },
        routingKey: key,
        arguments: given.arguments,
      })),
      {
        ...{ kind: 'policy', vhost, name: text || 'p', pattern: '^nothing$', applyTo: 'queues', priority: 5 },
        definition: { 'max-length': 5 },
      },
      { kind: 'globalParameter', name: text || 'g', value: json as JsonValue },
      {
        ...{ kind: 'parameter', vhost, component: 'federation-upstream', name: text || 'o' },
        value: { uri: 'amqp://h', queue: text },
      },
      {
        ...{ kind: 'parameter', vhost, component: 'federation-upstream', name: `${text}2` },
        // Not said by any word of the language.
        value: { uri: 'amqp://h', queue: text, 'prefetch-count': -1 },
      },
    ];
  });

it('any name survives', () => {
  let compiled = 0;
  fc.assert(
    fc.property(hostileObjects, (objects) => {
      const { text, report } = importTopology(objects, { source: 'a\nb # warren-ignore' });
      const { objects: again, diagnostics } = load(text, 'imported.yaml');
      // What RabbitMQ's own rules say about such names is not the import's matter; that it can be read is.
      const unreadable = diagnostics.filter(
        ({ code }) =>
          code.startsWith('yaml') ||
          [
            'not-text',
            'merge-key',
            'bad-key',
            'duplicate-key',
            'wrong-type',
            'unknown-key',
            'missing-key',
            'bad-value',
            'bad-suppression',
            'unused-suppression',
          ].includes(code),
      );
      expect(unreadable, text).toEqual([]);
      expect(report.differences, text).toEqual([]);
      if (again === undefined) {
        if (process.env.DBG)
          console.log(
            diagnostics
              .filter((d) => d.severity === 'error')
              .map((d) => d.code + ' ' + d.message)
              .join('\n'),
          );
        return;
      }
      compiled += 1;
      const gone = new Set(report.leftOut.map(({ object }) => identityKey(object)));
      expect(
        differencesBetween(
          objects.filter((object) => !gone.has(identityKey(object))),
          again,
        ),
        text,
      ).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(compiled).toBeGreaterThan(50);
});
