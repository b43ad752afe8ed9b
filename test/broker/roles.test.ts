/**
 * Roles on real brokers: each user logs in and tries everything there is to try, on its own names, on those of others, and
 * on names that are nearly its own. What it may do is written down here by hand, not taken from its permissions.
 */
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDefinitions } from '../../broker/kinds/definitions';
import * as permissions from '../../broker/kinds/permissions';
import * as users from '../../broker/kinds/users';
import { load } from '../../topology/index';
import type { BrokerObject } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { allowRigUser, withBroker, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { brokerOf, scratchOn, uniqueName, type Scratch } from './realBroker';
import { open, publish, tryAll, tryEverything, type Outcome } from './roleMatrix';

const PASSWORD = 'roles-password';
const UUID = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';

const SHOP = `
    exchanges:
      orders: { type: topic, alternate: unrouted }
      orders2: { type: topic }
      Orders: { type: topic }
      unrouted: { type: fanout }
      audit: { type: fanout, bindings: [{ exchange: orders2 }] }
    queues:
      paid: { bindings: [{ exchange: orders, routingKey: paid }] }
      paid2:
      unpaid:
      Paid:
      a.b:
      aXb:
      'user:7': # one that the application declared, as far as permissions go
      'user:':
      'super-user:7':
      'team:7': { declaredWith: { x-dead-letter-exchange: audit } }
      failed:
      trail: { bindings: [{ exchange: audit }] }
      steps: { retry: { attempts: 1, delay: 1h, method: stages }, deadLetter: { queue: failed } }
    families:
      'user:{id}': { ttl: 1h }
      'team:{id}': { declaredWith: { x-dead-letter-exchange: audit } }
`;

/** What somebody may do who reads from a queue. */
const reads = (queue: string): string[] => ['purge', 'get', 'consume'].map((verb) => `${verb} ${queue}`);
const owns = (queue: string): string[] => [
  ...['declare', 'create', 'delete'].map((verb) => `${verb} ${queue}`),
  ...reads(queue),
];
const ownsExchange = (exchange: string): string[] => [
  ...['declare', 'create', 'delete'].map((verb) => `${verb} exchange ${exchange}`),
  `publish to ${exchange}`,
];

/** Role, and all that it may do; whatever isn't here must be refused. */
const ROLES: Readonly<Record<string, { readonly role: string; readonly may: readonly string[] }>> = {
  publisher: {
    role: '{ publisher: [orders, amq.topic] }',
    may: ['publish to orders', 'publish to amq.topic'],
  },
  'publisher to the default exchange': {
    role: '{ publisher: [amq.default] }',
    may: ['publish to amq.default'],
  },
  consumer: {
    role: "{ consumer: [paid, a.b, 'user:{id}'] }",
    may: [...reads('paid'), ...reads('a.b'), ...reads('user:7')],
  },
  'consumer of a queue with stages': {
    role: '{ consumer: [steps] }',
    may: [...reads('steps'), ...reads('steps.attempt.2')],
  },
  'owner of a queue with stages': {
    role: '{ owner: [steps] }',
    may: [...owns('steps'), ...reads('steps.attempt.2')],
  },
  'owner of a queue': { role: '{ owner: [paid] }', may: [...owns('paid'), 'bind paid to orders'] },
  'owner of a family': { role: "{ owner: ['user:{id}'] }", may: owns('user:7') },
  'owner of a family that binds it': {
    role: "{ owner: ['user:{id}'], subscriber: [amq.topic] }",
    may: [...owns('user:7'), 'bind user:7 to amq.topic'],
  },
  // To declare a dead-letter exchange takes the right to publish to it.
  'owner of a family with dead letters': {
    role: "{ owner: ['team:{id}'] }",
    may: [...owns('team:7'), 'publish to audit'],
  },
  // To declare an alternate exchange takes the right to publish to it, and with it to bind it.
  'owner of an exchange': {
    role: '{ owner: [orders] }',
    may: [
      ...ownsExchange('orders'),
      'publish to unrouted',
      'bind exchange orders to orders',
      'bind exchange unrouted to orders',
    ],
  },
  'owner of an exchange that is bound': {
    role: '{ owner: [audit] }',
    may: [...ownsExchange('audit'), 'bind exchange audit to audit', 'bind exchange audit to orders2'],
  },
  'all of it': {
    role: '{ publisher: [unrouted], consumer: [failed], owner: [paid2, orders2], monitor: true }',
    may: [
      'publish to unrouted',
      ...reads('failed'),
      ...owns('paid2'),
      ...ownsExchange('orders2'),
      'bind paid2 to orders2',
      'bind exchange orders2 to orders2',
      'bind exchange unrouted to orders2',
    ],
  },
  monitor: { role: '{ monitor: true }', may: [] },
};

const CELERY_QUEUES = [`celery@web1.celery.pidbox`, `${UUID}.reply.celery.pidbox`, `celeryev.${UUID}`];
const CELERY_EXCHANGES = ['celeryev', 'celery.pidbox', 'reply.celery.pidbox'];
const DELAYED = ['celery_delayed_0', 'celery_delayed_27'];
const CELERY = `
    exchanges:
      ${[
        ...CELERY_EXCHANGES,
        ...DELAYED,
        'celery_delayed_delivery',
        'celery_delayed_28',
        'tasks',
        'bulk',
        'celeryevents',
      ]
        .map((name) => `${name}: { type: topic }`)
        .join('\n      ')}
    queues:
      tasks:
      tasks2:
      bulk: { type: quorum }
      ${[
        ...CELERY_QUEUES,
        ...DELAYED,
        UUID,
        'celery_delayed_28',
        'xcelery.pidbox',
        'celery@web1.celery.pidboxes',
        'celeryev.monitor',
        UUID.slice(1),
        `x${UUID}`,
        UUID.toUpperCase(),
      ]
        .map((name) => `${name}:`)
        .join('\n      ')}
`;

/** Everything that can be done with these names. */
function ownsAll(queues: readonly string[], exchanges: readonly string[]): string[] {
  return [
    ...queues.flatMap((queue) => [
      ...owns(queue),
      ...exchanges.map((exchange) => `bind ${queue} to ${exchange}`),
    ]),
    ...exchanges.flatMap((exchange) => [
      ...ownsExchange(exchange),
      ...exchanges.map((source) => `bind exchange ${exchange} to ${source}`),
    ]),
    'publish to amq.default',
    ...owns(UUID),
  ];
}

const CELERY_ROLES: typeof ROLES = {
  'Celery on classic queues': {
    role: '{ celery: [tasks] }',
    may: ownsAll(['tasks', ...CELERY_QUEUES], ['tasks', ...CELERY_EXCHANGES]),
  },
  'Celery on quorum queues': {
    role: '{ celery: [bulk] }',
    may: ownsAll(
      ['bulk', ...CELERY_QUEUES, ...DELAYED],
      ['bulk', ...CELERY_EXCHANGES, ...DELAYED, 'celery_delayed_delivery'],
    ),
  },
};

/** A topology on the broker, with its users, and somebody who may do everything in its vhost. */
interface Site {
  readonly vhost: string;
  readonly objects: readonly BrokerObject[];
  readonly userOf: (role: string) => string;
  readonly admin: () => Channel;
}

function prepareSite(rig: TestBroker, scratch: Scratch, vhostBody: string, roles: readonly string[]): Site {
  const vhost = uniqueName('warren-roles');
  const names = new Map(roles.map((role) => [role, scratch.user()]));
  const lines = [...names].map(([role, name]) => `  ${name}: { roles: { ${vhost}: ${role} } }`);
  const text = `warren: 1\nvhosts:\n  ${vhost}:${vhostBody}users:\n${lines.join('\n')}\n`;
  const { objects = [], diagnostics } = load(text, 't.yaml', { target: rig.version });
  let [connection, admin]: [ChannelModel?, Channel?] = [];
  beforeAll(async () => {
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const broker = brokerOf(rig);
    await scratch.vhost(vhost);
    await allowRigUser(rig, vhost);
    await importDefinitions(broker, renderDefinitions(objects));
    for (const object of objects) if (object.kind === 'user') await users.put(broker, object, PASSWORD);
    for (const object of objects) if (object.kind === 'permissions') await permissions.put(broker, object);
    connection = await open(rig, { username: rig.username, password: rig.password, vhost });
    admin = await connection.createChannel();
  });
  afterAll(() => connection?.close());
  return {
    vhost,
    objects,
    userOf: (role) => names.get(role) ?? '',
    admin: () => {
      if (admin === undefined) throw new Error('not connected yet');
      return admin;
    },
  };
}

function withOutcome(outcomes: ReadonlyMap<string, Outcome>, wanted: Outcome): string[] {
  return [...outcomes].filter(([, outcome]) => outcome === wanted).map(([name]) => name);
}

withBroker('roles', (rig) => {
  const scratch = scratchOn(rig);

  describe.each([
    ['a shop', SHOP, ROLES],
    ['Celery', CELERY, CELERY_ROLES],
  ])('of %s', (_, vhostBody, roles) => {
    const site = prepareSite(
      rig,
      scratch,
      vhostBody,
      Object.values(roles).map(({ role }) => role),
    );

    it.each(Object.entries(roles))('%s: may do exactly this', async (_name, { role, may }) => {
      const user = await open(rig, { username: site.userOf(role), password: PASSWORD, vhost: site.vhost });
      try {
        const outcomes = await tryEverything(user, site.admin(), site.objects);
        expect(outcomes.size).toBeGreaterThan(200);
        expect(withOutcome(outcomes, 'allowed').sort()).toEqual([...may].sort());
        const refused = [...outcomes].filter(([name]) => !may.includes(name));
        expect(refused.filter(([, outcome]) => outcome !== 'refused')).toEqual([]);
      } finally {
        await user.close();
      }
    });

    it('may not enter another vhost', async () => {
      const other = await scratch.vhost();
      for (const { role } of Object.values(roles)) {
        const login = { username: site.userOf(role), password: PASSWORD, vhost: other };
        await expect(open(rig, login), role).rejects.toThrow(/NOT.ALLOWED|ConnectionClose/i);
      }
    });
  });

  describe('with a tag', () => {
    const roles = {
      publisher: '{ publisher: [orders] }',
      monitor: '{ monitor: true }',
      administrator: '{ administrator: true }',
    };
    const site = prepareSite(rig, scratch, SHOP, Object.values(roles));
    const connect = (role: string): Promise<ChannelModel> =>
      open(rig, { username: site.userOf(role), password: PASSWORD, vhost: site.vhost });

    it('administrator: may do everything over AMQP but what RabbitMQ lets nobody do', async () => {
      const user = await connect(roles.administrator);
      const outcomes = await tryEverything(user, site.admin(), site.objects);
      await user.close();
      const internal = site.objects.flatMap((object) =>
        object.kind === 'exchange' && object.internal ? [`publish to ${object.name}`] : [],
      );
      expect(internal.length).toBeGreaterThan(0);
      expect(withOutcome(outcomes, 'refused').sort()).toEqual(internal.sort());
      expect(withOutcome(outcomes, 'allowed').length).toBe(outcomes.size - internal.length);
    });

    it('asks passively for what it may use, and before 4.3 for everything', async () => {
      const user = await connect(roles.publisher);
      const outcomes = await tryAll(user, [
        { name: 'exchange orders', run: (channel) => channel.checkExchange('orders') },
        { name: 'exchange unrouted', run: (channel) => channel.checkExchange('unrouted') },
        { name: 'queue failed', run: (channel) => channel.checkQueue('failed') },
      ]);
      await user.close();
      const others = rig.version === '4.3' ? 'refused' : 'allowed';
      expect([...outcomes.values()]).toEqual(['allowed', others, others]);
    });

    it.each([
      ['publisher', []],
      ['monitor', ['overview', 'nodes', 'queues']],
      [
        'administrator',
        ['overview', 'nodes', 'queues', 'users', 'take messages', 'make a queue', 'make a policy'],
      ],
    ] as const)('%s: may do exactly this with the management API', async (role, may) => {
      const vhost = encodeURIComponent(site.vhost);
      const taking = { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' };
      const requests = {
        overview: ['GET', 'overview'],
        nodes: ['GET', 'nodes'],
        queues: ['GET', `queues/${vhost}/paid`],
        users: ['GET', 'users'],
        'take messages': ['POST', `queues/${vhost}/paid/get`, taking],
        'make a queue': ['PUT', `queues/${vhost}/made`, { durable: true }],
        'make a policy': ['PUT', `policies/${vhost}/made`, { pattern: '^made$', definition: { expires: 9 } }],
      } as const;
      const login = { ...rig, username: site.userOf(roles[role]), password: PASSWORD };
      const allowed: string[] = [];
      for (const [name, [method, path, body]] of Object.entries(requests)) {
        await callManagement(login, method, path, body).then(
          () => allowed.push(name),
          (error: unknown) => {
            expect(String(error)).toMatch(/HTTP 40[13] /);
          },
        );
      }
      expect(allowed).toEqual(may);
    });
  });

  describe('of streams', () => {
    const roles = {
      publisher: '{ publisher: [invoices] }',
      consumer: '{ consumer: [invoices] }',
      owner: '{ owner: [invoices] }',
    };
    const body = `
    queues:
      log: { type: stream }
    superStreams:
      invoices: { partitions: 2 }
`;
    const site = prepareSite(rig, scratch, body, Object.values(roles));

    it.each([
      ['publisher', ['publish']],
      ['consumer', ['consume invoices-0', 'consume invoices-1']],
      ['owner', ['publish', 'bind', 'consume invoices-0', 'consume invoices-1', 'declare', 'delete']],
    ] as const)('%s of a super stream: may do exactly this', async (role, may) => {
      const login = { username: site.userOf(roles[role]), password: PASSWORD, vhost: site.vhost };
      const user = await open(rig, login);
      const consume = (stream: string) => async (channel: ConfirmChannel) => {
        await channel.prefetch(1);
        await channel.cancel((await channel.consume(stream, () => undefined)).consumerTag);
      };
      const arguments_ = { 'x-queue-type': 'stream' };
      const outcomes = await tryAll(user, [
        { name: 'publish', run: (channel) => publish(channel, 'invoices') },
        { name: 'bind', run: (channel) => channel.bindQueue('invoices-0', 'invoices', 'x') },
        { name: 'consume invoices-0', run: consume('invoices-0') },
        { name: 'consume invoices-1', run: consume('invoices-1') },
        { name: 'consume log', run: consume('log') },
        { name: 'declare', run: (channel) => channel.assertQueue('invoices-1', { arguments: arguments_ }) },
        { name: 'delete', run: (channel) => channel.deleteQueue('invoices-1') },
        { name: 'delete log', run: (channel) => channel.deleteQueue('log') },
      ]);
      await user.close();
      expect(withOutcome(outcomes, 'allowed')).toEqual(may);
      expect(withOutcome(outcomes, 'refused').length).toBe(outcomes.size - may.length);
    });
  });
});
