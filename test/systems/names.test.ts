/**
 * Any name that RabbitMQ takes, in every kind of object: created, refreshed, changed, imported by its id into another
 * stack, and deleted. One stack holds all of them.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSnapshot, type Snapshot } from '../../broker/snapshot';
import { identityKey } from '../../topology/objects';
import { brokerOf, endpointOf } from '../broker/realBroker';
import { resetBroker, withBroker, type TestBroker } from '../rigs/brokers';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { smallProject, type SmallProject } from '../rigs/project';
import { expectNoChange } from './systemStack';

const NAMES: readonly string[] = [
  'a/b',
  '/',
  'a@b@c',
  '@',
  '%',
  '%2F',
  '100%25',
  'a#b?c=d&e+f',
  ' in spaces ',
  'Grüße, straße',
  '😀 👩‍👩‍👧',
  `"double" and 'single'`,
  'back\\slash\\',
  'two\nlines',
  'a:b::c',
  '..hidden',
  '*',
  '{"json": [1]}',
  'x'.repeat(255),
  `${'ü'.repeat(127)}x`,
];

/** Everything lives in this one, beside a vhost of each name. */
const VHOST = 'home@/%2F ü#';

/** The classes of the SDK would do the same; this way the ids can be given for the import. */
const PROGRAM = `
const pulumi = require('@pulumi/pulumi');
const { endpoint, username, password, vhost, names, version, ids } = JSON.parse(process.env.TEST_PROGRAM);
const settings = { endpoint, username, password: pulumi.secret(password) };
const rabbitmq = new pulumi.ProviderResource('rabbitmq', 'rabbitmq', settings);
const warren = new pulumi.ProviderResource('warren', 'warren', settings);
const make = (type, kind, index, inputs, dependsOn = [], more = {}) => {
  const provider = type.startsWith('warren') ? warren : rabbitmq;
  const name = kind + '-' + index;
  const imported = ids === undefined ? {} : { import: ids[name] };
  return new pulumi.CustomResource(type, name, inputs, { provider, dependsOn, ...more, ...imported });
};
const table = { arguments: { note: 'n/%@' } };
const home = make('rabbitmq:index/vHost:VHost', 'home', 0, { name: vhost });
/** RabbitMQ takes line breaks out of the names of queues and exchanges. */
function inAndOut(name, index, here, user) {
  const exchange = make('rabbitmq:index/exchange:Exchange', 'exchange', index, { ...here, settings: { type: 'topic', durable: true } }, [home]);
  const queue = make('rabbitmq:index/queue:Queue', 'queue', index, { ...here, settings: { durable: true, ...table } }, [home]);
  const ends = { vhost, source: name, destination: name };
  make('rabbitmq:index/binding:Binding', 'binding', index, { ...ends, destinationType: 'queue', routingKey: name, ...table }, [exchange, queue]);
  make('rabbitmq:index/binding:Binding', 'plain', index, { ...ends, destinationType: 'exchange', routingKey: name }, [exchange, queue]);
  const topic = [{ exchange: name, write: '^' + version, read: '' }];
  make('rabbitmq:index/topicPermissions:TopicPermissions', 'topic', index, { user: name, vhost, permissions: topic }, [exchange, user]);
}
names.forEach((name, index) => {
  const here = { name, vhost };
  const own = make('rabbitmq:index/vHost:VHost', 'vhost', index, { name });
  const userSettings = { name, password: pulumi.secret('p'), tags: version === 1 ? ['monitoring'] : ['management'] };
  const user = make('rabbitmq:index/user:User', 'user', index, userSettings, [], { ignoreChanges: ids && ['password'] });
  if (!name.includes('\\n')) inAndOut(name, index, here, user);
  const policy = { pattern: '^none$', applyTo: 'queues', priority: version, definition: { 'max-length': 5 } };
  make('rabbitmq:index/policy:Policy', 'policy', index, { ...here, policy }, [home]);
  make('rabbitmq:index/operatorPolicy:OperatorPolicy', 'operator', index, { ...here, policy }, [home]);
  const permissions = { configure: '^' + version, write: '', read: '' };
  make('rabbitmq:index/permissions:Permissions', 'permissions', index, { user: name, vhost, permissions }, [home, user]);
  make('warren:index:VhostSettings', 'settings', index, { vhost: name, description: name + version }, [own]);
  make('warren:index:VhostLimits', 'vhostLimits', index, { vhost: name, maxQueues: version }, [own]);
  make('warren:index:UserLimits', 'userLimits', index, { user: name, maxChannels: version }, [user]);
  const valueJson = JSON.stringify({ uri: 'amqp://127.0.0.1:1', 'max-hops': version });
  make('warren:index:Parameter', 'parameter', index, { vhost, component: 'federation-upstream', name, valueJson }, [home]);
  make('warren:index:GlobalParameter', 'global', index, { name, valueJson });
});
`;

/** Of the parts of an identity. */
const SEPARATOR = '\u0000';

interface Exported {
  readonly deployment: { readonly resources: readonly { readonly urn: string; readonly id?: string }[] };
}

withBroker('hostile names', hostileNames, ['4.3']);

