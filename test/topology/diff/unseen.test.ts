/** Changes that look harmless, and aren't; or the other way round. */
import { describe, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import type { TopologyDiff } from '../../../topology/diff/model';
import { codesOf, diffOf, sideOf } from './sides';

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
