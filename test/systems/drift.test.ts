/**
 * Somebody changes and deletes things by hand, of every kind: a preview says which, without a refresh before, `up` puts
 * all of it right, and the next `up` finds nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSnapshot } from '../../broker/snapshot';
import type { Broker } from '../../broker/api/transport';
import { canonicalJson } from '../../topology/objects';
import { brokerOf } from '../broker/realBroker';
import { closedPort } from '../broker/servers';
import { InterceptingProxy } from '../faults/interceptingProxy';
import { allowRigUser, resetBroker, withOldestAndNewestBroker, type BrokerVersion } from '../rigs/brokers';
import { connectAs } from '../rigs/client';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { expectNoChange } from './systemStack';

/** Of each kind one object that is changed by hand and one that is deleted by hand. */
const topology = (version: BrokerVersion): string => `warren: 1
broker: { plugins: [rabbitmq_federation] }
globalParameters: { changed: { zones: [a] }, deleted: 1 }
vhosts:
  shop:
    description: Shop
    limits: { maxConnections: 100, maxQueues: 100 }
${version === '4.3' ? '    deletionProtection: true' : ''}
    exchanges:
      changed: { type: topic }
      deleted: { type: topic }
    queues:
      changed: { type: classic, priorities: 3 }
      deleted:
      kept:
        bindings:
          - { exchange: amq.topic, routingKey: kept.# }
          - { exchange: amq.topic, routingKey: deleted.# }
          - { exchange: deleted, routingKey: goes.with.its.exchange }
    policies:
      changed: { pattern: '^one$', definition: { max-length: 5 } }
      deleted: { pattern: '^other$', definition: { max-length: 6 } }
    operatorPolicies:
      changed: { pattern: '^one$', definition: { max-length: 5 } }
      deleted: { pattern: '^other$', definition: { max-length: 6 } }
    federationUpstreams:
      changed: { uri: 'amqp://127.0.0.1:1', maxHops: 1 }
      deleted: { uri: 'amqp://127.0.0.1:1' }
  gone:
    queues: { in-it: }
users:
  changed:
    tags: [monitoring]
    limits: { maxConnections: 7 }
    permissions: { shop: { configure: '^$', write: '^kept$', read: '^kept$' } }
    topicPermissions: { shop: { amq.topic: { write: '^a', read: '^b' } } }
  deleted:
    limits: { maxChannels: 9 }
    permissions: { shop: { read: '^kept$' } }
    topicPermissions: { shop: { amq.topic: { write: '^a', read: '^b' } } }
  untouched:
    permissions: { shop: { read: '^kept$' } }
`;

const SECRET = 'chosen-by-somebody-else';

/** What is done by hand, as calls of the management API, and the resources that show it. */
const FULL = { configure: '.*', write: '.*', read: '.*' };
const BY_HAND: readonly (readonly ['PUT' | 'DELETE' | 'POST', string, unknown?])[] = [
  ['PUT', 'global-parameters/changed', { value: { zones: ['b'] } }],
  ['DELETE', 'global-parameters/deleted'],
  ['PUT', 'vhosts/shop', { description: 'Something else' }],
  ['PUT', 'vhost-limits/shop/max-connections', { value: 1 }],
  ['DELETE', 'exchanges/shop/changed'],
  ['PUT', 'exchanges/shop/changed', { type: 'fanout', durable: true, auto_delete: false, arguments: {} }],
  ['DELETE', 'exchanges/shop/deleted'],
  ['DELETE', 'queues/shop/changed'],
  ['PUT', 'queues/shop/changed', { durable: true, auto_delete: false, arguments: { 'x-max-priority': 2 } }],
  ['DELETE', 'queues/shop/deleted'],
  ['DELETE', 'bindings/shop/e/amq.topic/q/kept/deleted.%23'],
  ['PUT', 'policies/shop/changed', { pattern: '^one$', definition: { 'max-length': 7 }, priority: 3 }],
  ['DELETE', 'policies/shop/deleted'],
  ['PUT', 'operator-policies/shop/changed', { pattern: '^.$', definition: { 'max-length': 5 } }],
  ['DELETE', 'operator-policies/shop/deleted'],
  [
    ...(['PUT', 'parameters/federation-upstream/shop/changed'] as const),
    { value: { uri: `amqp://u:${SECRET}@127.0.0.1:1`, 'max-hops': 1 } },
  ],
  ['DELETE', 'parameters/federation-upstream/shop/deleted'],
  ['DELETE', 'vhosts/gone'],
  ['PUT', 'users/changed-g1', { password: SECRET, tags: 'monitoring,management' }],
  ['PUT', 'user-limits/changed-g1/max-connections', { value: 8 }],
  ['PUT', 'permissions/shop/changed-g1', FULL],
  ['PUT', 'topic-permissions/shop/changed-g1', { exchange: 'amq.topic', write: '.*', read: '^b' }],
  ['DELETE', 'users/deleted-g1'],
  ['PUT', 'users/guest', { password: 'guest', tags: 'administrator' }],
  ['PUT', 'users/warren-admin-g1', { password: SECRET, tags: 'administrator' }],
];

