/** A topology made of a broker's objects compiles to these objects again. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { ALL_VERBATIM, importTopology } from '../../../topology/import/index';
import type { ImportOptions, ImportResult } from '../../../topology/import/index';
import { differencesBetween } from '../../../topology/import/meaning';
import { identityKey, load, TARGETS } from '../../../topology/index';
import type {
  Arguments,
  BrokerObject,
  JsonValue,
  LoadResult,
  PolicyApplyTo,
  PolicyObject,
  Target,
} from '../../../topology/index';
import { policyIndex } from '../../../topology/route/policies';
import { mutated } from '../mutate';
import { wholeLanguage } from '../wholeLanguage';

const EXAMPLES = join(__dirname, '../../../topology/examples');
const examples = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => [file, readFileSync(join(EXAMPLES, file), 'utf8')] as const);

/** Dead letters that go nowhere are an error also of what is imported; here, nothing else may be one. */
function loadImported(text: string): LoadResult {
  return load(`${text}rules: { dead-letter-unroutable: off }\n`, 'imported.yaml');
}

/** What is written must load, and mean the same but for what is told to be left out. */
function roundTrip(objects: readonly BrokerObject[], options: Partial<ImportOptions> = {}): ImportResult {
  const result = importTopology(objects, { source: 'test', ...options });
  const { objects: again, diagnostics } = loadImported(result.text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  // From which plugin an exchange of an unknown type comes, only the owner knows.
  if (errors.length > 0 && errors.every(({ message }) => message.includes('comes from no plugin')))
    return result;
  expect(errors, result.text).toEqual([]);
  expect(result.report.differences).toEqual([]);
  expect(result.report.verbatim.map(({ text }) => text)).not.toContain(ALL_VERBATIM);
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

const POLICY_NAMES = ['a', 'b', 'job', 'user'];

/** Policies as people write them: overlapping, for queues that are there or not, by name or by pattern. */
const foreignVhost = fc
  .record({
    queues: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'job.1', 'job.2', 'u:1', 'u:2', 'u:', 'v:1'), {
      minLength: 1,
    }),
    types: fc.array(fc.constantFrom('classic', 'quorum'), { minLength: 9, maxLength: 9 }),
    exchanges: fc.uniqueArray(fc.constantFrom('a', 'x')),
    policies: fc.array(
      fc.record({
        pattern: fc.constantFrom(
          ...[
            '.*',
            '^job',
            '^u:',
            '^u:.+$',
            '^u:.*',
            '^(u:.+|v:.+)$',
            '^[a-c]$',
            '^(a|b)$',
            '^a$',
            '^job\\.1$',
            '1',
            '^u:1$',
          ],
        ),
        applyTo: fc.constantFrom<PolicyApplyTo>(
          'queues',
          'queues',
          'all',
          'exchanges',
          'classic_queues',
          'quorum_queues',
        ),
        definition: fc.constantFrom<Arguments>(
          { 'max-length': 9 },
          { 'message-ttl': 9000 },
          { 'max-length': 9, 'message-ttl': 9000 },
          { 'dead-letter-exchange': '', 'dead-letter-routing-key': 'dead' },
          { 'dead-letter-exchange': 'amq.fanout' },
          { 'ha-mode': 'all', 'ha-sync-mode': 'automatic' },
          { 'ha-mode': 'all', 'ha-sync-mode': 'automatic', 'max-length': 7 },
          { 'queue-mode': 'lazy' },
          { 'alternate-exchange': 'amq.fanout' },
        ),
      }),
      { maxLength: POLICY_NAMES.length },
    ),
    priorities: fc.shuffledSubarray([0, 1, 2, 3, 1500], { minLength: 5 }),
  })
  .map(({ queues, types, exchanges, policies, priorities }): BrokerObject[] => {
    const common = { vhost: 'v', durable: true, autoDelete: false };
    return [
      { kind: 'vhost', name: 'v' },
      ...['dead', ...queues].map((name, index): BrokerObject => ({
        ...{ kind: 'queue', ...common, name },
        arguments: types[index] === 'quorum' ? { 'x-queue-type': 'quorum' } : {},
      })),
      ...exchanges.map((name): BrokerObject => ({
        kind: 'exchange',
        ...common,
        name,
        type: 'fanout',
        internal: false,
        arguments: {},
      })),
      ...policies.map((policy, index): BrokerObject => ({
        ...{ kind: 'policy', vhost: 'v', name: POLICY_NAMES[index] ?? '', ...policy },
        priority: priorities[index] ?? 0,
      })),
    ];
  });

it('the policies of others count as before, also for queues that are not there yet', () => {
  let said = 0;
  fc.assert(
    fc.property(foreignVhost, (objects) => {
      const { text, report } = roundTrip(objects, { target: '3.13' });
      said += report.recognised.length;
      const policies = (all: readonly BrokerObject[] = []): PolicyObject[] =>
        all.filter((object): object is PolicyObject => object.kind === 'policy');
      const again = loadImported(text);
      const [before, after] = [policies(objects), policies(again.objects)].map(policyIndex);
      for (const probe of ['u:77', 'u:x.1', 'v:77', 'job.77', 'job', 'zz1', 'd']) {
        for (const type of ['classic', 'quorum'] as const) {
          const counts = before?.forQueue(probe, type)?.definition;
          expect(after?.forQueue(probe, type)?.definition, `${probe}: ${text}`).toEqual(counts);
        }
      }
    }),
    { numRuns: 1000 },
  );
  expect(said).toBeGreaterThan(200);
});

it('a policy that keeps another one from an exchange stays a policy', () => {
  const common = { vhost: 'v', name: 'a', durable: true, autoDelete: false, arguments: {} };
  const { report } = roundTrip([
    { kind: 'vhost', name: 'v' },
    { kind: 'queue', ...common },
    { kind: 'exchange', ...common, type: 'fanout', internal: false },
    {
      ...{ kind: 'policy', vhost: 'v', name: 'length', pattern: '^a$', applyTo: 'all', priority: 5 },
      definition: { 'max-length': 9 },
    },
    {
      ...{ kind: 'policy', vhost: 'v', name: 'alternate', pattern: '.*', applyTo: 'exchanges', priority: 0 },
      definition: { 'alternate-exchange': 'amq.fanout' },
    },
  ]);
  expect(report.verbatim).toHaveLength(2);
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
