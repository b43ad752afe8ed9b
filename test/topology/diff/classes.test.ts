/** One change of each sort, and what it is classed as. */
import { describe, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import type { BrokerObject } from '../../../topology/objects';
import { VALUE_ROLES } from '../../../topology/mutability';
import { POLICY_KEYS } from '../../../topology/rules/keys';
import { changeIn, codesOf, diffOf, sideOf } from './sides';

it('knows what each policy key does', () => {
  expect(Object.keys(VALUE_ROLES).sort()).toEqual(Object.keys(POLICY_KEYS).sort());
});

describe('a shovel', () => {
  const more =
    'broker: { plugins: [rabbitmq_shovel] }\nusers: { app: { permissions: { shop: { configure: .*, write: .*, read: .* } } } }\n';
  const end = (what: string): string => `{ uri: 'amqp:///shop', user: app, ${what} }`;
  const shovel = (source: string, destination: string, rest = ''): string =>
    `shovels: { s: { source: ${end(source)}, destination: ${end(destination)}${rest} } }`;
  const toExchange = shovel('queue: q', 'exchange: x');

  it.each([
    // Measured on 3.10 and 4.3: what nothing takes is acknowledged all the same.
    ['', toExchange, ['parameter-changed', 'shovel-loses']],
    ['', shovel('queue: q', 'queue: r'), ['parameter-changed']],
    // Of what is published to an exchange, it moves copies.
    ['', shovel('exchange: x', 'exchange: y'), ['parameter-changed']],
    [shovel('queue: q', 'queue: r'), toExchange, ['parameter-changed', 'shovel-loses']],
    [toExchange, shovel('queue: q', 'exchange: y'), ['parameter-changed', 'shovel-loses']],
    [toExchange, shovel('queue: q', 'exchange: x', ', reconnectDelay: 9s'), ['parameter-changed']],
    [toExchange, '', ['parameter-changed']],
  ])('%s → %s', (base, head, codes) => {
    const vhost = (shovels: string): string =>
      `exchanges: { x: { type: topic }, y: { type: topic } }, queues: { q: , r: }${shovels && `, ${shovels}`}`;
    const change = changeIn(diffOf(vhost(base), vhost(head), more), 'parameter shovel s@shop');
    expect(codesOf(change)).toEqual(codes);
    expect(change.class).toBe(codes.includes('shovel-loses') ? 'destructive' : 'disruptive');
  });
});

describe('limits of a queue', () => {
  it.each([
    ['ttl: 2h', 'ttl: 1h', 'destructive', ['limit-discards']],
    ['ttl: 1h', 'ttl: 2h', 'safe', ['limit-raised']],
    ['ttl: 1h, maxLength: 5', 'maxLength: 5', 'safe', ['limit-raised']],
    ['ttl: 1h', 'ttl: 1h, maxLength: 5', 'destructive', ['limit-discards']],
    ['maxLength: 10', 'maxLength: 5', 'destructive', ['limit-discards']],
    ['maxLengthBytes: 10MB', 'maxLengthBytes: 5MB', 'destructive', ['limit-discards']],
    [
      'maxLength: 10, overflow: reject-publish',
      'maxLength: 5, overflow: reject-publish',
      'disruptive',
      ['publishers-refused'],
    ],
    // Measured: the limit counts before the new overflow does.
    [
      'maxLength: 10',
      'maxLength: 5, overflow: reject-publish',
      'destructive',
      ['limit-discards', 'publishers-refused'],
    ],
    ['maxLength: 5, overflow: reject-publish', 'maxLength: 5', 'destructive', ['overflow-discards']],
    ['maxLength: 5', 'maxLength: 5, overflow: reject-publish', 'disruptive', ['publishers-refused']],
    ['ttl: 1h, expires: 2d', 'ttl: 1h, expires: 1d', 'destructive', ['queue-expires']],
    ['type: quorum, deliveryLimit: 10', 'type: quorum, deliveryLimit: 5', 'destructive', ['limit-discards']],
    // 20 is the limit where none is said.
    ['type: quorum, deliveryLimit: 50', 'type: quorum', 'destructive', ['limit-discards']],
    ['type: quorum, deliveryLimit: -1', 'type: quorum, deliveryLimit: 50', 'destructive', ['limit-discards']],
    ['type: quorum, deliveryLimit: 50', 'type: quorum, deliveryLimit: -1', 'safe', ['limit-raised']],
    [
      'type: quorum, consumerTimeout: 2h',
      'type: quorum, consumerTimeout: 1h',
      'disruptive',
      ['consumers-cut'],
    ],
    ['type: stream, maxAge: 7d', 'type: stream, maxAge: 1d', 'destructive', ['limit-discards']],
    ['type: stream, maxAge: 1d', 'type: stream, maxAge: 7d', 'safe', ['limit-raised']],
  ])('%s → %s is %s', (base, head, expected, codes) => {
    const diff = diffOf(`queues: { paid: { ${base} } }`, `queues: { paid: { ${head} } }`);
    expect(diff.summary.worst).toBe(expected);
    expect([...new Set(diff.changes.flatMap(codesOf))]).toEqual(codes);
    const effect = diff.changes.flatMap(({ effects }) => effects)[0];
    expect(effect?.subject).toEqual({ kind: 'queue', vhost: 'shop', name: 'paid' });
  });
});

describe('dead letters of a queue', () => {
  const toFailed = 'deadLetter: { queue: failed }';
  it.each([
    [toFailed, 'maxLength: 5', 'destructive', 'dead-letters-dropped'],
    [toFailed, 'deadLetter: { queue: other }', 'disruptive', 'dead-letters-redirected'],
    ['maxLength: 5', `maxLength: 5, ${toFailed}`, 'safe', undefined],
    [
      'type: quorum, maxLength: 5, overflow: reject-publish, deadLetter: { queue: failed, strategy: at-least-once }',
      'type: quorum, maxLength: 5, overflow: reject-publish, deadLetter: { queue: failed }',
      'destructive',
      'dead-letters-at-most-once',
    ],
  ])('%s → %s is %s', (base, head, expected, code) => {
    const rest = 'failed: , other: ';
    const diff = diffOf(`queues: { paid: { ${base} }, ${rest} }`, `queues: { paid: { ${head} }, ${rest} }`);
    expect(diff.summary.worst).toBe(expected);
    if (code !== undefined) expect(diff.changes.flatMap(codesOf)).toContain(code);
  });
});

describe('queues', () => {
  it('that come are safe, with their bindings', () => {
    const diff = diffOf(
      'exchanges: { orders: { type: topic } }',
      'exchanges: { orders: { type: topic } }, queues: { paid: { bindings: [{ exchange: orders, routingKey: "#" }] } }',
    );
    expect(diff.summary).toMatchObject({ worst: 'safe', byKind: { added: 2 } });
    expect(changeIn(diff, 'binding orders → paid [#]@shop').partOf).toBe('queue paid@shop');
  });

  it('that go are destructive', () => {
    const diff = diffOf('queues: { paid: , failed: { ttl: 1h } }', 'queues: { paid: }');
    expect(changeIn(diff, 'queue failed@shop')).toMatchObject({ class: 'destructive', change: 'removed' });
    // Its policy has nobody else.
    expect(changeIn(diff, 'policy warren.failed@shop').class).toBe('none');
    expect(diff.changes.at(-1)?.id).toBe('policy warren.failed@shop');
  });

  it.each([
    ['', 'type: quorum'],
    ['priorities: 5', 'priorities: 10'],
    ['', 'durable: false'],
    ['singleActiveConsumer: true', ''],
  ])('%s → %s are made anew, which may lose what is published meanwhile', (base, head) => {
    const change = changeIn(
      diffOf(`queues: { paid: { ${base} } }`, `queues: { paid: { ${head} } }`),
      'queue paid@shop',
    );
    expect(change).toMatchObject({ class: 'destructive', change: 'recreated' });
    expect(codesOf(change)).toEqual(
      expect.arrayContaining(['publishers-refused', 'published-meanwhile', 'queue-recreated']),
    );
  });

  it('say whom they concern', () => {
    const rest = `users: { shop: { roles: { shop: { consumer: [paid] } } } }
workers: { payer: { vhost: shop, user: shop, queues: [paid] } }`;
    const diff = diffOf('queues: { paid: { priorities: 5 } }', 'queues: { paid: { priorities: 9 } }', rest);
    expect(changeIn(diff, 'queue paid@shop')).toMatchObject({ users: ['shop'], workers: ['payer'] });
  });
});

describe('renames', () => {
  const rest = 'failed: , orders-in: { ttl: 1h, deadLetter: { queue: failed }';
  it('are found by the whole content', () => {
    const exchanges = 'exchanges: { orders: { type: topic } }';
    const content =
      'ttl: 1h, deadLetter: { queue: failed }, bindings: [{ exchange: orders, routingKey: "#" }]';
    const diff = diffOf(
      `${exchanges}, queues: { failed: , in: { ${content} } }`,
      `${exchanges}, queues: { failed: , incoming: { ${content} } }`,
    );
    const change = changeIn(diff, 'queue incoming@shop');
    expect(change).toMatchObject({ change: 'renamed', from: 'queue in@shop', class: 'destructive' });
    expect(codesOf(change)).toEqual(['consumers-cut', 'published-meanwhile', 'queue-renamed']);
    expect(changeIn(diff, 'binding orders → in [#]@shop')).toMatchObject({ partOf: 'queue incoming@shop' });
  });

  it('are none where the content differs, or there is none and the names are unlike', () => {
    const differing = diffOf(`queues: { ${rest} } }`, 'queues: { failed: , orders-new: { ttl: 1h } }');
    expect(differing.summary.byKind.renamed).toBe(0);
    const bare = diffOf('queues: { failed: }', 'queues: { basket: }');
    expect(bare.summary.byKind).toMatchObject({ renamed: 0, added: 1, removed: 1 });
    expect(diffOf('queues: { basket: }', 'queues: { baskets: }').summary.byKind.renamed).toBe(1);
  });
});

describe('the type and the copies of a queue', () => {
  const old = "target: '3.10'";

  const untyped = 'queues: { paid: }';
  const classic = 'defaultQueueType: quorum, queues: { paid: { type: classic } }';

  it.each([
    [untyped, classic],
    [classic, untyped],
  ])('%s → %s is the same queue to RabbitMQ', (base, head) => {
    expect(changeIn(diffOf(base, head), 'queue paid@shop')).toMatchObject({
      change: 'changed',
      reasons: [{ code: 'left-as-it-is' }],
    });
  });

  it('a type that differs from the default of the vhost makes another queue', () => {
    const of = (queue: string): string => `defaultQueueType: quorum, queues: { paid: ${queue} }`;
    const [change] = diffOf(of('{}'), of('{ type: classic }')).changes;
    expect(change).toMatchObject({ change: 'recreated', class: 'destructive' });
  });

  const mirrored = (definition: string): string =>
    `policies: { p: { pattern: '^paid$', applyTo: queues, definition: { max-length: 9, ${definition} } } }`;
  const copies = 'ha-mode: all, ha-sync-mode: automatic';

  it('copies are told of once for all keys', () => {
    const diff = diffOf(`${mirrored(copies)}, queues: { paid: }`, `${mirrored('')}, queues: { paid: }`, old);
    const [effect] = changeIn(diff, 'policy p@shop').effects;
    expect(effect?.reasons.map(({ code }) => code)).toEqual(['copies-changed']);
    expect(effect?.reasons[0]?.why).toContain('(ha-mode: all → none, ha-sync-mode: automatic → none)');
  });

  it('a queue that becomes a quorum queue has them by itself', () => {
    const diff = diffOf(
      `${mirrored(copies)}, queues: { paid: }`,
      `${mirrored('')}, queues: { paid: { type: quorum } }`,
      old,
    );
    expect(codesOf(changeIn(diff, 'queue paid@shop'))).toContain('queue-recreated');
    expect(diff.changes.flatMap(codesOf)).not.toContain('copies-changed');
  });
});

// Measured on 4.3: its queue at the upstream is gone at once.
it('an upstream that goes, or leads elsewhere, takes its queue at the other broker along', () => {
  const more =
    'broker: { plugins: [rabbitmq_federation] }\nusers: { app: { permissions: { shop: { read: .* } } } }\n';
  const upstream = "federationUpstreams: { u: { uri: 'amqps://h', user: app } }";
  for (const head of ['', upstream.replace('//h', '//other')]) {
    const change = changeIn(diffOf(upstream, head, more), 'parameter federation-upstream u@shop');
    expect(codesOf(change)).toEqual(['queue-deleted']);
    expect(change.class).toBe('destructive');
  }
});

describe('exchanges and bindings', () => {
  const exchange = (settings: string): string => `exchanges: { orders: { ${settings} }, a: , b: }`;
  const alternate = (name: string, more: string): string =>
    `exchanges: { e: , a: , b: }, policies: { p: { pattern: "^e$", applyTo: exchanges, definition: { alternate-exchange: ${name} } } }${more && `, ${more}`}`;
  it.each([
    [exchange('type: topic'), 'exchanges: { a: , b: }', 'destructive', 'exchange-deleted'],
    [exchange('type: topic'), exchange('type: direct'), 'destructive', 'exchange-recreated'],
    [
      'exchanges: { e: , a: }, policies: { p: { pattern: "^e$", applyTo: exchanges, definition: { alternate-exchange: a } } }',
      'exchanges: { e: , a: }',
      'destructive',
      'unrouted-dropped',
    ],
    [
      alternate('a', ''),
      alternate('b', 'queues: { q: { bindings: [{ exchange: b }] } }'),
      'disruptive',
      'unrouted-redirected',
    ],
    // Measured: nothing is bound to it, and what it gets is lost.
    [alternate('a', ''), alternate('b', ''), 'destructive', 'unrouted-dropped'],
  ])('%s → %s is %s (%s)', (base, head, expected, code) => {
    const diff = diffOf(base, head);
    expect(diff.summary.worst).toBe(expected);
    expect(diff.changes.flatMap(codesOf)).toContain(code);
  });

  it('an exchange for dead letters to which nothing is bound is none', () => {
    const side = (exchange: string, isBound: boolean) => {
      const bindings = `bindings: [{ exchange: f }, { exchange: g }]`;
      const vhost = `exchanges: { f: { type: fanout }, g: { type: fanout } }, queues: { d: { ${bindings} }, q: { deadLetter: { exchange: ${exchange} } } }`;
      const found = sideOf(`warren: 1\nvhosts: { shop: { ${vhost} } }\n`);
      const isKept = (object: BrokerObject): boolean =>
        isBound || object.kind !== 'binding' || object.source !== 'g';
      return { ...found, objects: found.objects.filter(isKept) };
    };
    const codes = (isBound: boolean): string[] =>
      diffTopologies(side('f', isBound), side('g', isBound)).changes.flatMap(codesOf);
    expect(codes(true)).toEqual(['dead-letters-redirected']);
    expect(codes(false)).toEqual(['dead-letters-dropped']);
  });

  it('a federated exchange that is none any more loses what waits at its upstream', () => {
    const federated = `policies: { p: { pattern: '^e$', applyTo: exchanges, definition: { federation-upstream-set: all } } }`;
    const [base, head] = [`exchanges: { e: }, ${federated}`, 'exchanges: { e: }'];
    const plugins = 'broker: { plugins: [rabbitmq_federation] }';
    const codes = (from: string, to: string): string[] => diffOf(from, to, plugins).changes.flatMap(codesOf);
    expect(diffOf(base, head, plugins).summary.worst).toBe('destructive');
    expect(codes(base, head)).toContain('queue-deleted');
    expect(codes(head, base)).not.toContain('queue-deleted');
  });

  const bound = (...keys: string[]): string =>
    `exchanges: { orders: { type: topic } }, queues: { paid: { bindings: [${keys.map((key) => `{ exchange: orders, routingKey: '${key}' }`).join(', ')}] } }`;

  it('a binding that goes loses what only it takes', () => {
    const diff = diffOf(bound('order.paid', 'order.refunded'), bound('order.paid'));
    expect(diff.changes.map(({ id, class: its }) => [id, its])).toEqual([
      ['binding orders → paid [order.refunded]@shop', 'destructive'],
    ]);
  });

  it.each([
    [['order.paid', 'order.#'], ['order.#']],
    [['order.paid.x'], ['order.*.x']],
    [['*.paid'], ['#']],
    [['a.#.b'], ['a.#']],
  ])('%s → %s has no effect: another binding takes all of it', (base, head) => {
    const diff = diffOf(bound(...base), bound(...head));
    const gone = diff.changes.filter(({ change }) => change === 'removed');
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.map((change) => change.class)).toEqual(gone.map(() => 'none'));
  });

  it.each([
    [['order.#'], ['order.*']],
    [['#'], ['*.*']],
    [['*'], ['a']],
    [['a.#'], ['a.#.b']],
  ])('%s → %s loses something', (base, head) => {
    expect(diffOf(bound(...base), bound(...head)).summary.worst).toBe('destructive');
  });
});
