/** What the policy pack makes of a stack's resources, apart from the rules themselves. */
import fc from 'fast-check';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { describe, expect, it } from 'vitest';
import type { StackResource } from '../../policy/objects';
import { plainProperties } from '../../policy/properties';
import { Secrets } from '../../policy/secrets';
import { judgeStack } from '../../policy/stack';
import { WAYS_OUT, inPolicyKeys } from '../../policy/waysOut';
import { UNKNOWN } from '../../provider/values';
import { load } from '../../topology/index';
import type { Target } from '../../topology/index';
import { OBJECT_RULES } from '../../topology/rules/objectRules';
import { PASSWORD, resource, resourcesOf } from './resources';

type Properties = Readonly<Record<string, unknown>>;

const queue = (name: string, settings: Properties, more: Properties = {}): StackResource =>
  resource('rabbitmq:index/queue:Queue', name, { name, vhost: 'shop', settings, ...more });
const exchange = (name: string, settings: Properties): StackResource =>
  resource('rabbitmq:index/exchange:Exchange', name, { name, vhost: 'shop', settings });
const policy = (name: string, pattern: string, definition: Properties): StackResource =>
  resource('rabbitmq:index/policy:Policy', name, {
    name,
    vhost: 'shop',
    policy: { pattern, applyTo: 'queues', priority: 0, definition },
  });

const found = (resources: readonly StackResource[], target: '3.10' | '4.0' | '4.3' = '4.3'): string[] =>
  judgeStack(resources, target).findings.map(
    ({ code, urn = '' }) => `${code} ${urn.split('::').at(-1) ?? ''}`,
  );
const unjudged = (resources: readonly StackResource[]): string[] =>
  judgeStack(resources, '4.3').unjudged.map(({ urn, why }) => `${urn.split('::').at(-1) ?? ''}: ${why}`);

describe('a resource is what the provider makes of it', () => {
  it('durable is false where nothing is said', () => {
    expect(found([queue('paid', {})])).toEqual(['transient-queue paid']);
    expect(found([queue('paid', { durable: true })])).toEqual([]);
  });

  it('the vhost is / where nothing is said, and texts are numbers in a policy', () => {
    const rootQueue = resource('rabbitmq:index/queue:Queue', 'log', {
      name: 'log',
      settings: { durable: true, arguments: { 'x-queue-type': 'stream' } },
    });
    const limit = resource('rabbitmq:index/policy:Policy', 'limit', {
      name: 'limit',
      vhost: '/',
      policy: {
        pattern: '^log$',
        applyTo: 'all',
        priority: 0,
        definition: { 'max-length-bytes': '1000000' },
      },
    });
    expect(found([rootQueue])).toEqual(['unlimited-stream log']);
    expect(found([rootQueue, limit])).toEqual([]);
  });

  it('arguments can be a table or one JSON text', () => {
    const asked = { 'x-message-ttl': 5000 };
    for (const settings of [{ arguments: asked }, { argumentsJson: JSON.stringify(asked) }])
      expect(found([queue('paid', { durable: true, ...settings })])).toEqual([
        'argument-instead-of-policy paid',
      ]);
  });

  it('limits of a vhost are texts, and -1 is none', () => {
    const vhost = (maxConnections: string): StackResource =>
      resource('rabbitmq:index/vHost:VHost', 'shop', { name: 'shop', maxConnections });
    expect(found([vhost('0')])).toEqual(['zero-limit shop']);
    expect(found([vhost('-1')])).toEqual([]);
  });

  it('what one resource per vhost holds is judged object by object', () => {
    const objects = {
      'queue paid': { name: 'paid', durable: false },
      'exchange e': { name: 'e', type: 'topics' },
    };
    const all = resource('warren:index:VhostTopology', 'shop', { vhost: 'shop', objects });
    expect(found([all])).toEqual(['exchange-type shop', 'transient-queue shop']);
  });

  it('other resources are no matter of the pack', () => {
    expect(judgeStack([resource('aws:s3/bucket:Bucket', 'guest', { name: 'guest' })], '4.3')).toEqual({
      findings: [],
      unjudged: [],
    });
  });
});

