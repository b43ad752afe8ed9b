/** What each role compiles to. That RabbitMQ reads it as it is meant is tested in test/broker/roles.test.ts. */
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import type { BrokerObject, PermissionsObject, Target } from '../../topology/index';

const VHOST = `{
  exchanges: {
    orders: { type: topic, alternate: unrouted }, unrouted: { type: fanout },
    audit: { type: fanout, bindings: [{ exchange: orders }] },
    bare: { type: fanout, arguments: { alternate-exchange: unrouted } } },
  queues: {
    paid: { bindings: [{ exchange: orders, routingKey: 'paid.#' }] },
    failed: , a.b: , log: { type: stream }, fast: { type: quorum },
    'user:vip': ,
    trail: { bindings: [{ exchange: audit }] },
    own: { declaredWith: { x-dead-letter-exchange: audit } } },
  families: { 'user:{id}': , 'team:{id}': { declaredWith: { x-dead-letter-exchange: '' } } },
  superStreams: { invoices: { partitions: 2 } } }`;

function oneLine(yaml: string): string {
  return yaml.replace(/\s*\n\s*/g, ' ');
}

function compile(user: string, target: Target = '4.3', vhost = VHOST): readonly BrokerObject[] {
  const text = `warren: 1\nvhosts:\n  v: ${oneLine(vhost)}\n  w: {}\nusers:\n  u: ${oneLine(user)}\n`;
  const { objects, diagnostics } = load(text, 't.yaml', { target });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return objects ?? [];
}

type Patterns = Partial<Pick<PermissionsObject, 'configure' | 'write' | 'read'>>;

const NOTHING = { configure: '^$', write: '^$', read: '^$' };

function permissionsOf(objects: readonly BrokerObject[], vhost = 'v'): Patterns | undefined {
  const found = objects.find(
    (object): object is PermissionsObject => object.kind === 'permissions' && object.vhost === vhost,
  );
  return found && { configure: found.configure, write: found.write, read: found.read };
}

function tagsOf(objects: readonly BrokerObject[]): readonly string[] {
  return objects.flatMap((object) => (object.kind === 'user' ? object.tags : []));
}