function hostileNames(rig: TestBroker): void {
  const broker = brokerOf(rig);
  let project: SmallProject;
  let first: PulumiWorkspace;
  let second: PulumiWorkspace;
  let before: readonly string[];
  const created = NAMES.length * 15 - 5;
  // Of each name: user, two policies, permissions twice, settings, limits twice, parameters twice.
  const updated = NAMES.length * 10 - 1;
  const names = NAMES;

  const run = async (
    workspace: PulumiWorkspace,
    args: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<PulumiRun> => {
    const { username, password } = rig;
    const values = {
      endpoint: endpointOf(rig),
      username,
      password,
      vhost: VHOST,
      names,
      version: 1,
      ...more,
    };
    return workspace.run(args, { TEST_PROGRAM: JSON.stringify(values), ...WITHOUT_CHECKPOINTS });
  };
  const mustRun = async (...args: Parameters<typeof run>): Promise<PulumiRun> => {
    const result = await run(...args);
    expect(result.exitCode, result.output.slice(-5_000)).toBe(0);
    return result;
  };
  const keysOf = (snapshot: Snapshot): string[] => snapshot.objects().map(identityKey).sort();

  beforeAll(async () => {
    await resetBroker(rig);
    project = smallProject(PROGRAM);
    first = new PulumiWorkspace({ stack: 'first', projectFolder: project.folder });
    second = new PulumiWorkspace({ stack: 'second', projectFolder: project.folder });
    for (const workspace of [first, second]) expect(await workspace.init()).toMatchObject({ exitCode: 0 });
    before = keysOf(await readSnapshot(broker));
  });
  afterAll(() => {
    first.dispose();
    second.dispose();
    project.dispose();
  });

  it('are created, and found again by `up` and by a refresh', async () => {
    const made = await mustRun(first, ['up', '--yes', '--skip-preview']);
    expect(made.output).toContain(`+ ${created + 4} created`);
    const snapshot = await readSnapshot(broker);
    for (const name of names) {
      const common = { vhost: VHOST, name, durable: true, autoDelete: false, arguments: {} };
      const queue = snapshot.find({ kind: 'queue', ...common });
      if (!name.includes('\n')) expect(queue, name).toMatchObject({ name });
      expect(snapshot.find({ kind: 'vhost', name }), name).toMatchObject({ description: `${name}1` });
    }
    expectNoChange(await mustRun(first, ['up', '--yes']));
    expectNoChange(await mustRun(first, ['refresh', '--yes', '--skip-preview']));
  });

  it('with line breaks are refused where RabbitMQ would take them out', async () => {
    const source = PROGRAM.replace("if (!name.includes('\\n'))", '');
    const other = smallProject(source);
    const workspace = new PulumiWorkspace({ stack: 'lines', projectFolder: other.folder });
    try {
      expect(await workspace.init()).toMatchObject({ exitCode: 0 });
      const result = await run(workspace, ['preview'], { names: ['two\nlines'] });
      expect(result.exitCode).not.toBe(0);
      expect(result.output).toContain('has a line break, which RabbitMQ would take out of it');
    } finally {
      workspace.dispose();
      other.dispose();
    }
  });

  it('are changed', async () => {
    const changed = await mustRun(first, ['up', '--yes', '--skip-preview'], { version: 2 });
    expect(changed.output).toContain(`~ ${updated} updated`);
    expectNoChange(await mustRun(first, ['up', '--yes', '--skip-preview'], { version: 2 }));
  });

  it('are imported by their ids', async () => {
    const exported = await mustRun(first, ['stack', 'export', '--stack', 'first']);
    const { deployment } = JSON.parse(exported.stdout) as Exported;
    const ids = Object.fromEntries(
      deployment.resources.map(({ urn, id }) => [urn.split('::').slice(3).join('::'), id]),
    );
    const imported = await mustRun(second, ['up', '--yes', '--skip-preview'], { version: 2, ids });
    expect(imported.output).toContain(`= ${created + 1} imported`);
    expectNoChange(await mustRun(second, ['up', '--yes', '--skip-preview'], { version: 2, ids }));
  });

  it('are deleted', async () => {
    await mustRun(first, ['destroy', '--yes', '--skip-preview']);
    const left = keysOf(await readSnapshot(broker));
    // The vhost / was adopted, and goes with the rest.
    expect(left).toEqual(before.filter((key) => !key.split(SEPARATOR).includes('/')));
    for (const name of names) {
      expect(left.filter((key) => key.split(SEPARATOR).includes(name))).toEqual([]);
    }
  });
}

const WITHOUT_CHECKPOINTS = { PULUMI_EXPERIMENTAL: 'true', PULUMI_SKIP_CHECKPOINTS: 'true' };

withBroker(
  'names that no URL can hold',
  (rig) => {
    it.each(['.', '..'])('"%s" is refused with a reason, whatever is called so', async (name) => {
      const project = smallProject(PROGRAM);
      const workspace = new PulumiWorkspace({ stack: 'dots', projectFolder: project.folder });
      try {
        expect(await workspace.init()).toMatchObject({ exitCode: 0 });
        const { username, password } = rig;
        const values = {
          endpoint: endpointOf(rig),
          username,
          password,
          vhost: 'dots',
          names: [name],
          version: 1,
        };
        const env = { TEST_PROGRAM: JSON.stringify(values) };
        const result = await workspace.run(['up', '--yes', '--skip-preview', '--continue-on-error'], env);
        expect(result.exitCode).not.toBe(0);
        const refusals = result.output.match(/management API can't address anything named/g) ?? [];
        expect(refusals.length).toBeGreaterThan(5);
        expect(await workspace.run(['destroy', '--yes', '--skip-preview'], env)).toMatchObject({
          exitCode: 0,
        });
      } finally {
        workspace.dispose();
        project.dispose();
      }
    });
  },
  ['4.3'],
);