/** By type, and by logical name with what the preview says about it. */
const EXPECTED: readonly (readonly [type: string, name: string, operation: '~' | '+-'])[] = [
  ['warren:index:GlobalParameter', 'changed', '~'],
  ['warren:index:GlobalParameter', 'deleted', '~'],
  ['warren:index:VhostSettings', 'shop', '~'],
  ['warren:index:VhostLimits', 'shop', '~'],
  ['rabbitmq:index:Exchange', 'shop/changed', '+-'],
  ['rabbitmq:index:Exchange', 'shop/deleted', '~'],
  ['rabbitmq:index:Queue', 'shop/changed', '+-'],
  ['rabbitmq:index:Queue', 'shop/deleted', '~'],
  ['rabbitmq:index:Queue', 'gone/in-it', '~'],
  ['rabbitmq:index:Binding', 'shop/amq.topic/queue/kept/deleted.%23', '~'],
  ['rabbitmq:index:Binding', 'shop/deleted/queue/kept/goes.with.its.exchange', '~'],
  ['rabbitmq:index:Policy', 'shop/changed', '~'],
  ['rabbitmq:index:Policy', 'shop/deleted', '~'],
  ['rabbitmq:index:OperatorPolicy', 'shop/changed', '~'],
  ['rabbitmq:index:OperatorPolicy', 'shop/deleted', '~'],
  ['warren:index:Parameter', 'shop/federation-upstream/changed', '~'],
  ['warren:index:Parameter', 'shop/federation-upstream/deleted', '~'],
  ['rabbitmq:index:VHost', 'gone', '~'],
  ['rabbitmq:index:User', 'changed-g1', '~'],
  ['rabbitmq:index:User', 'deleted-g1', '~'],
  ['warren:index:UserLimits', 'changed-g1', '~'],
  ['warren:index:UserLimits', 'deleted-g1', '~'],
  ['rabbitmq:index:Permissions', 'shop/changed-g1', '~'],
  ['rabbitmq:index:Permissions', 'shop/deleted-g1', '~'],
  ['rabbitmq:index:TopicPermissions', 'shop/changed-g1', '~'],
  ['rabbitmq:index:TopicPermissions', 'shop/deleted-g1', '~'],
  ['warren:index:AbsentUser', 'guest', '~'],
  ['warren:index:Admin', 'warren-admin-g1', '~'],
];