describe('a finding stands at the resource that says it', () => {
  it('the policy, where it is a policy’s setting', () => {
    const limit = policy('deliveries', '^paid$', { 'delivery-limit': 3 });
    expect(found([queue('paid', { durable: true }), limit])).toEqual(['ignored-setting deliveries']);
  });

  it('the binding, not the queue that it leads to', () => {
    const bind = (name: string, routingKey: string): StackResource =>
      resource('rabbitmq:index/binding:Binding', name, {
        vhost: 'shop',
        source: 'orders',
        destination: 'paid',
        destinationType: 'queue',
        routingKey,
      });
    const resources = [queue('paid', { durable: true }), bind('every', '#'), bind('one', 'paid')];
    expect(found([...resources, exchange('orders', { type: 'direct', durable: true })])).toEqual([
      'pattern-on-direct every',
    ]);
    expect(found(resources)).toEqual(['dangling-reference every', 'dangling-reference one']);
  });

  it('mirroring is told on 4.x, and fine on 3.10', () => {
    const mirrors = [queue('paid', { durable: true }), policy('ha', '^paid$', { 'ha-mode': 'all' })];
    expect(found(mirrors)).toEqual(['mirroring-removed ha']);
    expect(found(mirrors, '3.10')).toEqual([]);
  });
});

describe('what a preview can’t know', () => {
  it('is not judged, and said', () => {
    const later = queue('later', { arguments: { 'x-overflow': UNKNOWN, 'x-max-length': 'many' } });
    expect(found([later])).toEqual([]);
    expect(unjudged([later])).toEqual([
      'later: settings.arguments.x-overflow is known only after the update',
    ]);
  });

  it('a queue whose settings aren’t known is there all the same', () => {
    const asked = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'later' };
    const paid = queue('paid', { durable: true, argumentsJson: JSON.stringify(asked) });
    const later = queue('later', { durable: true, arguments: { 'x-overflow': UNKNOWN } });
    expect(found([paid])).toContain('missing-target paid');
    expect(found([paid, later])).not.toContain('missing-target paid');
  });

  it('where names are not known, nothing is found missing', () => {
    const dead = policy('dead', '^paid$', { 'dead-letter-exchange': 'dlx' });
    const nameless = resource('rabbitmq:index/exchange:Exchange', 'x', {
      name: UNKNOWN,
      vhost: 'shop',
      settings: { type: 'fanout', durable: true },
    });
    const elsewhere = { ...nameless, properties: { ...nameless.properties, vhost: 'other' } };
    const nowhere = { ...nameless, properties: { ...nameless.properties, vhost: UNKNOWN } };
    expect(found([dead])).toEqual(['missing-target dead']);
    expect(found([dead, elsewhere])).toEqual(['missing-target dead']);
    expect(found([dead, nameless])).toEqual([]);
    expect(found([dead, nowhere])).toEqual([]);
  });

  it('a password need not be known', () => {
    const guest = resource('rabbitmq:index/user:User', 'guest', { name: 'guest', password: UNKNOWN });
    expect(found([guest])).toEqual(['guest-user guest']);
    expect(unjudged([guest])).toEqual([]);
  });

  it('the SDK’s properties that throw are unknown ones', () => {
    const properties = {
      name: 'paid',
      list: [1, { a: true }],
      get settings(): unknown {
        throw new Error('known only after the update');
      },
    };
    expect(plainProperties(properties)).toEqual({ name: 'paid', list: [1, { a: true }], settings: UNKNOWN });
  });
});

