/** What holds for any topology of several files, on generated ones and on damaged ones. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadTopologyFile } from '../../cli/topologyFile';
import { load } from '../../topology/index';
import type { BrokerObject, LoadResult } from '../../topology/index';
import { renderYaml } from '../../topology/render/yaml';
import { damage, damages } from './damage';
import { COMPOSITIONS } from './expectedFindings';
import { loadFiles } from './memoryFiles';

type Mapping = Readonly<Record<string, unknown>>;

const queue = fc.record(
  {
    ttl: fc.constantFrom('1s', '2m'),
    maxLength: fc.constantFrom(1, 2),
    durable: fc.constant(true),
    deadLetter: fc.constantFrom({ queue: 'dead' }, { exchange: 'dlx' }),
    bindings: fc.constantFrom([], [{ exchange: 'dlx', routingKey: 'on' }]),
  },
  { requiredKeys: [] },
);
const maybeEmpty = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { freq: 9 });
const names = fc.constantFrom('a', 'b', '007', 'true', 'x: y', 'ü', '1.50', 'on');
const permissions = fc.dictionary(fc.constant('v'), fc.record({ read: fc.constantFrom('^a$', '^b$') }));
const base = fc.record({
  target: fc.constantFrom('3.13', '4.3'),
  vhosts: fc.record({
    v: fc.record({ queues: fc.dictionary(names, maybeEmpty(queue)) }).map(({ queues }) => ({
      exchanges: { dlx: { type: 'fanout' } },
      queues: { ...queues, dead: { bindings: [{ exchange: 'dlx' }] }, spare: null },
    })),
  }),
  users: fc.dictionary(names, fc.record({ permissions })),
  workers: fc.dictionary(
    names,
    fc.constant({ vhost: 'v', queues: ['dead'], env: { YES: 'no', SIZE: '1e3' } }),
  ),
});

/** What no base has: new names, and a setting that the queues above never have. */
const additions = fc.record({
  queues: fc.dictionary(fc.constantFrom('new.1', 'new.2'), maybeEmpty(queue)),
  users: fc.dictionary(fc.constantFrom('new.1', 'new.2'), fc.record({ permissions })),
  expires: fc.constantFrom('1h', '2d'),
});

function withoutPositions({ objects, diagnostics }: LoadResult): unknown {
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return objects?.map((object: BrokerObject) => ({ ...object, position: undefined }));
}

function yamlOf({ topology }: LoadResult): string {
  if (topology === undefined) throw new Error('there is no topology');
  return renderYaml(topology);
}

describe('overlays', () => {
  it('one that adds and one that removes just that make the base again', () => {
    fc.assert(
      fc.property(base, additions, (doc, { queues, users, expires }) => {
        const files = {
          'base.yaml': stringify(doc),
          'more.yaml': stringify({
            extends: 'base.yaml',
            vhosts: { v: { queues: { ...queues, spare: { expires } } } },
            ...some('users', users),
          }),
          'main.yaml': stringify({
            extends: 'more.yaml',
            remove: {
              vhosts: { v: { queues: { ...marked(queues), spare: ['expires'] } } },
              ...some('users', marked(users)),
            },
            // An overlay has to change something.
            workers: { extra: { vhost: 'v', queues: ['dead'] } },
          }),
        };
        const plain = { 'main.yaml': stringify({ ...doc, workers: { ...doc.workers, extra: EXTRA } }) };
        const [composed, whole] = [loadFiles(files), loadFiles(plain)];
        expect(withoutPositions(composed)).toEqual(withoutPositions(whole));
        expect(yamlOf(composed).replace('spare: {}', 'spare:')).toBe(yamlOf(whole));
      }),
      { numRuns: 100 },
    );
  });

  it('that change nothing are told so, whatever the base', () => {
    fc.assert(
      fc.property(base, (doc) => {
        const { diagnostics } = loadFiles({
          'base.yaml': stringify(doc),
          'main.yaml': stringify({ extends: 'base.yaml', ...doc }),
        });
        const errors = diagnostics.filter(({ severity }) => severity === 'error');
        expect(new Set(errors.map(({ code, via }) => `${code} ${via ?? ''}`))).toEqual(
          new Set(['overlay-no-change ']),
        );
        // Every value is one.
        expect(errors.length).toBeGreaterThanOrEqual(leafCount(doc));
      }),
      { numRuns: 100 },
    );
  });
});

function leafCount(value: unknown): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 1;
  const entries = Object.values(value);
  return entries.length === 0 ? 1 : entries.reduce((sum: number, entry) => sum + leafCount(entry), 0);
}

const EXTRA = { vhost: 'v', queues: ['dead'] };

