import { describe, expect, it } from 'vitest';
import { CREATION_ORDER, load } from '../../topology/index';
import type { BrokerObject, PolicyObject, QueueObject, Target } from '../../topology/index';

function compile(vhost: string, target: Target = '4.3'): readonly BrokerObject[] {
  const { objects, diagnostics } = load(`warren: 1\nvhosts:\n  v: ${vhost}\n`, 't.yaml', { target });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return objects ?? [];
}

function policies(objects: readonly BrokerObject[]): PolicyObject[] {
  return objects.filter((object): object is PolicyObject => object.kind === 'policy');
}

function queue(objects: readonly BrokerObject[], name: string): QueueObject | undefined {
  return objects.find((object): object is QueueObject => object.kind === 'queue' && object.name === name);
}

describe('policies', () => {
  it('hold every setting in RabbitMQ keys', () => {
    const body = `{ queues: { dead: , q: { type: quorum, ttl: 2h, expires: 3h, maxLength: 7, maxLengthBytes: 5MB,
      overflow: reject-publish, deliveryLimit: 5, deadLetter: { queue: dead, strategy: at-least-once } } } }`;
    expect(policies(compile(body))).toMatchObject([
      {
        name: 'warren.q',
        pattern: '^q$',
        applyTo: 'queues',
        definition: {
          'message-ttl': 7_200_000,
          expires: 10_800_000,
          'max-length': 7,
          'max-length-bytes': 5_000_000,
          overflow: 'reject-publish',
          'delivery-limit': 5,
          'dead-letter-exchange': '',
          'dead-letter-routing-key': 'dead',
          'dead-letter-strategy': 'at-least-once',
        },
      },
    ]);
  });

  it('keep their names when unrelated queues come and go', () => {
    const before = policies(compile('{ queues: { m: { ttl: 1m }, n: { ttl: 1m }, z: { ttl: 2m } } }'));
    const after = policies(
      compile('{ queues: { m: { ttl: 1m }, n: { ttl: 1m }, z: { ttl: 2m }, a: { ttl: 9m }, b: } }'),
    );
    expect(before.map(({ name, pattern }) => [name, pattern])).toEqual([
      ['warren.m', '^(m|n)$'],
      ['warren.z', '^z$'],
    ]);
    for (const policy of before) {
      expect(after.find(({ name }) => name === policy.name)?.pattern).toBe(policy.pattern);
    }
  });

  it('are split before a pattern is longer than a broker takes', () => {
    const names = Array.from({ length: 500 }, (_, index) => `a.queue.with.dots.${index}`);
    const made = policies(
      compile(`{ queues: { ${names.map((name) => `${name}: { ttl: 1m }`).join(', ')} } }`),
    );
    expect(Math.max(...made.map(({ pattern }) => Buffer.byteLength(pattern)))).toBeLessThanOrEqual(1024);
    expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
    expect(made.length).toBeLessThan(20);
    const covered = names.map((name) => made.filter(({ pattern }) => new RegExp(pattern).test(name)).length);
    expect(new Set(covered)).toEqual(new Set([1]));
  });

  it('merge explicit ones under the family under the queue', () => {
    const made = policies(
      compile(`{
        queues: { 'user:vip': { maxLength: 9 }, other: { ttl: 1m, deadLetter: { queue: dead } }, dead:  },
        families: { 'user:{id}': { ttl: 30m } },
        policies: { all: { pattern: '.*', definition: { max-length: 5, overflow: reject-publish, dead-letter-exchange: amq.fanout, dead-letter-routing-key: k } } }
      }`),
    );
    const definitions = Object.fromEntries(made.map(({ name, definition }) => [name, definition]));
    const inherited = {
      overflow: 'reject-publish',
      'dead-letter-exchange': 'amq.fanout',
      'dead-letter-routing-key': 'k',
    };
    expect(definitions).toMatchObject({
      'warren.user:vip': { ...inherited, 'message-ttl': 1_800_000, 'max-length': 9 },
      'warren-family.user:{id}': { ...inherited, 'message-ttl': 1_800_000, 'max-length': 5 },
      'warren.other': {
        'message-ttl': 60_000,
        'max-length': 5,
        'dead-letter-exchange': '',
        'dead-letter-routing-key': 'dead',
      },
    });
  });
});

