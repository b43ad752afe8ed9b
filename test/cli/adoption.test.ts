import * as path from 'node:path';
import { expect, it } from 'vitest';
import { readOnly } from '../../broker/api/readOnly';
import type { Broker } from '../../broker/api/transport';
import { adoptionOf } from '../../cli/adoption';
import { renderAdoption, type AdoptionContext } from '../../cli/adoptionReport';
import type { BrokerObject } from '../../topology/objects';
import { run, type RunResult } from '../../tools/processes';

const CLI = path.resolve(__dirname, '../../cli/warren.cjs');

function warren(...args: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [CLI, 'import', ...args]);
}

type Resource = Readonly<{ type: string; inputs: object; outputs: object }>;

function adoption(resources: readonly Resource[], wanted: readonly BrokerObject[] = []) {
  return adoptionOf({ deployment: { resources: resources as [] } }, wanted);
}

const secret = (value: string): object => ({
  '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
  plaintext: JSON.stringify(value),
});

const queue = (name: string): BrokerObject => ({
  ...{ kind: 'queue', vhost: 'shop', name, durable: true, autoDelete: false, arguments: {} },
});

const CONTEXT: AdoptionContext = {
  ...{ stack: 'prod', endpoint: 'E', strangers: new Map(), usernames: new Set() },
  ...{ absentUsers: ['guest'], brokerNames: new Map() },
  admin: { name: 'warren-admin-g1', is: 'there' },
};

it.each<[string, Resource]>([
  [
    'numbers and lists of a definition that stand as texts',
    {
      type: 'rabbitmq:index/policy:Policy',
      inputs: { name: 'p', vhost: 'v', policy: { definition: { 'max-length': 5, 'ha-params': ['a', 'b'] } } },
      outputs: {
        ...{ name: 'p', vhost: 'v' },
        policy: { definition: { 'ha-params': 'a,b', 'max-length': '5' } },
      },
    },
  ],
  [
    'arguments as JSON in another order, and as a table',
    {
      type: 'rabbitmq:index/queue:Queue',
      inputs: { name: 'q', vhost: 'v', settings: { argumentsJson: '{"b":1,"a":"x"}' } },
      outputs: { name: 'q', vhost: 'v', settings: { arguments: { a: 'x', b: 1 } } },
    },
  ],
  [
    'tags, and topic permissions, in another order',
    {
      type: 'rabbitmq:index/topicPermissions:TopicPermissions',
      inputs: {
        ...{ user: 'u', vhost: 'v', tags: ['a', 'b'] },
        permissions: [
          { exchange: 'e', write: 'w', read: '' },
          { exchange: 'f', write: '', read: '' },
        ],
      },
      outputs: {
        ...{ user: 'u', vhost: 'v', tags: ['b', 'a'] },
        permissions: [
          { exchange: 'f', write: '', read: '' },
          { exchange: 'e', write: 'w', read: '' },
        ],
      },
    },
  ],
  [
    'the key under which the broker keeps a binding',
    {
      type: 'rabbitmq:index/binding:Binding',
      inputs: { vhost: 'v', source: 's', destination: 'd' },
      outputs: { vhost: 'v', source: 's', destination: 'd', propertiesKey: '~' },
    },
  ],
])('%s are no difference', (_, resource) => {
  expect(adoption([resource])).toMatchObject({ adopted: [{}], different: [] });
});

it('finds what differs in the table of a vhost, what would be recreated, and what is missing', () => {
  const entries = (priority: number): object => ({
    vhost: 'shop',
    objects: { 'queue paid': { name: 'paid', arguments: { 'x-max-priority': priority } } },
  });
  const resource = {
    type: 'warren:index:VhostTopology',
    inputs: entries(5),
    outputs: entries(2),
  };
  const found = adoption([resource], [queue('paid'), queue('new')]);
  expect(found.missing).toEqual([queue('new')]);
  expect(found.different).toMatchObject([
    {
      isRecreated: true,
      values: [{ name: 'arguments.x-max-priority', onBroker: '2', inTopology: '5', isSecret: false }],
    },
  ]);
  expect(renderAdoption(found, CONTEXT)).toContain(
    "queue 'paid@shop'\n    arguments.x-max-priority: 2 on the broker, 5 in the topology\n",
  );
});

