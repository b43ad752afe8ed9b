/** Changes that look harmless, and aren't; or the other way round. */
import { describe, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import type { TopologyDiff } from '../../../topology/diff/model';
import { renderDiffForTerminal } from '../../../topology/render/diff/terminal';
import { changeIn, codesOf, diffOf, sideOf } from './sides';

function codes(diff: TopologyDiff): string[] {
  return [...new Set(diff.changes.flatMap(codesOf))].sort();
}

function words(diff: TopologyDiff): string {
  const reasons = diff.changes.flatMap((change) => [
    ...change.reasons,
    ...change.effects.flatMap((effect) => effect.reasons),
  ]);
  return reasons.map(({ why, instead = '' }) => `${why} ${instead}`).join('\n');
}

function queueDiff(base: string, head: string): TopologyDiff {
  return diffOf(`queues: { q: { ${base} }, f: }`, `queues: { q: { ${head} }, f: }`);
}

function upstreamDiff(base: string, head: string): TopologyDiff {
  const upstream = (settings: string): string => `federationUpstreams: { up: { ${settings} } }`;
  return diffOf(upstream(base), upstream(head), 'broker: { plugins: [rabbitmq_federation] }');
}

function userDiff(base: string, head: string): TopologyDiff {
  const side = (settings: string): ReturnType<typeof sideOf> =>
    sideOf(`warren: 1\nvhosts: { shop: { queues: { q: } }, w: }\nusers: { u: { ${settings} } }\n`);
  return diffTopologies(side(base), side(head));
}

describe('where a link leads', () => {
  it.each([
    ['amqp://localhost.evil.example', true],
    ['amqp://127.evil.example', true],
    ['amqp://evil.example#@localhost', true],
    ['amqp://localhost', false],
    ['amqp://LOCALHOST:5672', false],
    ['amqp://127.0.0.1:5672/%2f', false],
    ['amqp://[::1]:5672', false],
  ])('%s leaves the broker: %s', (uri, isPlain) => {
    const diff = upstreamDiff("uri: 'amqps://h.example'", `uri: '${uri}'`);
    expect(codes(diff).includes('plain-text')).toBe(isPlain);
  });

  it.each([
    ['?cacertfile=/a&verify=verify_peer', '?cacertfile=/a&verify=verify_none', true],
    ['?verify=verify_peer', '', true],
    ['', '?verify=verify_none', true],
    ['?verify=verify_none', '?verify=verify_peer', false],
    ['?verify=verify_none', '?verify=verify_none&heartbeat=5', false],
    ['?verify=verify_peer', '?verify=verify_peer&heartbeat=5', false],
    ['', '?heartbeat=5', false],
  ])('amqps://h.example%s → %s proves its name less: %s', (base, head, isWeaker) => {
    const diff = upstreamDiff(`uri: 'amqps://h.example${base}'`, `uri: 'amqps://h.example${head}'`);
    expect(codes(diff).includes('peer-unverified')).toBe(isWeaker);
    if (isWeaker) expect(diff.summary.worst).toBe('security');
  });
});

it.each([
  ['messageTtl: 1d', 'messageTtl: 1s', ['limit-discards']],
  ['expires: 7d', 'expires: 1d', ['queue-expires']],
  ['messageTtl: 1d', 'messageTtl: 2d', []],
])('an upstream with %s → %s', (base, head, expected) => {
  const uri = "uri: 'amqps://h.example'";
  const diff = upstreamDiff(`${uri}, ${base}`, `${uri}, ${head}`);
  expect(codes(diff)).toEqual([...expected, 'parameter-changed'].sort());
  expect(words(diff)).not.toContain('stays where it is');
});

it.each([
  ['consumerTimeout: 1h', '', ['consumers-cut']],
  ['', 'consumerTimeout: 1h', ['limit-raised']],
  ['', 'consumerTimeout: 10m', ['consumers-cut']],
])('without a consumer timeout it is 30 minutes: %s → %s', (base, head, expected) => {
  const type = 'type: quorum, maxLength: 5';
  const diff = queueDiff(`${type}, ${base}`, `${type}, ${head}`);
  expect(codes(diff)).toEqual(expected);
  expect(words(diff)).toContain('30m');
});

describe('permissions with no pattern', () => {
  it.each([
    ['', 'permissions: { w: {} }', 'access-widened', 'security', 'may connect to the vhost "w"'],
    [
      'permissions: { w: {} }',
      '',
      'access-narrowed',
      'disruptive',
      'can\'t connect to the vhost "w" any more',
    ],
  ])('%s → %s', (base, head, code, worst, text) => {
    const diff = userDiff(base, head);
    expect(codes(diff)).toEqual([code]);
    expect(diff.summary.worst).toBe(worst);
    expect(words(diff)).toContain(text);
  });
});

it.each([
  ['[management]', '[monitoring]', ['tags-added']],
  ['[policymaker]', '[management]', ['tags-removed']],
  ['[management, monitoring]', '[monitoring]', ['same-access']],
  ['[monitoring, policymaker]', '[administrator]', ['tags-added']],
  ['[administrator]', '[monitoring]', ['tags-removed']],
])('tags %s → %s: %s', (base, head, expected) => {
  expect(codes(userDiff(`tags: ${base}`, `tags: ${head}`))).toEqual(expected);
});

it('a full queue that only refuses sends no dead letters any more', () => {
  const rest = 'type: classic, maxLength: 10, deadLetter: { queue: f }';
  const diff = queueDiff(`${rest}, overflow: reject-publish-dlx`, `${rest}, overflow: reject-publish`);
  expect(codes(diff)).toContain('dead-letters-dropped');
  expect(diff.summary.worst).toBe('destructive');
});

it('a vhost that is no longer protected says so', () => {
  const diff = diffOf(
    'deletionProtection: true, description: a',
    'deletionProtection: false, description: a',
  );
  expect(codes(diff)).toEqual(['protection-removed']);
  expect(diff.summary.worst).toBe('disruptive');
});

describe('a stream', () => {
  it.each([
    ['maxAge: 7d', 'maxAge: 1d', 'older than 1d (before: 7d)'],
    ['maxAge: 7d', 'maxAge: 7d, maxLengthBytes: 1GB', 'segment by segment'],
  ])('%s → %s drops segments', (base, head, text) => {
    const diff = queueDiff(`type: stream, ${base}`, `type: stream, ${head}`);
    expect(codes(diff)).toEqual(['limit-discards']);
    expect(words(diff)).toContain(text);
    expect(words(diff)).not.toContain('overflow');
    expect(words(diff)).not.toContain('at once');
  });
});

describe('another target', () => {
  const across = (base: string, head: string, queues: string): TopologyDiff => {
    const side = (target: string): ReturnType<typeof sideOf> =>
      sideOf(`warren: 1\ntarget: '${target}'\nvhosts: { shop: { queues: { ${queues} } } }\n`);
    return diffTopologies(side(base), side(head));
  };

  it('brings a delivery limit to quorum queues without one', () => {
    const diff = across(
      '3.13',
      '4.3',
      'a: { type: quorum, maxLength: 4 }, b: { type: quorum, deliveryLimit: 7 }, c:',
    );
    expect(diff.changes.map(({ id }) => id)).toEqual(['queue a@shop']);
    const change = changeIn(diff, 'queue a@shop');
    expect(change).toMatchObject({ change: 'changed', fields: [], class: 'destructive', reasons: [] });
    expect(codesOf(change)).toEqual(['limit-discards']);
    expect(words(diff)).toMatch(/more than 20 times.*deliveryLimit: -1/s);
    expect(change.steps.join()).not.toContain('in place');
    expect(renderDiffForTerminal(diff, { width: 200, color: false })).toContain('RabbitMQ 3.13 → 4.3');
  });

  it.each([
    ['4.0', '4.3', 0],
    ['3.10', '3.13', 0],
    ['3.13', '4.0', 1],
  ])('from %s to %s: %d changes', (base, head, count) => {
    const diff = across(base, head, 'a: { type: quorum, maxLength: 4 }');
    expect(diff.changes).toHaveLength(count);
    expect(renderDiffForTerminal(diff, { width: 200, color: false })).toContain(`${base} → ${head}`);
  });

  it('comes with a policy that changes anyway', () => {
    const side = (target: string, max: number): ReturnType<typeof sideOf> =>
      sideOf(
        `warren: 1\ntarget: '${target}'\nvhosts: { shop: { queues: { a: { type: quorum, maxLength: ${max} } } } }\n`,
      );
    const diff = diffTopologies(side('3.13', 4), side('4.3', 5));
    expect(diff.changes.map(({ id }) => id)).toEqual(['policy warren.a@shop']);
    expect(codes(diff)).toEqual(['limit-discards', 'limit-raised']);
  });
});

describe('bindings', () => {
  const vhost = (exchange: string, queues: string): string =>
    `exchanges: { e: { ${exchange} }, u: { type: fanout } }, queues: { ${queues}, un: { bindings: [{ exchange: u }] } }`;
  const bound = (name: string, key: string): string =>
    `${name}: { bindings: [{ exchange: e, routingKey: '${key}' }] }`;

  it.each([
    ['q:', bound('q', 'a.#')],
    // A queue that comes with it takes as much away.
    [bound('q', 'a.b'), `${bound('q', 'a.b')}, ${bound('r', 'a.#')}`],
  ])('beside an alternate exchange: %s → %s takes messages away from it', (base, head) => {
    const exchange = 'type: topic, alternate: u';
    const diff = diffOf(vhost(exchange, base), vhost(exchange, head));
    expect(codes(diff)).toEqual(['unrouted-redirected']);
    expect(diff.summary.worst).toBe('disruptive');
  });

  it('beside an alternate exchange: what is taken already never came there', () => {
    const exchange = 'type: topic, alternate: u';
    const diff = diffOf(
      vhost(exchange, bound('q', '#')),
      vhost(exchange, `${bound('q', '#')}, ${bound('r', 'a.#')}`),
    );
    expect(diff.summary.worst).toBe('safe');
  });

  it.each([
    [bound('q', '1'), `${bound('q', '1')}, ${bound('r', '9')}`, ['keys-moved']],
    [`${bound('q', '1')}, r: `, `${bound('q', '1')}, ${bound('r', '9')}`, ['keys-moved']],
    [`${bound('q', '1')}, ${bound('r', '9')}`, `${bound('q', '1')}, r: `, ['keys-moved']],
    ['q:', bound('q', '1'), []],
    [bound('q', '1'), 'q:', ['binding-removed']],
  ])('of a hash exchange: %s → %s: %s', (base, head, expected) => {
    const exchange = 'type: x-consistent-hash';
    const plugins = 'broker: { plugins: [rabbitmq_consistent_hash_exchange] }';
    const diff = diffOf(vhost(exchange, base), vhost(exchange, head), plugins);
    expect(codes(diff)).toEqual(expected);
  });

  const headers = (...tables: readonly string[]): string =>
    `exchanges: { e: { type: headers } }, queues: { q: { bindings: [${tables
      .map((table) => `{ exchange: e, arguments: { ${table} } }`)
      .join(', ')}] } }`;

  it.each([
    [['a: 1'], ['x-match: all, a: 1'], []],
    [['x-match: all, a: 1, b: 2', 'a: 1'], ['x-match: all, a: 1'], []],
    [['x-match: any, a: 1'], ['x-match: any, a: 1, b: 2'], []],
    [['x-match: all, a: 1, b: 2'], ['x-match: any, a: 1, c: 3'], []],
    [['x-match: any, a: 1'], ['a: 1'], []],
    [['a: 1'], ['a: 1, b: 2'], ['binding-removed']],
    [['x-match: any, a: 1, b: 2'], ['a: 1'], ['binding-removed']],
    [['x-match: any, a: 1, b: 2'], ['x-match: any, a: 1'], ['binding-removed']],
    [['a: 1'], ['a: 2'], ['binding-removed']],
  ])('with headers: %j → %j loses: %j', (base, head, lost) => {
    const diff = diffOf(headers(...base), headers(...head));
    expect(codes(diff).filter((code) => code !== 'covered-binding')).toEqual(lost);
    if (lost.length > 0) expect(words(diff)).toContain('"a":1');
    expect(words(diff)).not.toContain('key ""');
  });
});