withOldestAndNewestBroker('drift', (rig) => {
  const broker = brokerOf(rig);
  let workspace: PulumiWorkspace;
  let proxy: InterceptingProxy;

  beforeAll(async () => {
    await resetBroker(rig);
    proxy = await InterceptingProxy.start(rig.managementPort);
    workspace = new PulumiWorkspace({ stack: 'test' });
    const file = path.join(workspace.folder, 'shop.yaml');
    fs.writeFileSync(file, topology(rig.version));
    await workspace.initWithSeed({
      topology: file,
      target: rig.version,
      endpoint: `http://127.0.0.1:${proxy.port}`,
      bootstrapUsername: rig.username,
    });
    await mustRun(workspace.run(['config', 'set', '--secret', 'bootstrapPassword', rig.password]));
    await mustRun(workspace.up());
    await allowRigUser(rig, 'shop');
  });
  afterAll(async () => {
    await proxy.stop();
    workspace.dispose();
  });

  it('a refresh, and an `up` that changes nothing, ask for as much as ten requests per provider and login', async () => {
    const requestsOf = async (run: Promise<PulumiRun>): Promise<readonly string[]> => {
      const before = proxy.requests.length;
      const result = await mustRun(run);
      expectNoChange(result);
      return proxy.requests.slice(before);
    };
    for (const run of [() => workspace.refresh(), () => workspace.up()]) {
      const requests = await requestsOf(run());
      expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
      expect(requests.filter((request) => request.endsWith('/whoami'))).toHaveLength(2);
      expect(requests).toHaveLength(22);
    }
  });

  it('is shown by a preview, object by object, and put right by `up`', async () => {
    const intended = await allObjects(broker);
    for (const [method, apiPath, body] of BY_HAND) await callManagement(rig, method, apiPath, body);
    const guest = await connectAs(rig, { username: 'guest', password: 'guest' }, 'shop');
    expect(await allObjects(broker)).not.toEqual(intended);
    const changed = await allObjects(broker);

    // The administrator first: nobody else gets in through the rabbitmq provider before.
    const blind = await mustRun(workspace.preview('--json'));
    expect(stepsOf(blind).filter(([type]) => type === 'warren:index:Admin')).toHaveLength(1);
    await callManagement(rig, 'PUT', 'users/warren-admin-g1', await adminPassword(workspace));

    const preview = await mustRun(workspace.preview('--json'));
    const expected = EXPECTED.filter(([type]) => type !== 'warren:index:Admin');
    expect(stepsOf(preview).sort()).toEqual([...expected].sort());
    expect(preview.output).not.toContain(SECRET);
    expect(preview.output).toContain('drift');
    expect(preview.output).toMatch(
      /guest has 1 connection \(.* An `up` deletes the user and cuts them off\./,
    );
    expect(await allObjects(broker)).not.toEqual(intended);

    await callManagement(rig, 'PUT', 'users/warren-admin-g1', { password: SECRET, tags: 'administrator' });
    expect(await allObjects(broker)).toEqual(changed);
    const up = await mustRun(workspace.up('--diff'));
    expect(up.output).not.toContain(SECRET);
    expect(up.output).toMatch(/guest has 1 connection \(.* they were cut off/);
    await guest();
    expect(await allObjects(broker)).toEqual(intended);
    const again = await mustRun(workspace.up());
    expectNoChange(again);
    expect(again.output).not.toContain('drift');
  });

  it('is found by a refresh too, after which `up` says it once', async () => {
    const intended = await allObjects(broker);
    await callManagement(rig, 'PUT', 'policies/shop/changed', {
      pattern: '^x$',
      definition: { 'max-length': 5 },
    });
    await callManagement(rig, 'DELETE', 'policies/shop/deleted');
    const refresh = await mustRun(workspace.refresh());
    expect(refresh.output).toMatch(/~ 1 updated/);
    expect(refresh.output).toMatch(/- 1 deleted/);
    const up = await mustRun(workspace.up());
    expect(up.output).toMatch(/~ 1 updated/);
    expect(up.output).toMatch(/\+ 1 created/);
    expect(up.output).not.toContain('drift');
    expect(await allObjects(broker)).toEqual(intended);
  });

  it('what the topology does not know is listed after `warren refresh`, and left alone', async () => {
    const clean = await mustRun(workspace.warren('refresh', '--yes', '--skip-preview'));
    expect(clean.stdout).toMatch(
      /Unmanaged: on .*\n {2}vhosts \(1\): '\/'\n {2}users \(1\): 'warren-test-rig'\n$/,
    );
    const queue = { durable: true, auto_delete: false, arguments: {} };
    await callManagement(rig, 'PUT', 'queues/shop/by%20hand', queue);
    await callManagement(rig, 'PUT', 'queues/shop/celery_delayed_3', queue);
    await callManagement(rig, 'POST', 'bindings/shop/e/amq.topic/q/kept', { routing_key: 'by.hand' });
    const before = await allObjects(broker);
    const listed = await mustRun(workspace.warren('refresh', '--yes', '--skip-preview'));
    expect(listed.stdout).toContain("\n  queues (1): 'by hand@shop'\n");
    expect(listed.stdout).toContain("\n  bindings (1): 'amq.topic → kept [by.hand]@shop'\n");
    expect(listed.stdout).toContain('Left to those who make them: Celery: 1.');
    const forPrograms = await mustRun(workspace.warren('refresh', '--yes', '--skip-preview', '--json'));
    expect(forPrograms.stdout).toMatch(/^\{/);
    expect(forPrograms.stdout).not.toContain('Unmanaged');
    expect(forPrograms.output).toContain("\n  queues (1): 'by hand@shop'\n");
    expectNoChange(await mustRun(workspace.up()));
    expect(await allObjects(broker)).toEqual(before);
  });

  it('is not looked for by a preview that reaches no broker, which says so once', async () => {
    workspace.setConfig({ endpoint: `http://127.0.0.1:${await closedPort()}` });
    const preview = await mustRun(workspace.preview());
    // The display writes every message twice: as it comes, and at the end.
    const diagnostics = preview.output.slice(preview.output.indexOf('Diagnostics:'));
    expect(diagnostics.match(/drift: not checked/g)).toHaveLength(1);
    expect(preview.output).toContain('nothing accepts connections there');
    // It would say that nothing is to change, and a job that runs it would succeed.
    const up = await workspace.up();
    expect(up.exitCode, up.output).not.toBe(0);
    expect(up.output).toContain('nothing accepts connections there');
    workspace.setConfig({ endpoint: `http://127.0.0.1:${proxy.port}` });
    await mustRun(workspace.up());
    expectNoChange(await mustRun(workspace.up()));
  });
});

async function mustRun(run: Promise<PulumiRun>): Promise<PulumiRun> {
  const result = await run;
  expect(result.exitCode, result.output).toBe(0);
  return result;
}

interface Step {
  readonly op: string;
  readonly urn: string;
}

/** What a preview would do, without what stays as it is. */
function stepsOf(preview: PulumiRun): [type: string, name: string, operation: string][] {
  const { steps } = JSON.parse(preview.stdout) as { readonly steps: readonly Step[] };
  const OPERATIONS: Readonly<Record<string, string>> = {
    update: '~',
    replace: '+-',
    create: '+',
    delete: '-',
  };
  return steps.flatMap(({ op, urn }) => {
    const [, , types = '', ...name] = urn.split('::');
    const type = (types.split('$').at(-1) ?? '').replace(/:index\/\w+:/, ':index:');
    const operation = OPERATIONS[op];
    return operation === undefined ? [] : [[type, name.join('::'), operation]];
  });
}

/** All that the stack may have made, users with their passwords' hashes left out, since these have a salt. */
async function allObjects(broker: Broker): Promise<readonly string[]> {
  const snapshot = await readSnapshot(broker);
  return snapshot.objects().map(canonicalJson).sort();
}

async function adminPassword(workspace: PulumiWorkspace): Promise<{ password: string; tags: string }> {
  const { admin } = (await workspace.outputs()) as { admin: { password: string } };
  return { password: admin.password, tags: 'administrator' };
}
