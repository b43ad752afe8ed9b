/** What overlays and parts make of each other, where nothing is wrong. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { LoadResult } from '../../topology/index';
import { renderYaml } from '../../topology/render/yaml';
import { findingsOf, loadFiles } from './memoryFiles';
import type { Files } from './memoryFiles';

const BASE = `
vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { ttl: 1h, maxLength: 1000, declaredWith: { x-max-priority: 3 } }
      sent: { bindings: [{ exchange: orders, routingKey: sent }] }
      empty:
users:
  shop: { tags: [monitoring, management], permissions: { shop: { read: '^paid$' } } }
workers:
  paid: { vhost: shop, queues: [paid, sent], replicas: 1 }
expect:
  - publish: { vhost: shop, exchange: orders, routingKey: sent }
    reaches: [sent]
`;

/** The resolved topology as data. Nothing may be found. */
function resolve(files: Files): unknown {
  return dataOf(loadFiles(files));
}

function dataOf(result: LoadResult): Record<string, unknown> {
  expect(findingsOf(result)).toEqual([]);
  if (result.topology === undefined) throw new Error('there is no topology');
  return parse(renderYaml(result.topology)) as Record<string, unknown>;
}

function overlay(text: string): unknown {
  return resolve({ 'base.yaml': BASE, 'main.yaml': `extends: base.yaml\n${text}` });
}

