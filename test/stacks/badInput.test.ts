/** What a user can get wrong, through plain `pulumi up`: one clear message, no stack trace, nothing done. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resetBroker, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';

const GOOD = `warren: 1
vhosts:
  shop:
    exchanges:
      orders: { type: topic }
    queues:
      paid:
        ttl: 2h
        deadLetter: { queue: dead }
        bindings: [{ exchange: orders, routingKey: order.paid }]
      dead:
users:
  shop:
    permissions: { shop: { read: '^paid$' } }
workers:
  paid: { vhost: shop, user: shop, queues: [paid] }
`;

interface Fault {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Line of the finding, and words that must be in the message. */
  readonly line: number;
  readonly words: readonly RegExp[];
}

const FAULTS: readonly Fault[] = [
  { name: 'broken YAML', from: '{ type: topic }', to: '{ type: topic', line: 6, words: [/missing \} or \]/] },
  { name: 'an unknown key', from: 'ttl: 2h', to: 'tll: 2h', line: 8, words: [/tll/, /ttl/] },
  { name: 'a wrong type', from: 'ttl: 2h', to: 'ttl: [2h]', line: 8, words: [/ttl/, /list|sequence/i] },
  { name: 'a bad duration', from: 'ttl: 2h', to: 'ttl: 2 hours', line: 8, words: [/2 hours/, /2h/] },
  {
    name: 'a dangling dead letter queue',
    from: 'queue: dead',
    to: 'queue: daed',
    line: 9,
    words: [/daed/, /dead/],
  },
  {
    name: 'a dangling exchange',
    from: 'exchange: orders',
    to: 'exchange: order',
    line: 10,
    words: [/order/],
  },
  {
    name: 'a worker’s dangling queue',
    from: 'queues: [paid]',
    to: 'queues: [payd]',
    line: 16,
    words: [/payd/, /paid/],
  },
  { name: 'a duplicate', from: '      dead:\n', to: '      dead:\n      paid:\n', line: 12, words: [/paid/] },
];

withBroker(
  'bad input',
  (broker) => {
    let workspace: PulumiWorkspace;
    let file: string;

    beforeEach(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test' });
      file = path.join(workspace.folder, 'shop.yaml');
      fs.writeFileSync(file, GOOD);
      await workspace.initWithSeed({
        topology: file,
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
      });
    });
    afterEach(() => {
      workspace.dispose();
    });

    it('is told from good input', async () => {
      const run = await workspace.up();
      expect(run.exitCode, run.output).toBe(0);
    });

    it.each(FAULTS)('$name is shown at its line, and nothing is done', async ({ from, to, line, words }) => {
      expect(GOOD).toContain(from);
      fs.writeFileSync(file, GOOD.replace(from, to));
      const before = await callManagement(broker, 'GET', 'definitions');
      const run = await workspace.up();
      expect(run.exitCode).not.toBe(0);
      expect(run.output).toMatch(new RegExp(`shop\\.yaml:${line}:\\d+ error`));
      for (const word of words) expect(run.output).toMatch(word);
      expect(run.output).not.toMatch(/^\s+at .*:\d+:\d+/m);
      expect(await callManagement(broker, 'GET', 'definitions')).toEqual(before);
    });

    it('a topology of several files comes whole, and a missing one is named at its line', async () => {
      const overlay = path.join(workspace.folder, 'shop.production.yaml');
      fs.writeFileSync(
        overlay,
        'warren: 1\nextends: shop.yaml\nremove: { vhosts: { shop: { queues: [dead] } } }\n',
      );
      workspace.setConfig({ topology: overlay });
      const dangling = await workspace.up();
      expect(dangling.output).toMatch(
        /shop\.yaml:9:\d+ error missing-target[^]*shop\.production\.yaml makes of/,
      );
      fs.rmSync(file);
      const missing = await workspace.up();
      expect(missing.exitCode).not.toBe(0);
      expect(missing.output).toMatch(
        /shop\.production\.yaml:2:10 error unreadable-file.*there is no such file/,
      );
      fs.writeFileSync(file, GOOD);
      fs.writeFileSync(overlay, 'warren: 1\nextends: shop.yaml\nvhosts: { shop: { queues: { more: } } }\n');
      const good = await workspace.up();
      expect(good.exitCode, good.output).toBe(0);
      expect(await callManagement(broker, 'GET', 'queues/shop/more')).toMatchObject({ name: 'more' });
    });

    it.each([
      [{ cluster: { address: '0.0.0.0' } }, /AMQP is published on 0.* cross .*cluster\.plainText true/],
      [
        { cluster: {}, monitoring: { address: '::' } },
        /Grafana is published on ::.*monitoring\.plainText true/,
      ],
    ])('a production stack that would be open to the network in plain text: %j', async (docker, message) => {
      workspace.setConfig({ endpoint: '', production: true, docker });
      const run = await workspace.up();
      expect(run.exitCode).not.toBe(0);
      expect(run.output).toMatch(message);
      expect(run.output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    });

    it('a setting for experiments that those in pods would not follow', async () => {
      const there = { endpoint: 'https://broker.invalid:15671', amqp: 'amqp://broker.invalid' };
      const kubernetes = { kubeconfig: 'nowhere', workers: { '*': { image: 'paid' } } };
      workspace.setConfig({ ...there, insecure: true, kubernetes });
      const refused = await workspace.up();
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toMatch(
        /insecure has `up` accept any certificate .* cacertFile FILE --stack test/,
      );
      expect(refused.output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    });

    it.each([
      ['topology', 'nowhere.yaml', /can't read the topology nowhere\.yaml/i],
      ['endpoint', 'amqp://127.0.0.1', /scheme "amqp:"/],
      ['endpoint', 'http://guest:guest@127.0.0.1', /plain text/],
      ['endpoint', 'broker', /no URL/],
      ['target', '5.0', /5\.0/],
      ['generations', { shop: [0] }, /whole numbers from 1/],
      ['generations', { shpo: [1] }, /shpo/],
      ['seed', 'in plain text, in a file that is committed', /plain text/],
      ['logins', { partner: { username: 'shop', password: 'p' } }, /logins stands in plain text/],
      ['adminUser', 'shop', /adminUser/],
      ['scalerClientcertFile', 'a.pem', /scalerClientcertFile is for .* has neither docker nor kubernetes/],
      ['granularity', 'queue', /granularity "queue" must be "object"/],
      ['absentUser', [], /absentUser, which.*Did you mean warren:absentUsers/s],
    ])('a wrong %s in the stack’s config: %j', async (key, value, message) => {
      workspace.setConfig({ [key]: value });
      const run = await workspace.up();
      expect(run.exitCode).not.toBe(0);
      expect(run.output).toMatch(message);
      expect(run.output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    });
  },
  ['4.3'],
);
