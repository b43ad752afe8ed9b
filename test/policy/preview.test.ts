/** The policy pack in the hands of Pulumi's engine: what `pulumi preview --policy-pack` shows, and how it ends. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PulumiWorkspace, missingEngine, type PulumiRun } from '../rigs/pulumi';
import { isOlder } from '../../tools/engine/index';
import { smallProject, type SmallProject } from '../rigs/project';

const CHECKOUT = path.resolve(__dirname, '../..');
const FOLDER = path.join(CHECKOUT, 'policy');
const EXECUTABLE = path.join(FOLDER, 'pulumi-analyzer-warren');
/** The first engine that starts one. */
const EXECUTABLES_SINCE = [3, 256, 0];

/** No broker is there: a preview needs none. */
const PROGRAM = `
const pulumi = require('@pulumi/pulumi');
const rabbitmq = require('@pulumi/rabbitmq');
const provider = new rabbitmq.Provider('broker', { endpoint: 'http://127.0.0.1:1', username: 'admin', password: 'password-of-admin' });
const on = { provider };
const vhost = new rabbitmq.VHost('shop', { name: 'shop' }, on).name;
new rabbitmq.User('app', { name: 'app', password: 'password-of-app' }, on);
new rabbitmq.Permissions('app', { user: 'app', vhost, permissions: { configure: '^$', write: '^orders$', read: '^paid$' } }, on);
new rabbitmq.Exchange('orders', { name: 'orders', vhost, settings: { type: 'topic', durable: true } }, on);
const arguments = { 'x-queue-type': 'quorum' };
new rabbitmq.Queue('paid', { name: 'paid', vhost, settings: { durable: true, arguments } }, on);
new rabbitmq.Binding('paid', { vhost, source: 'orders', destination: 'paid', destinationType: 'queue', routingKey: 'order.paid' }, on);
new rabbitmq.Policy('paid', { name: 'paid', vhost, policy: { pattern: '^paid$', applyTo: 'queues', priority: 1, definition: { 'max-length': 1000 } } }, on);
if (process.env.TEST_PROGRAM === 'wrong') {
  new rabbitmq.User('guest', { name: 'guest', password: pulumi.secret('password-of-guest') }, on);
  new rabbitmq.Policy('mirrors', { name: 'mirrors', vhost, policy: { pattern: '.*', applyTo: 'queues', priority: 0, definition: { 'ha-mode': 'all' } } }, on);
  new rabbitmq.Exchange('secret', { name: 'secret', vhost, settings: { type: pulumi.secret('type-that-is-secret'), durable: true } }, on);
  new rabbitmq.Queue('events', { name: 'events', vhost, settings: {} }, on);
  new rabbitmq.Queue('later', { name: 'later', vhost, settings: { arguments: { 'x-overflow': provider.id } } }, on);
}
`;

describe.skipIf(missingEngine() !== undefined)('pulumi preview --policy-pack', () => {
  let project: SmallProject;
  let workspace: PulumiWorkspace;
  /** The executable, where the engine starts one: sooner than the folder. */
  let quickest = EXECUTABLE;

  beforeAll(async () => {
    project = smallProject(PROGRAM);
    workspace = new PulumiWorkspace({ stack: 'test', projectFolder: project.folder });
    const made = await workspace.init();
    expect(made.exitCode, made.output).toBe(0);
    const { stdout } = await workspace.run(['version']);
    if (isOlder(stdout.trim().replace(/^v/, ''), EXECUTABLES_SINCE)) quickest = FOLDER;
  });

  afterAll(() => {
    workspace.dispose();
    project.dispose();
  });

  const preview = (
    pack: string,
    program: 'right' | 'wrong',
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<PulumiRun> => {
    const file = path.join(project.folder, 'policy-config.json');
    fs.writeFileSync(file, JSON.stringify(config));
    const options = ['--policy-pack', pack, '--policy-pack-config', file];
    return workspace.run(['preview', ...options], { TEST_PROGRAM: program });
  };

  it('passes a program that is right', async () => {
    const { exitCode, output } = await preview(FOLDER, 'right');
    expect(exitCode, output).toBe(0);
    expect(output).toContain('✅ warren@v0.1.0');
    expect(output).not.toMatch(/\[(mandatory|advisory)\]/);
  });

  it('stops one that is wrong, with each finding at its resource', async () => {
    const { exitCode, output } = await preview(FOLDER, 'wrong');
    expect(exitCode, output).not.toBe(0);
    const findings = [
      ...output.matchAll(/\[(\w+)\](?: \[severity: \w+\])?  (\S+)  \(rabbitmq:index:(.*)\)/g),
    ];
    expect(findings.map(([, ...words]) => words.join(' ')).sort()).toEqual([
      'advisory transient-queue Queue: events',
      'advisory unbound-exchange Exchange: secret',
      'advisory warren Queue: later',
      'mandatory exchange-type Exchange: secret',
      'mandatory guest-user User: guest',
      'mandatory mirroring-removed Policy: mirrors',
    ]);
    expect(output).toContain('Not judged: settings.arguments.x-overflow is known only after the update.');
    expect(output).toMatch(/why: {2}Classic queue mirroring is gone since 4\.0/);
    expect(output).toMatch(/help: Make a user for each application/);
    expect(output).not.toMatch(/password-of|type-that-is-secret/);
  });

  it('takes levels and the series from its configuration', async () => {
    const { exitCode, output } = await preview(quickest, 'wrong', {
      warren: { target: '3.10', tarjet: '4.0' },
      'guest-user': 'advisory',
      'exchange-type': 'disabled',
      'transient-queue': { enforcementLevel: 'mandatory' },
    });
    expect(exitCode, output).not.toBe(0);
    expect(output).toContain('[advisory] [severity: high]  guest-user');
    expect(output).toContain('"tarjet" is no setting of warren: it has only `target`.');
    expect(output).toContain('[mandatory] [severity: medium]  transient-queue');
    expect(output).not.toMatch(/exchange-type {2}|mirroring-removed {2}/);
  });

  it('refuses a series that there isn’t', async () => {
    const { exitCode, output } = await preview(quickest, 'right', { warren: { target: '5.0' } });
    expect(exitCode, output).not.toBe(0);
    expect(output).toContain('target');
  });
});