describe('roles become permissions', () => {
  it.each<[string, string, Patterns]>([
    ['publisher', '{ publisher: [orders] }', { write: '^orders$' }],
    [
      'publisher to the default exchange and to one of RabbitMQ',
      '{ publisher: [amq.default, amq.topic] }',
      { write: '^(amq\\.default|amq\\.topic)$' },
    ],
    ['publisher to a stream', '{ publisher: [log] }', { write: '^log$' }],
    [
      'publisher to a super stream, over both protocols',
      '{ publisher: [invoices] }',
      { write: '^(invoices|invoices-0|invoices-1)$' },
    ],
    ['consumer', '{ consumer: [paid, a.b] }', { read: '^(a\\.b|paid)$' }],
    ['consumer of a family', "{ consumer: ['user:{id}', 'user:vip'] }", { read: '^user:.+$' }],
    ['consumer of one queue of a family', "{ consumer: ['user:7'] }", { read: '^user:7$' }],
    ['consumer of a super stream', '{ consumer: [invoices] }', { read: '^(invoices-0|invoices-1)$' }],
    [
      'owner of a queue that nothing is bound to',
      '{ owner: [failed] }',
      { configure: '^failed$', read: '^failed$' },
    ],
    [
      'owner of a queue with bindings',
      '{ owner: [paid] }',
      { configure: '^paid$', write: '^paid$', read: '^(orders|paid)$' },
    ],
    [
      'owner of a queue that it declares with dead letters',
      '{ owner: [own] }',
      { configure: '^own$', write: '^audit$', read: '^own$' },
    ],
    ['owner of a family', "{ owner: ['user:{id}'] }", { configure: '^user:.+$', read: '^user:.+$' }],
    [
      'owner of a family that it binds',
      "{ owner: ['user:{id}'], subscriber: [orders] }",
      { configure: '^user:.+$', write: '^user:.+$', read: '^(orders|user:.+)$' },
    ],
    [
      'owner of a family that it declares with dead letters',
      "{ owner: ['team:{id}'] }",
      { configure: '^team:.+$', write: '^amq\\.default$', read: '^team:.+$' },
    ],
    [
      'owner of an exchange with an alternate',
      '{ owner: [orders] }',
      { configure: '^orders$', write: '^(orders|unrouted)$', read: '^orders$' },
    ],
    [
      'owner of an exchange with an alternate in its arguments',
      '{ owner: [bare] }',
      { configure: '^bare$', write: '^(bare|unrouted)$', read: '^bare$' },
    ],
    [
      'owner of an exchange that is bound to another',
      '{ owner: [audit] }',
      { configure: '^audit$', write: '^audit$', read: '^(audit|orders)$' },
    ],
    [
      'owner of a super stream',
      '{ owner: [invoices] }',
      {
        configure: '^(invoices|invoices-0|invoices-1)$',
        write: '^(invoices|invoices-0|invoices-1)$',
        read: '^(invoices|invoices-0|invoices-1)$',
      },
    ],
    [
      'owner, as far as it goes, of an exchange of RabbitMQ',
      '{ owner: [amq.topic] }',
      { write: '^amq\\.topic$', read: '^amq\\.topic$' },
    ],
    [
      'several uses',
      '{ publisher: [orders], consumer: [paid], owner: [failed], monitor: true }',
      { configure: '^failed$', write: '^orders$', read: '^(failed|paid)$' },
    ],
    ['monitor', '{ monitor: true }', {}],
    [
      'administrator',
      '{ administrator: true, consumer: [paid] }',
      { configure: '.*', write: '.*', read: '.*' },
    ],
  ])('%s', (_, role, patterns) => {
    expect(permissionsOf(compile(`{ roles: { v: ${role} } }`))).toEqual({ ...NOTHING, ...patterns });
  });

  const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
  const FRAMEWORK = `celeryev(\\.${UUID})?|(.+\\.)?celery\\.pidbox`;
  const DELAYED = 'celery_delayed_([0-9]|1[0-9]|2[0-7]|delivery)';

  it('Celery on classic queues', () => {
    const role = '{ roles: { v: { celery: [paid, failed] } } }';
    expect(permissionsOf(compile(role))).toEqual({
      configure: `^(failed|paid|${FRAMEWORK}|${UUID})$`,
      write: `^(amq\\.default|failed|paid|${FRAMEWORK})$`,
      read: `^(failed|paid|${FRAMEWORK}|${UUID})$`,
    });
  });

  it('Celery on quorum queues, with its exchange, and without results', () => {
    const vhost =
      '{ exchanges: { tasks: { type: topic } }, queues: { q: { replicated: true } }, celery: { exchange: tasks, resultBackend: "redis://r" } }';
    const role = '{ roles: { v: { celery: [q] } } }';
    expect(permissionsOf(compile(role, '4.3', vhost))).toEqual({
      configure: `^(q|tasks|${FRAMEWORK}|${DELAYED})$`,
      write: `^(amq\\.default|q|tasks|${FRAMEWORK}|${DELAYED})$`,
      read: `^(q|tasks|${FRAMEWORK}|${DELAYED})$`,
    });
  });

  it('in each vhost by itself, beside permissions elsewhere and topic permissions', () => {
    const objects = compile(`{
      permissions: { w: { read: '^x$' } },
      roles: { v: { publisher: [orders] } },
      topicPermissions: { v: { orders: { write: '^paid' } } } }`);
    expect(permissionsOf(objects)).toEqual({ ...NOTHING, write: '^orders$' });
    expect(permissionsOf(objects, 'w')).toEqual({ ...NOTHING, read: '^x$' });
    expect(objects).toContainEqual(
      expect.objectContaining({
        kind: 'topicPermissions',
        exchanges: [{ exchange: 'orders', write: '^paid', read: '^$' }],
      }),
    );
  });

  it('that lead back to the role', () => {
    const permission = compile('{ roles: { v: { publisher: [orders] } } }').find(
      ({ kind }) => kind === 'permissions',
    );
    const text = `  u: { roles: { v`;
    expect(permission?.position).toMatchObject({ column: text.length });
  });
});

describe('roles become tags', () => {
  it.each([
    [
      '{ tags: [policymaker], roles: { v: { monitor: true }, w: { administrator: true } } }',
      ['administrator', 'monitoring', 'policymaker'],
    ],
    ['{ tags: [monitoring], roles: { v: { monitor: true, consumer: [paid] } } }', ['monitoring']],
    ['{ roles: { v: { consumer: [paid], monitor: false } } }', []],
  ])('%s', (user, tags) => {
    expect(tagsOf(compile(user))).toEqual(tags);
  });
});

it('a role of many numbered queues fits into the 1,024 bytes of RabbitMQ 4.3', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `tenant-${index}-jobs`);
  const vhost = `{ queues: { ${names.map((name) => `${name}: `).join(', ')} } }`;
  const read =
    permissionsOf(compile(`{ roles: { v: { consumer: [${names.join(', ')}] } } }`, '4.3', vhost))?.read ?? '';
  expect(read.length).toBeLessThanOrEqual(1024);
  const candidates = [...names, 'tenant-1000-jobs', 'tenant-01-jobs', 'tenant--jobs', 'tenant-1-job'];
  expect(candidates.filter((name) => new RegExp(read).test(name))).toEqual(names);
});

it('before 4.3, a role may have many names that are not alike, and the rules read it as it is meant', () => {
  const names = Array.from({ length: 400 }, (_, index) => `${(index * 48_271) % 2_147_483}-${index}-jobs`);
  const text = `warren: 1
vhosts: { v: { queues: { ${names.map((name) => `${name}: `).join(', ')} } } }
users: { u: { roles: { v: { consumer: [${names.join(', ')}] } } } }
workers: { w: { vhost: v, user: u, queues: [${names.join(', ')}] } }
`;
  const findings = (target: Target): string[] =>
    load(text, 't.yaml', { target }).diagnostics.map(({ code }) => code);
  expect(findings('4.0')).toEqual([]);
  expect(findings('4.3')).toEqual(['role-too-long']);
});