/** An empty section would be an overlay's line without effect. */
function some(section: string, entries: Mapping): Mapping {
  return Object.keys(entries).length === 0 ? {} : { [section]: entries };
}

function marked(mapping: Mapping): Mapping {
  return Object.fromEntries(Object.keys(mapping).map((name) => [name, true]));
}

describe('parts', () => {
  it('make the same topology, whichever of them says what, in whichever order they are named', () => {
    fc.assert(
      fc.property(base, fc.infiniteStream(fc.nat(2)), fc.boolean(), (doc, choices, isReversed) => {
        const parts = [0, 1, 2].map(() => ({
          target: doc.target,
          vhosts: { v: {} },
          users: {},
          workers: {},
        }));
        const put = (section: string, sub: string | undefined, entries: Mapping): void => {
          for (const [name, value] of Object.entries(entries)) {
            const part = parts[choices.next().value as number] as unknown as Record<
              string,
              Record<string, Mapping>
            >;
            const target = (sub === undefined ? part[section] : part.vhosts?.v) as Record<string, Mapping>;
            if (sub === undefined) target[name] = value as Mapping;
            else target[sub] = { ...target[sub], [name]: value };
          }
        };
        put('vhosts', 'exchanges', doc.vhosts.v.exchanges);
        put('vhosts', 'queues', doc.vhosts.v.queues);
        put('users', undefined, doc.users);
        put('workers', undefined, doc.workers);
        const order = isReversed ? ['c.yaml', 'b.yaml', 'a.yaml'] : ['a.yaml', 'b.yaml', 'c.yaml'];
        const [a, b, c] = parts.map((part) => stringify(part));
        const files = {
          'a.yaml': a ?? '',
          'b.yaml': b ?? '',
          'c.yaml': c ?? '',
          'main.yaml': stringify({ include: order }),
        };
        const whole = loadFiles({ 'main.yaml': stringify(doc) });
        expect(withoutPositions(loadFiles(files))).toEqual(withoutPositions(whole));
      }),
      { numRuns: 200 },
    );
  });
});

describe('the resolved topology', () => {
  it('makes the same objects, and is the same when it is resolved again', () => {
    fc.assert(
      fc.property(base, additions, (doc, { queues, users, expires }) => {
        const result = loadFiles({
          'base.yaml': stringify(doc),
          'main.yaml': stringify({
            extends: 'base.yaml',
            vhosts: { v: { queues: { ...queues, spare: { expires } } } },
            ...some('users', users),
          }),
        });
        const text = yamlOf(result);
        const again = load(text, 'resolved.yaml');
        expect(withoutPositions(again)).toEqual(withoutPositions(result));
        expect(yamlOf(again)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('of every example is that example', () => {
    const folder = join(__dirname, '../../topology/examples');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.yaml'),
    );
    expect(files.length).toBeGreaterThan(7);
    for (const file of files) {
      const result = loadTopologyFile(join(folder, file), { target: '4.0' });
      const again = load(yamlOf(result), 'resolved.yaml');
      expect(again.topology?.target).toBe('4.0');
      expect(withoutPositions(again)).toEqual(withoutPositions(result));
    }
  });
});

describe('damaged files', () => {
  const fixtures = readdirSync(COMPOSITIONS).map((name) => {
    const files = readdirSync(join(COMPOSITIONS, name), { recursive: true, encoding: 'utf8' });
    return Object.fromEntries(
      files
        .filter((file) => /\.(yaml|txt)$/.test(file))
        .map((file) => [file, readFileSync(join(COMPOSITIONS, name, file), 'utf8')]),
    );
  });

  it('never crash, and every finding has a place in one of the files', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.nat(3), damages, (files, index, done) => {
        const name = Object.keys(files)[index % Object.keys(files).length] ?? '';
        const result = loadFiles({ ...files, [name]: damage(files[name] ?? '', done) });
        const { objects, diagnostics, sources } = result;
        expect(objects !== undefined || diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { position, via } of diagnostics) {
          const lineCount = sources.get(position?.file ?? '')?.split('\n').length ?? 0;
          expect(position?.line).toBeGreaterThanOrEqual(1);
          expect(position?.line).toBeLessThanOrEqual(lineCount);
          expect(position?.column).toBeGreaterThanOrEqual(1);
          expect(via).toBe(position?.file === 'main.yaml' ? undefined : 'main.yaml');
        }
        const again = loadFiles({ ...files, [name]: damage(files[name] ?? '', done) });
        expect([again.diagnostics, again.objects]).toEqual([diagnostics, objects]);
      }),
      { numRuns: 600 },
    );
  });
});