it('shows no secret, and no control character of a name', () => {
  const parameter = (password: string): object => ({
    ...{ vhost: 'shop', component: 'shovel', name: 'm\u001b[31m', valueJson: '{"a":1}' },
    passwords: secret(password),
  });
  const user = (password: string): object => ({ name: 'shop-g1', password: secret(password) });
  const report = renderAdoption(
    adoption([
      { type: 'warren:index:Parameter', inputs: parameter('hidden-1'), outputs: parameter('hidden-2') },
      { type: 'rabbitmq:index/user:User', inputs: user('hidden-3'), outputs: user('') },
    ]),
    CONTEXT,
  );
  expect(report).toContain("passwords: another one than the stack's (a secret)");
  expect(report).toContain("password: another one than the stack's; until the `up`");
  expect(report).toContain("sets the stack's passwords for 'shop-g1'");
  expect(report).not.toMatch(/hidden|\u001b/);
});

it('compares a value that is a secret on one side only leaf by leaf, and shows none of it', () => {
  const inputs = { vhost: 'v', component: 'shovel', name: 's', valueJson: '{"a":1,"to":["amqp://h"]}' };
  const onBroker = secret('{"to":["amqp://u:hidden@h"],"a":1}');
  const found = adoption([
    { type: 'warren:index:Parameter', inputs, outputs: { ...inputs, valueJson: onBroker } },
  ]);
  expect(found.different).toMatchObject([{ values: [{ name: 'value.to', isSecret: true }] }]);
  const report = renderAdoption(found, CONTEXT);
  expect(report).toContain("value.to: another one than the stack's (a secret)");
  expect(report).not.toMatch(/hidden|not on the broker/);
});

it('says what the next `up` does beside the objects', () => {
  const policy: BrokerObject = {
    ...{ kind: 'policy', vhost: 'shop', name: 'by hand', pattern: '', applyTo: 'all', priority: 0 },
    definition: {},
  };
  const user: BrokerObject = { kind: 'user', name: 'shop', tags: [] };
  const report = renderAdoption(adoption([]), {
    ...CONTEXT,
    admin: { name: 'warren-admin-g1', is: 'missing' },
    usernames: new Set(['guest', 'shop']),
    brokerNames: new Map([
      ['shop', ['shop-g1']],
      ['new', ['new-g1']],
    ]),
    strangers: new Map([
      ['policy', [policy]],
      ['user', [user]],
    ]),
  });
  expect(report).toMatch(/^Nothing of the topology is on E: nothing was adopted/);
  expect(report).toContain('creates the administrator warren-admin-g1');
  expect(report).toContain("deletes the users that must not be there: 'guest'");
  expect(report).toContain("names and passwords of the stack's own: 'shop-g1'. Those that clients use now");
  expect(report).toContain("may compete with those of the topology: 'by hand@shop'");
  expect(report.slice(report.indexOf('Not in the topology'))).not.toContain("'shop'");
  expect(renderAdoption(adoption([]), CONTEXT)).not.toContain('Besides');
  const foreign = { name: 'warren-admin-g1', is: 'foreign' } as const;
  expect(renderAdoption(adoption([]), { ...CONTEXT, admin: foreign })).toContain(
    'is refused: warren-admin-g1 is there with another password',
  );
});

it('a broker that is only read gets nothing but questions', async () => {
  const sent: string[] = [];
  const broker = readOnly({
    endpoint: 'E',
    request: ({ method }: { method: string }) => {
      sent.push(method);
      return Promise.resolve({});
    },
  } as unknown as Broker);
  for (const method of ['GET', 'PUT', 'POST', 'DELETE'] as const) {
    const asked = broker.request({ method, path: 'x', action: 'do x' });
    if (method === 'GET') await asked;
    else await expect(asked).rejects.toThrow('Not sent to E, which is only read now: do x.');
  }
  expect(sent).toEqual(['GET']);
});

it.each([
  [['--adopt'], '--adopt needs the stack'],
  [['live:http://x', '--adopt', '--stack', 's'], '--adopt takes no source'],
  [['--adopt', '--stack', 's', '--output', 'x.yaml'], '--output is for an import that writes a topology'],
  [['--adopt', '--stack', 's', '--no-families'], '--no-families is for an import'],
  [['x.json', '--stack', 's'], '--stack goes with --adopt'],
  [[], 'say what to import'],
])('import %j: %s', async (args, message) => {
  const { exitCode, output } = await warren(...args);
  expect(output).toContain(message);
  expect(exitCode).toBe(2);
});
