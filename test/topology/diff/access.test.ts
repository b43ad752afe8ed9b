/** Users, permissions, limits, parameters. */
import { describe, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import { changeIn, codesOf, diffOf, sideOf } from './sides';

const VHOST = 'exchanges: { orders: { type: topic } }, queues: { paid: , failed: }';

function usersDiff(base: string, head: string): ReturnType<typeof diffOf> {
  return diffOf(VHOST, VHOST, `users: { shop: { ${base} } }`, `users: { shop: { ${head} } }`);
}

const permissions = (read: string): string =>
  `permissions: { shop: { configure: '^$', write: '^$', read: '${read}' } }`;

describe('permissions', () => {
  it.each([
    ['^paid$', '^(paid|failed)$', ['access-widened'], "'failed'"],
    ['^(paid|failed)$', '^paid$', ['access-narrowed'], "'failed'"],
    ['^paid$', '^failed$', ['access-narrowed', 'access-widened'], "'failed'"],
    ['^paid$', '.*', ['access-everything'], 'everything'],
    // Nothing of the topology, but another name that there may be.
    ['^paid$', '^paid', ['access-widened'], "'paid"],
    ['^(paid|failed)$', '^(failed|paid)$', ['same-access'], ''],
    ['^paid$', '^pai[d]$', ['same-access'], ''],
  ])('%s → %s: %s', (base, head, codes, words) => {
    const change = changeIn(usersDiff(permissions(base), permissions(head)), 'permissions shop@shop');
    expect(codesOf(change)).toEqual(codes);
    expect(change.reasons.map(({ why }) => why).join()).toContain(words);
    expect(change.class).toBe(
      codes.includes('same-access')
        ? 'none'
        : codes.every((code) => code === 'access-narrowed')
          ? 'disruptive'
          : 'security',
    );
  });

  it('of a user who comes are access for somebody new', () => {
    const diff = diffOf(VHOST, VHOST, '', `users: { shop: { ${permissions('^paid$')} } }`);
    expect(changeIn(diff, 'permissions shop@shop').class).toBe('security');
    expect(changeIn(diff, 'user shop').class).toBe('safe');
  });

  it('of a user who goes go with it', () => {
    const diff = diffOf(VHOST, VHOST, `users: { shop: { ${permissions('^paid$')} } }`, '');
    expect(changeIn(diff, 'user shop')).toMatchObject({
      class: 'disruptive',
      reasons: [{ code: 'user-deleted' }],
    });
    expect(changeIn(diff, 'permissions shop@shop')).toMatchObject({ partOf: 'user shop', reasons: [] });
  });

  it('of routing keys', () => {
    const topic = (write: string): string =>
      `${permissions('^paid$')}, topicPermissions: { shop: { orders: { write: '${write}', read: '.*' } } }`;
    expect(
      codesOf(changeIn(usersDiff(topic('^a$'), topic('^[ab]$')), 'topic permissions shop@shop')),
    ).toEqual(['access-widened']);
    // Without any, everything is allowed.
    expect(
      codesOf(changeIn(usersDiff(topic('^a$'), permissions('^paid$')), 'topic permissions shop@shop')),
    ).toEqual(['access-everything']);
    expect(
      codesOf(changeIn(usersDiff(permissions('^paid$'), topic('^a$')), 'topic permissions shop@shop')),
    ).toEqual(['access-narrowed']);
  });
});

describe('users', () => {
  it.each([
    ['tags: []', 'tags: [administrator]', 'security', 'tags-added'],
    ['tags: [monitoring]', 'tags: []', 'disruptive', 'tags-removed'],
  ])('%s → %s is %s', (base, head, expected, code) => {
    const change = changeIn(usersDiff(base, head), 'user shop');
    expect(change.class).toBe(expected);
    expect(codesOf(change)).toEqual([code]);
  });

  it.each([
    ['limits: { maxConnections: 10 }', 'limits: { maxConnections: 5 }', 'disruptive', 'limit-lowered'],
    ['limits: { maxConnections: 5 }', 'limits: { maxConnections: 10 }', 'safe', 'limit-raised'],
    ['tags: []', 'limits: { maxChannels: 5 }', 'disruptive', 'limit-lowered'],
    ['limits: { maxChannels: 5 }', 'tags: []', 'safe', 'limit-raised'],
  ])('%s → %s is %s', (base, head, expected, code) => {
    const change = changeIn(usersDiff(base, head), 'limits of the user shop');
    expect(change.class).toBe(expected);
    expect(codesOf(change)).toEqual([code]);
  });
});

describe('vhosts and what they hold', () => {
  it('go with everything in them', () => {
    const diff = diffTopologies(
      sideOf(`warren: 1\nvhosts: { shop: { ${VHOST} }, stock: { ${VHOST} } }\n`),
      sideOf(`warren: 1\nvhosts: { shop: { ${VHOST} } }\n`),
    );
    expect(changeIn(diff, 'vhost stock')).toMatchObject({ class: 'destructive', change: 'removed' });
    expect(changeIn(diff, 'queue paid@stock')).toMatchObject({ partOf: 'vhost stock', reasons: [] });
    expect(diff.changes.at(-1)?.id).toBe('vhost stock');
  });

  it.each([
    ['limits: { maxQueues: 10 }', 'limits: { maxQueues: 5 }', 'disruptive'],
    ['limits: { maxQueues: 5 }', 'queues: {}', 'safe'],
    ['defaultQueueType: classic', 'defaultQueueType: quorum', 'disruptive'],
    ['description: a', 'description: b', 'safe'],
    ['description: a', 'queues: {}', 'none'],
  ])('%s → %s is %s', (base, head, expected) => {
    expect(diffOf(base, head).summary.worst).toBe(expected);
  });

  it.each([
    [
      "uri: 'amqps://other.example.com'",
      "uri: 'amqp://other.example.com'",
      ['parameter-changed', 'plain-text'],
    ],
    ["uri: 'amqp://a.example.com'", "uri: 'amqp://a.example.com', prefetch: 5", ['parameter-changed']],
  ])('an upstream %s → %s: %s', (base, head, codes) => {
    const plugins = 'broker: { plugins: [rabbitmq_federation] }';
    const diff = diffOf(
      `federationUpstreams: { up: { ${base} } }`,
      `federationUpstreams: { up: { ${head} } }`,
      plugins,
    );
    expect(diff.changes.flatMap(codesOf)).toEqual(codes);
  });
});
