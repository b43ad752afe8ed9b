/** Definitions as RabbitMQ exports them, and as people break them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDefinitions } from '../../../topology/definitions/index';
import { SIZE_MAX } from '../../../topology/definitions/foreignText';
import { jsonFault, placeOf } from '../../../topology/definitions/jsonText';
import { load, TARGETS } from '../../../topology/index';
import type { BrokerObject } from '../../../topology/index';
import { renderDefinitions } from '../../../topology/render/definitions';
import { wholeLanguage } from '../wholeLanguage';

const HASH = 'zTh5RPpKPPbBIGvjJRSZBdZyYdHzVnNNmUBqHyPfWJqBPvfQ';

function read(definitions: unknown): ReturnType<typeof readDefinitions> {
  return readDefinitions(JSON.stringify(definitions, null, 2), 'definitions.json');
}

function withoutPlaces(objects: readonly BrokerObject[] = []): object[] {
  return objects.map((object) => ({ ...object, position: undefined }));
}

describe('what a broker exports', () => {
  it.each(TARGETS)('is read as it was compiled for %s', (target) => {
    const series = target === '4.0' || target === '4.3' || target === '3.10' ? target : '4.0';
    const { objects = [] } = load(wholeLanguage(series, { run: 'r', amqpPort: 1 }), 'whole.yaml');
    expect(objects.length).toBeGreaterThan(100);
    const hashes = new Map(
      objects.flatMap((object) =>
        object.kind === 'user'
          ? [[object.name, { hash: HASH, algorithm: 'rabbit_password_hashing_sha256' }]]
          : [],
      ),
    );
    const found = read({ rabbitmq_version: '4.0.5', ...renderDefinitions(objects, hashes) });
    expect(found.diagnostics).toEqual([]);
    // Definitions hold no logins of the stack.
    const expected = withoutPlaces(objects).map((object) => ({ ...object, logins: undefined }));
    expect(withoutPlaces(found.objects)).toEqual(expected);
    expect(JSON.stringify(found)).not.toContain(HASH);
  });

  it('says where each object stands', () => {
    const { objects = [] } = read({ queues: [QUEUE, { ...QUEUE, name: 'second' }], vhosts: [{ name: '/' }] });
    const places = objects.map(({ kind, position }) => [
      kind,
      position?.file,
      position?.line,
      position?.column,
    ]);
    expect(places).toEqual([
      ['vhost', 'definitions.json', 19, 5],
      ['queue', 'definitions.json', 3, 5],
      ['queue', 'definitions.json', 10, 5],
    ]);
  });

  it('is read from one vhost, whose entries do not say which', () => {
    const queue = { name: 'jobs', durable: true, auto_delete: false, arguments: {} };
    const old = { rabbit_version: '3.10.8', queues: [queue], exchanges: [], bindings: [], policies: [] };
    expect(read(old)).toMatchObject({ vhost: '/', diagnostics: [] });
    const policy = { vhost: 'eu', name: 'p', pattern: '.*', 'apply-to': 'all', priority: 0, definition: {} };
    expect(read({ ...old, policies: [policy] })).toMatchObject({ vhost: 'eu', diagnostics: [] });
    const named = readDefinitions(JSON.stringify(old), 'd.json', { vhost: 'shop' });
    expect(withoutPlaces(named.objects)).toMatchObject([{ name: 'shop' }, { name: 'jobs', vhost: 'shop' }]);
    const settings = { description: 'Shop', tags: ['eu'], default_queue_type: 'quorum' };
    const later = read({
      ...old,
      rabbitmq_version: '4.0.5',
      rabbitmq_definition_format: 'single_virtual_host',
      original_vhost_name: 'shop',
      explanation: "Definitions of virtual host 'shop'",
      metadata: settings,
      ...settings,
      limits: { 'max-queues': 50 },
      parameters: [{ value: { 'max-queues': 50 }, component: 'vhost-limits', name: 'limits' }],
    });
    expect(later.diagnostics).toEqual([]);
    expect(withoutPlaces(later.objects)).toMatchObject([
      { kind: 'vhost', name: 'shop', description: 'Shop', tags: ['eu'], defaultQueueType: 'quorum' },
      { kind: 'vhostLimits', vhost: 'shop', maxQueues: 50 },
      { kind: 'queue', vhost: 'shop' },
    ]);
  });

  it('writes the settings of vhosts and the tags of users in several ways', () => {
    const { objects, diagnostics } = read({
      users: [
        { name: 'old', password_hash: HASH, tags: 'administrator, monitoring' },
        {
          name: 'new',
          password_hash: HASH,
          hashing_algorithm: 'rabbit_password_hashing_sha512',
          tags: ['management'],
          limits: { 'max-channels': 5 },
        },
        { name: 'none', password_hash: '', tags: '', limits: [] },
      ],
      vhosts: [
        { name: 'a', metadata: { description: 'A', tags: [], default_queue_type: 'undefined' } },
        { name: 'b', description: 'B', tags: ['x'], default_queue_type: 'stream' },
        {
          name: 'c',
          limits: { 'max-connections': -1, 'max-queues': 0 },
          metadata: { protected_from_deletion: true },
        },
      ],
    });
    expect(diagnostics).toEqual([]);
    expect(withoutPlaces(objects)).toEqual(
      withoutPlaces([
        { kind: 'vhost', name: 'a', description: 'A' },
        { kind: 'vhost', name: 'b', description: 'B', tags: ['x'], defaultQueueType: 'stream' },
        { kind: 'vhost', name: 'c', deletionProtection: true },
        { kind: 'vhostLimits', vhost: 'c', maxQueues: 0 },
        { kind: 'user', name: 'new', tags: ['management'] },
        { kind: 'user', name: 'none', tags: [] },
        { kind: 'user', name: 'old', tags: ['administrator', 'monitoring'] },
        { kind: 'userLimits', user: 'new', maxChannels: 5 },
      ]),
    );
  });

  it('holds passwords in URIs, of which only who logs in is kept', () => {
    const shovel = {
      'src-uri': 'amqp://mover:p%40ss@h/v',
      'dest-uri': ['amqp://a:x1y2@h', 'amqp://b:x1y2@h'],
    };
    const found = read({
      parameters: [
        { vhost: '/', component: 'shovel', name: 's', value: shovel },
        {
          vhost: '/',
          component: 'own',
          name: 'o',
          value: { url: 'http://u:p%40ss@h', password: 'p%40ss', list: ['x?token=p%40ss'] },
        },
      ],
      global_parameters: [{ name: 'g', value: { api_key: 'p%40ss', kept: 1 } }],
    });
    expect(JSON.stringify(found)).not.toMatch(/p%40ss|x1y2/);
    expect(withoutPlaces(found.objects)).toMatchObject([
      { kind: 'globalParameter', value: { kept: 1 } },
      { component: 'own', value: { url: 'http://h', list: ['x?token=***'] } },
      {
        value: { 'src-uri': 'amqp://h/v', 'dest-uri': ['amqp://h', 'amqp://h'] },
        logins: { 'src-uri': 'mover' },
      },
    ]);
    expect(found.diagnostics.map(({ code }) => code)).toEqual(Array(5).fill('definitions-unheld'));
  });

  it('gives each queue its own type, whatever the default of its vhost is', () => {
    const typed = (name: string, type: string, vhost = 'quorum'): object => ({ ...QUEUE, name, vhost, type });
    const vhosts = [
      { name: 'none', metadata: { default_queue_type: 'undefined' } },
      { name: 'quorum', metadata: { default_queue_type: 'quorum' }, default_queue_type: 'undefined' },
    ];
    const queues = [
      typed('as-ever', 'classic', 'none'),
      typed('new', 'quorum'),
      typed('old', 'classic'),
      { ...typed('said', 'classic'), arguments: { 'x-queue-type': 'classic', 'x-expires': 1 } },
    ];
    const typesOf = ({ objects = [] }: ReturnType<typeof read>): object[] =>
      objects.flatMap((object) => (object.kind === 'queue' ? [[object.name, object.arguments]] : []));
    const expected = [
      ['as-ever', {}],
      ['new', { 'x-queue-type': 'quorum' }],
      ['old', { 'x-queue-type': 'classic' }],
      ['said', { 'x-queue-type': 'classic', 'x-expires': 1 }],
    ];
    expect(typesOf(read({ queues, vhosts }))).toEqual(expected);
    const ofOne = { rabbitmq_definition_format: 'single_virtual_host', default_queue_type: 'quorum' };
    expect(typesOf(read({ ...ofOne, queues: queues.slice(1) }))).toEqual(expected.slice(1));
  });

  it('leaves out what is the broker’s own or goes by itself', () => {
    const { objects, diagnostics } = read({
      exchanges: [
        { ...EXCHANGE, name: 'amq.rabbitmq.log' },
        { ...EXCHANGE, name: '' },
      ],
      queues: [{ ...QUEUE, exclusive: true }],
      bindings: [{ ...BINDING, source: '' }],
      global_parameters: [{ name: 'cluster_name', value: 'rabbit@host' }],
    });
    expect(objects).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: 'definitions-unheld', severity: 'info' }]);
  });
});

const QUEUE = { name: 'jobs', vhost: '/', durable: true, auto_delete: false, arguments: {} };
const EXCHANGE = { ...QUEUE, name: 'e', type: 'topic', internal: false };
const BINDING = {
  source: 'e',
  vhost: '/',
  destination: 'jobs',
  destination_type: 'queue',
  routing_key: 'k',
  arguments: {},
};

describe('what is no definitions', () => {
  it.each([
    ['', 'empty', 1, 1],
    ['\n \n', 'empty', 1, 1],
    ['<!DOCTYPE html>\n<html></html>', 'HTML', 1, 1],
    ['warren: 1\n', 'YAML', 1, 1],
    ['[1, 2]', 'a list', 1, 1],
    ['"text"', 'text', 1, 1],
    ['{"error":"not_authorised","reason":"Login failed"}', 'error of RabbitMQ', 1, 1],
    ['{"name": "warren", "version": "1"}', 'no section', 1, 1],
    ['{\n  "queues": [\n    {"name": "a"\n', 'the file ends', 4, 1],
    ['{"queues": [{"name": "a",}]}', '"}" stands where a key', 1, 26],
    ['{"queues": [],\n "users": [{"password_hash": "se\ncret"}]}', 'a line break', 2, 33],
    ['{"queues": []} x', 'more behind its end', 1, 16],
    ['{"queues": [nope]}', '"n" stands where a value', 1, 13],
    [`{"queues": ${'['.repeat(200_000)}`, 'nested too deeply', 1, 111],
    [`{"queues": ["${'x'.repeat(SIZE_MAX)}"]}`, 'holds 32 MB', 1, 1],
  ])('%#: is told in one message', (text, words, line, column) => {
    const { objects, diagnostics } = readDefinitions(text, 'd.json');
    expect(objects).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { code: 'not-definitions', severity: 'error', position: { line, column } },
    ]);
    expect(diagnostics[0]?.message).toContain(words);
    expect(diagnostics[0]?.help).toBeDefined();
    expect(JSON.stringify(diagnostics)).not.toContain('cret');
  });
});

describe('what is wrong in definitions', () => {
  it('is told at its place, and the rest is read', () => {
    const { objects, diagnostics } = read({
      queues: [
        { ...QUEUE, durable: 'yes' },
        { vhost: '/', durable: true, auto_delete: false, arguments: {} },
        'jobs',
        { ...QUEUE, name: 'kept', speed: 5 },
        { ...QUEUE, name: 'kept' },
        { ...QUEUE, name: 'table', arguments: { 'x-own': { a: 1 }, 'x-large': 2 ** 60, 'x-kept': [1, 'a'] } },
      ],
      exchanges: {},
      policies: [{ vhost: '/', name: 'p', pattern: '.*', 'apply-to': 'topics', definition: {} }],
      bindings: [{ ...BINDING, destination_type: 'topic' }],
      colours: [],
    });
    expect(withoutPlaces(objects)).toMatchObject([
      { name: 'jobs', durable: true },
      { name: 'kept' },
      { name: 'table', arguments: { 'x-kept': [1, 'a'] } },
    ]);
    expect(diagnostics.map(({ code, position }) => [code, position?.line, position?.column])).toEqual([
      ['definitions-value', 6, 18],
      ['definitions-value', 10, 5],
      ['definitions-value', 16, 5],
      ['definitions-unknown', 23, 16],
      ['definitions-value', 25, 5],
      ['definitions-unheld', 38, 18],
      ['definitions-unheld', 41, 20],
      ['definitions-value', 49, 16],
      ['definitions-value', 55, 19],
      ['definitions-value', 64, 27],
      ['definitions-unknown', 69, 14],
    ]);
  });

  it('is an operator policy without a pattern, which does nothing and is no error', () => {
    const stray = { vhost: '/', component: 'operator_policy', name: 'stray', value: { definition: {} } };
    const { objects, diagnostics } = read({ parameters: [stray], queues: [QUEUE] });
    expect(objects).toMatchObject([{ kind: 'queue' }]);
    expect(diagnostics).toMatchObject([
      {
        severity: 'warning',
        message: 'The operator policy "stray" has no "pattern": it is left out.',
        position: { line: 7 },
      },
    ]);
    const nameless = read({ parameters: [{ ...stray, name: undefined }], exchanges: [{ durable: 'x' }] });
    expect(nameless.diagnostics.map(({ message }) => message).join()).toContain('An exchange has no');
  });

  it('is told twenty times and then counted', () => {
    const queues = Array.from({ length: 50 }, (_, index) => ({ ...QUEUE, name: `q${index}`, speed: 1 }));
    const { diagnostics } = read({ queues });
    expect(diagnostics).toHaveLength(21);
    expect(diagnostics.at(-1)).toMatchObject({
      severity: 'info',
      message: 'There are 30 more like this (queues.speed).',
    });
  });

  it('is a binding whose end is not there', () => {
    const whole = { queues: [QUEUE], exchanges: [EXCHANGE], bindings: [BINDING] };
    expect(read(whole).diagnostics).toEqual([]);
    for (const lost of [
      { ...whole, exchanges: [] },
      { ...whole, queues: [] },
    ]) {
      const found = read({ rabbitmq_version: '4.3.6', ...lost });
      expect(found.diagnostics).toMatchObject([{ code: 'definitions-reference', severity: 'warning' }]);
      expect(found.objects).toHaveLength(2);
    }
    expect(read({ bindings: [BINDING] }).diagnostics).toEqual([]);
  });
});

describe('JSON as text', () => {
  const json = fc.json({ maxDepth: 4, noUnicodeString: false });

  it('has no fault where JSON.parse finds none, and one where it finds one', () => {
    const damaged = fc.tuple(
      json,
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', ']', '\\', '\n', '0', ':', 'x'),
    );
    fc.assert(
      fc.property(damaged, ([text, at, put]) => {
        const place = at % (text.length + 1);
        const broken = text.slice(0, place) + put + text.slice(place + (put === '' ? 1 : 0));
        let isFine = true;
        try {
          JSON.parse(broken);
        } catch {
          isFine = false;
        }
        expect(jsonFault(broken) === undefined, broken).toBe(isFine);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows the place of every value', () => {
    const check = (text: string, value: unknown, place: ReturnType<typeof placeOf>): void => {
      expect(JSON.parse(text.slice(place.start, place.end))).toEqual(value);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, child] of place.children())
        check(text, (value as Record<string, unknown>)[key], child);
      expect([...place.children().keys()].sort()).toEqual(Object.keys(value).sort());
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        check(text, JSON.parse(text), placeOf(text));
      }),
    );
  });
});