describe('queues', () => {
  it('say their type where the vhost would give them another', () => {
    const classic = compile('{ queues: { a: , b: { type: quorum }, c: { type: classic } } }');
    expect(['a', 'b', 'c'].map((name) => queue(classic, name)?.arguments)).toEqual([
      {},
      { 'x-queue-type': 'quorum' },
      {},
    ]);
    const quorum = compile(
      '{ defaultQueueType: quorum, queues: { a: , c: { type: classic }, d: { durable: false } } }',
    );
    expect(['a', 'c', 'd'].map((name) => queue(quorum, name)?.arguments)).toEqual([
      { 'x-queue-type': 'quorum' },
      { 'x-queue-type': 'classic' },
      { 'x-queue-type': 'classic' },
    ]);
  });

  it('keep exactly the arguments of the application', () => {
    const objects = compile(
      '{ queues: { a: { maxLength: 5, declaredWith: { x-message-ttl: 1800000, x-odd: [1, a] } } } }',
    );
    expect(queue(objects, 'a')?.arguments).toEqual({ 'x-message-ttl': 1_800_000, 'x-odd': [1, 'a'] });
    expect(policies(objects)).toMatchObject([{ definition: { 'max-length': 5 } }]);
  });

  it('priorities are an argument of classic queues only', () => {
    const body = '{ queues: { a: { priorities: 10 }, b: { priorities: 10, replicated: true } } }';
    expect(queue(compile(body), 'a')?.arguments).toEqual({ 'x-max-priority': 10 });
    expect(queue(compile(body), 'b')?.arguments).toEqual({ 'x-queue-type': 'quorum' });
    expect(queue(compile(body, '3.10'), 'b')?.arguments).toEqual({ 'x-max-priority': 10 });
  });
});

describe('replicated', () => {
  const body = `{ queues: { a: { replicated: true }, b: { type: classic, replicated: where-supported } },
    families: { 'u:{id}': { ttl: 1m, replicated: true } } }`;

  it('is mirrors on 3.x where quorum is not asked for', () => {
    const objects = compile(body, '3.10');
    const mirrored = policies(objects).map(({ name, definition }) => [name, definition['ha-mode']]);
    expect(mirrored).toEqual([
      ['warren-family.u:{id}', 'all'],
      ['warren.b', 'all'],
    ]);
    expect(queue(objects, 'a')?.arguments).toEqual({ 'x-queue-type': 'quorum' });
    expect(objects.find(({ kind }) => kind === 'vhost')).not.toHaveProperty('defaultQueueType');
  });

  it('is quorum on 4.x, for families by the default type of the vhost', () => {
    const objects = compile(body, '4.0');
    expect(policies(objects).map(({ definition }) => definition)).toEqual([{ 'message-ttl': 60_000 }]);
    expect(objects.find(({ kind }) => kind === 'vhost')).toMatchObject({ defaultQueueType: 'quorum' });
    expect(queue(objects, 'b')?.arguments).toEqual({ 'x-queue-type': 'classic' });
  });
});

it('everything comes in the order of creation', () => {
  const { objects } = load(
    `warren: 1
globalParameters: { g: { deep: [1] } }
users: { u: { tags: [b, a], permissions: { v: {} }, limits: { maxChannels: 5 }, topicPermissions: { v: { e: { write: '^a$' } } } } }
vhosts:
  v:
    limits: { maxQueues: 5 }
    exchanges: { e: { type: topic, alternate: f }, f: { bindings: [{ exchange: e }] } }
    queues: { q: { ttl: 1s, bindings: [{ exchange: e, routingKey: 'a.#' }] } }
    operatorPolicies: { o: { pattern: '.*', definition: { max-length: 5 } } }
    federationUpstreams: { u: { uri: 'amqp://b.example.com', user: u, prefetch: 5 } }
broker: { plugins: [rabbitmq_federation] }
`,
    't.yaml',
  );
  const kinds = [...new Set(objects?.map(({ kind }) => kind))];
  expect(kinds).toEqual(CREATION_ORDER);
  expect(objects).toMatchObject([
    { kind: 'globalParameter', name: 'g', value: { deep: [1] } },
    { kind: 'vhost', name: 'v' },
    { kind: 'vhostLimits', maxQueues: 5 },
    { kind: 'user', name: 'u', tags: ['a', 'b'] },
    { kind: 'userLimits', maxChannels: 5 },
    { kind: 'permissions', configure: '^$', write: '^$', read: '^$' },
    { kind: 'operatorPolicy', applyTo: 'queues' },
    { kind: 'policy', name: 'warren.q' },
    { kind: 'exchange', name: 'e', arguments: { 'alternate-exchange': 'f' } },
    { kind: 'exchange', name: 'f' },
    { kind: 'topicPermissions', exchanges: [{ exchange: 'e', write: '^a$', read: '^$' }] },
    { kind: 'queue', name: 'q' },
    { kind: 'binding', destinationType: 'exchange' },
    { kind: 'binding', destinationType: 'queue', position: { line: 8 } },
    { kind: 'parameter', component: 'federation-upstream', name: 'u', logins: { uri: 'u' } },
  ]);
});