describe('brokers', () => {
  const on = (endpoint: string, urn: string, one: StackResource): StackResource => ({
    ...one,
    provider: { urn, properties: { endpoint } },
  });

  it('the same names on two brokers are different objects', () => {
    const there = exchange('dlx', { type: 'fanout', durable: true });
    const dead = policy('dead', '^paid$', { 'dead-letter-exchange': 'dlx' });
    expect(found([on('http://a', 'p1', there), on('http://b', 'p2', dead)])).toEqual(['missing-target dead']);
    expect(found([on('http://a', 'p1', there), on('http://a', 'p2', dead)])).toEqual([]);
  });

  it('one object from two resources is told', () => {
    const twice = [queue('paid', { durable: true }), { ...queue('paid', {}), urn: 'urn:x::second' }];
    expect(unjudged(twice)).toEqual(['second: it is there twice, and only the first was judged']);
  });
});

describe('secrets', () => {
  const SECRET = { '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270' };
  const noted = (...tables: Parameters<typeof Struct.fromJavaScript>[0][]): Secrets => {
    const secrets = new Secrets();
    const deserializer = { deserializeProperties: (struct: Struct) => struct };
    secrets.noteWhat(deserializer);
    for (const table of tables) deserializer.deserializeProperties(Struct.fromJavaScript(table));
    return secrets;
  };

  it('are hidden at any depth, and in any form', () => {
    const secrets = noted(
      { settings: { arguments: { key: { ...SECRET, value: 'open sesame' } } } },
      { info: { ...SECRET, value: { uri: 'amqp://u:hunter22@h', list: ['deep down'] } } },
      { valueJson: { ...SECRET, value: '{"a":"in a text"}' } },
    );
    expect(secrets.hide('open sesame, hunter22, deep down and in a text')).toBe('***, ***, *** and ***');
    expect(secrets.hide('at amqp://someone:else@h/v')).toBe('at amqp://***@h/v');
  });

  it('what stands in the clear elsewhere is none', () => {
    const secrets = noted({ info: { ...SECRET, value: { queue: 'paid' } } }, { name: 'paid' });
    expect(secrets.hide('the queue "paid"')).toBe('the queue "paid"');
  });

  it('passwords of users and in URIs get into no finding', () => {
    const user = resource('rabbitmq:index/user:User', 'guest', { name: 'guest', password: PASSWORD });
    const shovel = resource('rabbitmq:index/shovel:Shovel', 'move', {
      name: 'move',
      vhost: 'shop',
      info: { sourceUri: 'http://u:hunter22@h', destinationUri: 'amqp://h', destinationAddress: 'x' },
    });
    const judgement = judgeStack([user, shovel], '4.3');
    expect(judgement.findings.length).toBeGreaterThan(2);
    expect(JSON.stringify(judgement)).not.toMatch(/hunter22|the password of every/);
  });
});

describe('the words of a program', () => {
  it('ways out are for rules of the pack, and name no word of a topology', () => {
    const codes = OBJECT_RULES.map(({ code }) => code);
    expect(Object.keys(WAYS_OUT).filter((code) => !codes.includes(code))).toEqual([]);
    const texts = OBJECT_RULES.map(({ code, help }) => [code, WAYS_OUT[code] ?? help] as const);
    expect(texts.filter(([, text]) => text.includes('`') || /\bfamily|\btopology\b/.test(text))).toEqual([]);
  });

  it('settings have their names in a policy', () => {
    expect(inPolicyKeys('`maxAge` means nothing')).toBe('max-age means nothing');
    expect(inPolicyKeys('needs `overflow: reject-publish` here')).toBe('needs overflow: reject-publish here');
    expect(inPolicyKeys('this `durable`')).toBe('this durable');
  });
});