describe('an overlay', () => {
  it('merges mappings deeply; scalars and lists replace', () => {
    const merged = overlay(`
vhosts: { shop: { queues: { paid: { maxLength: 5 }, sent: { bindings: [{ exchange: orders, routingKey: '#' }] } } } }
workers: { paid: { replicas: 4, queues: [paid] } }
`);
    expect(merged).toMatchObject({
      vhosts: {
        shop: {
          queues: {
            paid: { ttl: '1h', maxLength: 5, declaredWith: { 'x-max-priority': 3 } },
            sent: { bindings: [{ exchange: 'orders', routingKey: '#' }] },
          },
        },
      },
      workers: { paid: { vhost: 'shop', queues: ['paid'], replicas: 4 } },
    });
  });

  it('adds objects after those of the base, and fills empty ones', () => {
    const merged = overlay(`
vhosts: { shop: { queues: { empty: { ttl: 5m }, other: , 007: } } }
users: { support: { tags: [monitoring] } }
`) as { vhosts: { shop: { queues: object } }; users: object };
    expect(Object.keys(merged.users)).toEqual(['shop', 'support']);
    expect(merged.vhosts.shop.queues).toMatchObject({ empty: { ttl: '5m' }, other: null, '007': null });
  });

  it('keeps the order of the files, whatever the names look like', () => {
    const { topology } = loadFiles({
      'base.yaml': 'vhosts: { v: { queues: { zebra: { maxLength: 1, ttl: 1s }, 10: , ant: } } }',
      'main.yaml': 'extends: base.yaml\nvhosts: { v: { queues: { 2: , bee: , zebra: { maxLength: 2 } } } }',
    });
    const text = topology === undefined ? '' : renderYaml(topology);
    expect([...text.matchAll(/^ {6}( *[\w']+):/gm)].map(([, key]) => key)).toEqual([
      'zebra',
      '  maxLength',
      '  ttl',
      "'10'",
      'ant',
      "'2'",
      'bee',
    ]);
  });

  it('removes objects, settings, sections, and names of a list', () => {
    const merged = overlay(`
remove:
  vhosts: { shop: { queues: { paid: [ttl, declaredWith], empty: true }, exchanges: { orders: [type] } } }
  users: { shop: { tags: [management] } }
  expect: true
`);
    expect(merged).toEqual({
      warren: 1,
      vhosts: {
        shop: {
          exchanges: { orders: {} },
          queues: {
            paid: { maxLength: 1000 },
            sent: { bindings: [{ exchange: 'orders', routingKey: 'sent' }] },
          },
        },
      },
      users: { shop: { tags: ['monitoring'], permissions: { shop: { read: '^paid$' } } } },
      workers: { paid: { vhost: 'shop', queues: ['paid', 'sent'], replicas: 1 } },
    });
  });

  it('replaces an object as a whole by removing it first', () => {
    expect(
      overlay(`
remove: { vhosts: { shop: { queues: { paid: true } } } }
vhosts: { shop: { queues: { paid: { ttl: 1h } } } }
`),
    ).toMatchObject({ vhosts: { shop: { queues: { paid: { ttl: '1h' } } } } });
  });

  it('adds expectations to those of its base', () => {
    const { expect: tests } = overlay(`
expect: [{ publish: { vhost: shop, exchange: orders, routingKey: other }, reaches: [] }]
`) as { expect: { publish: { routingKey: string } }[] };
    expect(tests.map(({ publish }) => publish.routingKey)).toEqual(['sent', 'other']);
  });

  it('may choose its target, and an option goes before that', () => {
    const files = {
      'base.yaml': `target: '4.0'\n${BASE}`,
      'main.yaml': "extends: base.yaml\ntarget: '3.13'\n",
    };
    expect(loadFiles(files).topology?.target).toBe('3.13');
    const result = loadFiles(files, { target: '4.3' });
    expect(dataOf(result).target).toBe('4.3');
  });

  it('may extend an overlay in another folder, from where paths are seen', () => {
    expect(
      resolve({
        'shared/base.yaml': BASE,
        'shared/stages/staging.yaml': 'extends: ../base.yaml\nworkers: { paid: { replicas: 2 } }',
        'main.yaml': 'extends: ./shared/stages/staging.yaml\nworkers: { paid: { prefetch: 5 } }',
      }),
    ).toMatchObject({ workers: { paid: { replicas: 2, prefetch: 5 } } });
  });

  it('may extend several files: the later are laid over the earlier, what they extend counts once', () => {
    const large = 'extends: base.yaml\nworkers: { paid: { replicas: 8, prefetch: 5 } }';
    const lean =
      'extends: base.yaml\nremove: { vhosts: { shop: { queues: [empty] } } }\nworkers: { paid: { replicas: 2 } }';
    const files = { 'base.yaml': BASE, 'large.yaml': large, 'lean.yaml': lean };
    const end = 'workers: { paid: { concurrency: 2 } }';
    for (const [first, last, replicas] of [
      ['large', 'lean', 2],
      ['lean', 'large', 8],
    ] as const) {
      const merged = resolve({ ...files, 'main.yaml': `extends: [${first}.yaml, ${last}.yaml]\n${end}` });
      expect(merged).toMatchObject({ workers: { paid: { replicas, prefetch: 5, concurrency: 2 } } });
      expect(JSON.stringify(merged)).not.toContain('empty');
    }
  });
});

describe('parts', () => {
  const TEAMS = {
    'shared.yaml':
      'vhosts: { shop: { exchanges: { events: { type: topic } } } }\nbroker: { plugins: [rabbitmq_shovel] }',
    'a.yaml': `
include: [shared.yaml]
vhosts: { shop: { queues: { a: { bindings: [{ exchange: events, routingKey: a }] } } } }
users: { app: { tags: [monitoring], roles: { shop: { consumer: [a] } } } }
`,
    'b.yaml': `
include: [shared.yaml]
vhosts: { shop: { queues: { b: { deadLetter: { queue: a } } } } }
users: { app: { tags: [monitoring], roles: { shop: { consumer: [b] } } } }
broker: { plugins: [rabbitmq_stream, rabbitmq_shovel] }
`,
  };

  it('make one topology, whose vhosts and users merge down to their entries', () => {
    const result = loadFiles({ ...TEAMS, 'main.yaml': 'include: [a.yaml, b.yaml]\n' });
    expect(dataOf(result)).toEqual({
      warren: 1,
      vhosts: {
        shop: {
          exchanges: { events: { type: 'topic' } },
          queues: {
            a: { bindings: [{ exchange: 'events', routingKey: 'a' }] },
            b: { deadLetter: { queue: 'a' } },
          },
        },
      },
      users: { app: { tags: ['monitoring'], roles: { shop: { consumer: ['a', 'b'] } } } },
      broker: { plugins: ['rabbitmq_shovel', 'rabbitmq_stream'] },
    });
    const places = result.objects
      ?.filter((object) => object.kind === 'queue')
      .map(({ name, position }) => `${name} ${position?.file ?? ''}:${position?.line ?? 0}`);
    expect(places).toEqual(['a a.yaml:4', 'b b.yaml:4']);
  });

  it('can be checked one by one', () => {
    expect(findingsOf(loadFiles({ ...TEAMS, 'main.yaml': TEAMS['a.yaml'] }))).toEqual([]);
    expect(findingsOf(loadFiles({ ...TEAMS, 'main.yaml': TEAMS['b.yaml'] }))).toEqual([
      'main.yaml:4:55 missing-target',
    ]);
  });

  it('of an overlay are laid over its base with it', () => {
    expect(
      resolve({
        'base.yaml': BASE,
        'workers.yaml': 'workers: { paid: { replicas: 3 } }',
        'main.yaml':
          'extends: base.yaml\ninclude: [workers.yaml]\nvhosts: { shop: { queues: { paid: { ttl: 2h } } } }',
      }),
    ).toMatchObject({
      workers: { paid: { replicas: 3 } },
      vhosts: { shop: { queues: { paid: { ttl: '2h' } } } },
    });
  });
});

describe('judgement across files', () => {
  const judged = (files: Files): string[] =>
    findingsOf(loadFiles(files), ['zero-limit', 'unused-suppression']);

  it('a suppression in a base counts in every overlay, and is not missed where its finding is gone', () => {
    const base =
      'vhosts: { shop: { limits: { maxConnections: 0 }, queues: { q: } } } # warren-ignore zero-limit: closed';
    const change = 'extends: base.yaml\nvhosts: { shop: { queues: { q: { ttl: 1h } } } }';
    expect(judged({ 'base.yaml': base, 'main.yaml': change })).toEqual([]);
    const opened = 'extends: base.yaml\nvhosts: { shop: { limits: { maxConnections: 5 } } }';
    expect(judged({ 'base.yaml': base, 'main.yaml': opened })).toEqual([]);
  });

  it('severities of an overlay go before those of its base', () => {
    const base = 'rules: { zero-limit: error }\nvhosts: { shop: { limits: { maxConnections: 0 } } }';
    const main = 'extends: base.yaml\nrules: { zero-limit: off }';
    expect(judged({ 'main.yaml': base })).toEqual(['main.yaml:3:45 zero-limit']);
    expect(judged({ 'base.yaml': base, 'main.yaml': main })).toEqual([]);
  });
});
