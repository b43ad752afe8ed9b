/** `warren import --adopt`: a broker that somebody set up by hand becomes a stack's, and hears nothing but questions. */
import * as fs from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { derivePassword } from '../../stacks/credentials';
import { put } from '../../broker/objects';
import * as users from '../../broker/kinds/users';
import type { Broker } from '../../broker/api/transport';
import { load, type BrokerObject } from '../../topology/index';
import { withLogin } from '../../topology/uriLogins';
import { brokerOf } from '../broker/realBroker';
import {
  closeStackBehindProxy,
  openStackBehindProxy,
  type StackBehindProxy,
} from '../faults/stackBehindProxy';
import { allowRigUser, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { TEST_SEED, type PulumiRun } from '../rigs/pulumi';
import { wholeLanguage } from '../topology/wholeLanguage';
import { expectNoChange } from './systemStack';

const SECRET = 'hand-made and secret';

/** In a flow mapping of YAML, as JSON. */
const HOSTILE_NAMES = [
  'a/b',
  '%2F',
  'a@b@c',
  '100%25',
  'a#b?c=d&e+f',
  ' in spaces ',
  'Grüße 😀',
  `"double" and 'single'`,
  'back\\slash',
  'a:b::c',
  '..hidden',
  '{"json": [1]}',
  'ü'.repeat(127),
];

const HOSTILE_VHOST = '/@%2F ü#';

/** After the line in which the vhosts, or the users, begin. */
function withHostile(topology: string): string {
  const users = HOSTILE_NAMES.slice(0, -1).map((name) => {
    const permissions = { [HOSTILE_VHOST]: { configure: '^$', write: '^$', read: '.*' } };
    return `  ${JSON.stringify(name)}: ${JSON.stringify({ permissions })}\n`;
  });
  return topology
    .replace(/^vhosts:\n/m, (line) => line + hostileVhost())
    .replace(/^users:\n/m, (line) => line + users.join(''));
}

function hostileVhost(): string {
  const queues = HOSTILE_NAMES.map((name) => [
    name,
    { bindings: [{ exchange: name, routingKey: name }], arguments: { 'x-note': name } },
  ]);
  const vhost = {
    exchanges: Object.fromEntries(HOSTILE_NAMES.map((name) => [name, { type: 'topic' }])),
    queues: Object.fromEntries(queues) as unknown,
    policies: Object.fromEntries(
      HOSTILE_NAMES.map((name, index) => [
        name,
        { pattern: `^none${index}$`, applyTo: 'exchanges', definition: { 'alternate-exchange': name } },
      ]),
    ) as unknown,
  };
  return `  ${JSON.stringify(HOSTILE_VHOST)}: ${JSON.stringify(vhost)}\n`;
}

/** What has drifted apart in every way, under the names of a stack: RabbitMQ's as somebody made it. */
const SHOP = `
warren: 1
vhosts:
  shop:
    description: The shop
    limits: { maxConnections: 500 }
    exchanges:
      orders: { type: topic }
      same: { type: direct }
    queues:
      paid: { maxLength: 10000, bindings: [{ exchange: orders, routingKey: order.paid.* }] }
      recreated: { priorities: 5 }
      missing: {}
    policies:
      same: { pattern: '^none$', applyTo: queues, definition: { max-length: 5 } }
users:
  shop: { permissions: { shop: { configure: '^$', write: '^orders$', read: '^paid$' } } }
  new: { permissions: { shop: { read: '^paid$' } } }
`;

const BY_HAND: readonly (readonly ['PUT' | 'POST', string, unknown])[] = [
  ['PUT', 'vhosts/shop', { description: 'Another one' }],
  ['PUT', 'vhost-limits/shop/max-connections', { value: 7 }],
  ['PUT', 'exchanges/shop/orders', { type: 'topic', durable: true }],
  ['PUT', 'exchanges/shop/same', { type: 'direct', durable: true }],
  ['PUT', 'queues/shop/paid', { durable: true, arguments: {} }],
  ['PUT', 'queues/shop/recreated', { durable: true, arguments: { 'x-max-priority': 2 } }],
  ['PUT', 'queues/shop/by%20hand', { durable: true, arguments: {} }],
  ['POST', 'bindings/shop/e/orders/q/paid', { routing_key: 'order.paid.*' }],
  [
    'PUT',
    'policies/shop/same',
    { pattern: '^none$', 'apply-to': 'queues', priority: 0, definition: { 'max-length': 5 } },
  ],
  [
    'PUT',
    'policies/shop/warren.paid',
    { pattern: '^paid$', 'apply-to': 'queues', priority: 2000, definition: { 'max-length': 3 } },
  ],
  ['PUT', 'users/shop', { password: SECRET, tags: 'monitoring' }],
  ['PUT', 'users/shop-g1', { password: SECRET, tags: 'monitoring' }],
  ['PUT', 'permissions/shop/shop-g1', { configure: '^$', write: '.*', read: '^paid$' }],
];

withBroker(
  'adopting',
  (rig) => {
    const broker = brokerOf(rig);
    let stack: StackBehindProxy;
    let before: string;

    beforeEach(async () => {
      stack = await openStackBehindProxy(rig);
    });
    afterEach(() => closeStackBehindProxy(stack));

    const init = async (topology: string): Promise<void> => {
      fs.writeFileSync(stack.topologyFile, topology);
      await stack.workspace.initWithSeed({
        topology: stack.topologyFile,
        target: rig.version,
        endpoint: stack.endpoint,
        bootstrapUsername: rig.username,
        retryBudget: '100ms',
      });
      const bootstrap = ['config', 'set', '--secret', 'bootstrapPassword', rig.password];
      expect(await stack.workspace.run(bootstrap)).toMatchObject({ exitCode: 0 });
      before = await definitions();
      stack.proxy.requests.length = 0;
    };
    const makeByHand = async (): Promise<void> => {
      for (const [method, apiPath, body] of BY_HAND) {
        await callManagement(rig, method, apiPath, body);
        if (apiPath === 'vhosts/shop') await allowRigUser(rig, 'shop');
      }
      const message = { properties: {}, routing_key: 'paid', payload: 'kept', payload_encoding: 'string' };
      await callManagement(rig, 'POST', 'exchanges/shop/amq.default/publish', message);
    };
    /** Byte by byte, for what the broker lists in no certain order. */
    const definitions = async (): Promise<string> => {
      const all = await callManagement<Record<string, unknown>>(rig, 'GET', 'definitions');
      const sorted = Object.entries(all).map(([part, value]) => [
        part,
        Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value,
      ]);
      return JSON.stringify(sorted);
    };
    const messages = async (): Promise<unknown> => {
      const asked = { count: 5, ackmode: 'ack_requeue_true', encoding: 'auto' };
      const found = await callManagement<{ payload: string }[]>(rig, 'POST', 'queues/shop/paid/get', asked);
      return found.map(({ payload }) => payload);
    };
    const adopt = (): Promise<PulumiRun> => stack.workspace.warren('import', '--adopt');
    const mustAdopt = async (): Promise<string> => {
      const run = await adopt();
      expect(run.exitCode, run.output).toBe(0);
      return run.stdout;
    };
    const expectOnlyRead = async (): Promise<void> => {
      expect(stack.proxy.requests.length).toBeGreaterThan(0);
      expect(stack.proxy.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
      expect(await definitions()).toBe(before);
    };
    /** `+ Queue shop/missing`, of what a preview would do. */
    const preview = async (): Promise<readonly string[]> => {
      const run = await stack.workspace.preview('--json');
      expect(run.exitCode, run.output).toBe(0);
      expect(run.output).not.toContain('drift');
      return stepsOf(run).sort();
    };

    it('everything that the language can say, under any name: a preview has nothing to change', async () => {
      const topology = withHostile(wholeLanguage(rig.version, { run: 'whole', amqpPort: rig.amqpPort }));
      await makeAll(broker, topology);
      await init(topology);
      for (const granularity of ['object', 'vhost']) {
        stack.workspace.setConfig({ granularity });
        const report = await mustAdopt();
        expect(report).toMatch(/^Adopted into the state of stack test, as it is on /);
        expect(report).not.toMatch(/On the broker it is another one|Not on the broker/);
        expect(await preview()).toEqual(['+ AbsentUser guest', '+ Admin warren-admin-g1']);
      }
      await expectOnlyRead();
    });

    it.each(['object', 'vhost'] as const)(
      'granularity %s: shows what differs and what is missing, and an `up` changes just that',
      async (granularity) => {
        await makeByHand();
        await init(SHOP);
        stack.workspace.setConfig({ granularity });
        const report = await mustAdopt();
        expect(report.split('\n')).toEqual(reportOf(stack.endpoint));
        expect(stack.workspace.stateText()).not.toContain(SECRET);
        expect(await preview()).toEqual([...STEPS[granularity]].sort());
        await expectOnlyRead();

        stack.proxy.requests.length = 0;
        const up = await stack.workspace.up();
        expect(up.exitCode, up.output).toBe(0);
        expect(stack.proxy.requests.filter((request) => SAME.test(request))).toEqual([]);
        expectNoChange(await stack.workspace.up());
        expect(await messages()).toEqual(['kept']);
        const recreated = await callManagement<{ arguments: unknown }>(rig, 'GET', 'queues/shop/recreated');
        expect(recreated.arguments).toMatchObject({ 'x-max-priority': 5 });

        const late = await adopt();
        expect(late.exitCode).toBe(2);
        expect(late.output).toContain('stack test has been up');
      },
    );

    it('is done again after a kill, says where there is no broker, and a destroy then keeps its guards', async () => {
      await makeByHand();
      await init(SHOP);
      const running = stack.workspace.startWarren(['import', '--adopt']);
      stack.proxy.intercept({ method: 'GET', path: /^\/api\/bindings$/, action: () => running.kill() });
      await running.ended;
      expect(stack.proxy.isHit).toBe(true);
      await expectOnlyRead();

      stack.workspace.setConfig({ endpoint: 'http://127.0.0.1:1' });
      const refused = await adopt();
      expect(refused.exitCode).toBe(2);
      expect(refused.output).toMatch(
        /not adopted, and nothing was written to the broker: .*http:\/\/127\.0\.0\.1:1 is not reachable/,
      );
      stack.workspace.setConfig({ endpoint: stack.endpoint });
      expect((await mustAdopt()).split('\n')).toEqual(reportOf(stack.endpoint));
      await expectOnlyRead();

      const destroyed = await stack.workspace.destroy();
      expect(destroyed.exitCode).not.toBe(0);
      expect(destroyed.output).toContain('Refused to delete queue "paid" in vhost "shop"');
      expect(await messages()).toEqual(['kept']);
      for (const apiPath of ['queues/shop/by%20hand', 'users/shop', 'users/guest'])
        await callManagement(rig, 'GET', apiPath);
    });
  },
  ['4.3'],
);

/** As a stack with that topology would leave it, but for its administrator. */
async function makeAll(broker: Broker, topology: string): Promise<void> {
  const { objects = [], diagnostics } = load(topology, 'whole.yaml');
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const login = (user: string): { username: string; password: string } => ({
    username: `${user}-g1`,
    password: derivePassword(TEST_SEED, { project: 'warren', stack: 'test', user, generation: 1 }),
  });
  for (const object of objects) {
    if (object.kind === 'user') {
      await users.put(broker, { ...object, name: login(object.name).username }, login(object.name).password);
    } else if (object.kind === 'parameter') {
      await put(broker, withLogins(object, login));
    } else await put(broker, 'user' in object ? { ...object, user: login(object.user).username } : object);
  }
}

type Parameter = Extract<BrokerObject, { kind: 'parameter' }>;

function withLogins(
  { logins = {}, ...parameter }: Parameter,
  login: (user: string) => { username: string; password: string },
): Parameter {
  const value = { ...(parameter.value as Record<string, string | readonly string[]>) };
  for (const [key, user] of Object.entries(logins)) {
    const uris = value[key] ?? '';
    value[key] =
      typeof uris === 'string'
        ? withLogin(uris, login(user))
        : uris.map((uri) => withLogin(uri, login(user)));
  }
  return Object.keys(logins).length === 0 ? parameter : { ...parameter, value };
}

function reportOf(endpoint: string): readonly string[] {
  return [
    `Adopted into the state of stack test, as it is on ${endpoint}; nothing was written to the broker:`,
    '  vhosts 1, limits of vhosts 1, users 1, permissions 1, policies 2, exchanges 2, queues 2, bindings 1',
    '',
    'On the broker it is another one; the next `up` changes it in place:',
    "  vhost 'shop'",
    '    description: "Another one" on the broker, "The shop" in the topology',
    "  limits of the vhost 'shop'",
    '    maxConnections: 7 on the broker, 500 in the topology',
    "  user 'shop-g1'",
    "    password: another one than the stack's; until the `up`, clients log in with the one that they have",
    '    tags: ["monitoring"] on the broker, [] in the topology',
    "  permissions 'shop-g1@shop'",
    '    write: ".*" on the broker, "^orders$" in the topology',
    "  policy 'warren.paid@shop'",
    '    definition.max-length: 3 on the broker, 10000 in the topology',
    '',
    "On the broker it is another one, in what can't be changed in place; the next `up` recreates it, and keeps its messages and bindings or refuses:",
    "  queue 'recreated@shop'",
    '    arguments.x-max-priority: 2 on the broker, 5 in the topology',
    '',
    'Not on the broker; the next `up` creates it:',
    "  users (1): 'new-g1'",
    "  permissions (1): 'new-g1@shop'",
    "  queues (1): 'missing@shop'",
    '',
    'Besides, the next `up`',
    '  creates the administrator warren-admin-g1, as whom the stack logs in from then on.',
    "  deletes the users that must not be there: 'guest'. Whoever logs in as one of them is refused from then on. The stack's setting absentUsers names them: [] is nobody.",
    "  sets the stack's passwords for 'shop-g1': clients that log in so need them from then on. To keep one, give it to the stack before: pulumi config set --secret --path 'passwords[\"USER\"]' --stack test (USER as in the topology).",
    '',
    'Not in the topology, and left alone now and by an `up`:',
    "  vhosts (1): '/'",
    "  users (1): 'warren-test-rig'",
    "  queues (1): 'by hand@shop'",
    '',
    'Next: npx warren preview --stack test',
    '',
  ];
}

/** Of both granularities. */
const COMMON_STEPS = [
  '+ AbsentUser guest',
  '+ Admin warren-admin-g1',
  '+ User new-g1',
  '~ User shop-g1',
  '~ VhostLimits shop',
  '~ VhostSettings shop',
];
const STEPS = {
  object: [
    ...COMMON_STEPS,
    '+ Permissions shop/new-g1',
    '+ Queue shop/missing',
    '+- Queue shop/recreated',
    '~ Permissions shop/shop-g1',
    '~ Policy shop/warren.paid',
  ],
  vhost: [...COMMON_STEPS, '~ VhostTopology shop'],
};

/** A request that changes what is right already, or nobody's but whoever made it. */
const SAME =
  /^(PUT|POST|DELETE) \/api\/((exchanges|queues)\/shop\/(orders|same|paid|by%20hand)|policies\/shop\/same|bindings\/shop\/e\/orders|users\/shop$)/;

interface Step {
  readonly op: string;
  readonly urn: string;
}

function stepsOf(run: PulumiRun): string[] {
  const { steps } = JSON.parse(run.stdout) as { readonly steps: readonly Step[] };
  const signs: Readonly<Record<string, string>> = { update: '~', replace: '+-', create: '+', delete: '-' };
  return steps.flatMap(({ op, urn }) => {
    const [, , types = '', ...name] = urn.split('::');
    const sign = signs[op];
    return sign === undefined ? [] : [`${sign} ${types.split(':').at(-1) ?? ''} ${name.join('::')}`];
  });
}