describe('whatever a resource holds', () => {
  const TYPES = [
    'rabbitmq:index/vHost:VHost',
    'rabbitmq:index/user:User',
    'rabbitmq:index/permissions:Permissions',
    'rabbitmq:index/topicPermissions:TopicPermissions',
    'rabbitmq:index/exchange:Exchange',
    'rabbitmq:index/queue:Queue',
    'rabbitmq:index/binding:Binding',
    'rabbitmq:index/policy:Policy',
    'rabbitmq:index/operatorPolicy:OperatorPolicy',
    'rabbitmq:index/federationUpstream:FederationUpstream',
    'rabbitmq:index/shovel:Shovel',
    ...['VhostSettings', 'VhostLimits', 'UserLimits', 'Parameter', 'GlobalParameter', 'VhostTopology'].map(
      (name) => `warren:index:${name}`,
    ),
  ];
  const KEYS = [
    ...[
      'name',
      'vhost',
      'user',
      'settings',
      'permissions',
      'policy',
      'definition',
      'info',
      'objects',
      'tags',
    ],
    ...['arguments', 'argumentsJson', 'source', 'destination', 'destinationType', 'routingKey', 'component'],
    ...['type', 'durable', 'pattern', 'applyTo', 'priority', 'valueJson', 'uri', 'sourceUri', 'maxQueues'],
    ...['x-queue-type', 'x-message-ttl', 'dead-letter-exchange', 'queue paid', 'configure', 'write', 'read'],
  ];
  const scalar = fc.oneof(
    fc.constantFrom(
      null,
      UNKNOWN,
      true,
      false,
      0,
      -1,
      1.5,
      '',
      '^(',
      'queue',
      'shop',
      '[]',
      '{"a":1}',
      'amqp://h',
    ),
    fc.string({ maxLength: 5 }),
  );
  const { value } = fc.letrec<{ value: unknown; table: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      { arbitrary: scalar, weight: 3 },
      { arbitrary: tie('table'), weight: 3 },
      fc.array(tie('value'), { maxLength: 3 }),
    ),
    table: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 8 }),
  }));
  const anyResource = fc
    .tuple(fc.constantFrom(...TYPES), fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 10 }))
    .map(([type, properties]) => resource(type, 'x', properties));

  const examples = path.join(__dirname, '../../topology/examples');
  const systems = fs
    .readdirSync(examples)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const { objects = [] } = load(fs.readFileSync(path.join(examples, name), 'utf8'), name);
      return resourcesOf(objects);
    });
  /** One of the example systems, with another value somewhere in some of its resources. */
  const damaged = fc
    .tuple(
      fc.constantFrom(...systems),
      fc.array(fc.tuple(fc.nat(), fc.nat(), value), { minLength: 1, maxLength: 4 }),
    )
    .map(([resources, damages]) => {
      const changed = [...resources];
      for (const [which, where, other] of damages) {
        const at = which % changed.length;
        const one = changed[at];
        if (one === undefined) continue;
        changed[at] = { ...one, properties: withAnother(one.properties, where, other) as Properties };
      }
      return changed;
    });

  it.each([
    ['anything', fc.array(anyResource, { maxLength: 6 })],
    ['a damaged system', damaged],
  ])('%s is judged, or it is said that it was not', (_, stacks) => {
    fc.assert(
      fc.property(stacks, fc.constantFrom<Target>('3.10', '4.3'), (resources, target) => {
        const { findings, unjudged } = judgeStack(resources, target);
        for (const { message } of findings) expect(message).not.toContain(UNKNOWN);
        for (const { why } of unjudged) expect(why).not.toContain(UNKNOWN);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The value, or a part of it, is another one. */
function withAnother(value: unknown, where: number, other: unknown): unknown {
  if (typeof value !== 'object' || value === null) return other;
  const keys = Object.keys(value);
  const key = keys[where % (keys.length + 1)];
  if (key === undefined) return { ...value, other };
  const changed = withAnother((value as Properties)[key], Math.floor(where / (keys.length + 1)), other);
  return Array.isArray(value)
    ? value.map((item: unknown, index) => (String(index) === key ? changed : item))
    : { ...value, [key]: changed };
}
