/** Upstreams, shovels and global parameters through plain `pulumi`: they work, and their passwords show nowhere. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callManagement } from '../rigs/management';
import { resetBroker, withBroker } from '../rigs/brokers';
import { PulumiWorkspace } from '../rigs/pulumi';

const topology = (amqpPort: number): string => `warren: 1
globalParameters:
  region: { name: eu, zones: [a, b] }
broker: { plugins: [rabbitmq_federation, rabbitmq_shovel] }
vhosts:
  shop:
    deletionProtection: true
    queues:
      inbox:
      outbox:
    federationUpstreams:
      partner: { uri: 'amqps://partner.example:5671/shop', user: partner, maxHops: 1 }
    federationUpstreamSets:
      everybody: [partner]
    shovels:
      move:
        source: { uri: 'amqp://127.0.0.1:${amqpPort}/shop', user: mover, queue: inbox }
        destination: { uri: ['amqp://127.0.0.1:${amqpPort}/shop'], user: mover, queue: outbox }
        reconnectDelay: 1s
users:
  mover:
    permissions: { shop: { read: '^(inbox|outbox)$', write: '^(amq\\.default|inbox|outbox)$', configure: '^(inbox|outbox)$' } }
`;
/** The stack's secrets are opened beside the rest: a preview refuses them before anything is done. */
const WITH_PREVIEW = '--skip-preview=false';
const PARTNER_PASSWORD = 'hidden/of the partner@1';

withBroker(
  'parameters in a stack',
  (broker) => {
    let workspace: PulumiWorkspace;
    let file: string;
    const printed: string[] = [];
    const run = async (command: 'up' | 'refresh' | 'preview' | 'destroy', ...args: string[]) => {
      const result = await workspace[command](...args);
      printed.push(result.output);
      return result;
    };
    const parameter = async (component: string, name: string) =>
      (
        await callManagement<{ value: Record<string, unknown> }>(
          broker,
          'GET',
          `parameters/${component}/shop/${name}`,
        )
      ).value;
    const move = async () => {
      await callManagement(broker, 'PUT', `permissions/shop/${broker.username}`, {
        configure: '',
        write: '.*',
        read: '.*',
      });
      await callManagement(broker, 'POST', 'exchanges/shop/amq.default/publish', {
        properties: {},
        routing_key: 'inbox',
        payload: 'x',
        payload_encoding: 'string',
      });
      const taken = () =>
        callManagement<unknown[]>(broker, 'POST', 'queues/shop/outbox/get', {
          count: 1,
          ackmode: 'ack_requeue_false',
          encoding: 'auto',
        });
      await expect.poll(taken, { timeout: 30_000, interval: 200 }).toMatchObject([{ payload: 'x' }]);
    };

    beforeAll(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test' });
      file = path.join(workspace.folder, 'shop.yaml');
      fs.writeFileSync(file, topology(broker.amqpPort));
      await workspace.initWithSeed({
        topology: file,
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
      });
    });
    afterAll(() => {
      workspace.dispose();
    });

    it('a login that the stack does not know is a refusal, with the way to set it', async () => {
      const before = await callManagement(broker, 'GET', 'definitions');
      const result = await run('up', WITH_PREVIEW);
      expect(result.exitCode).not.toBe(0);
      expect(result.output).toContain(
        'The federation-upstream "partner" in vhost "shop" logs in as "partner", which is neither a user of the topology',
      );
      const [, username, password] =
        /pulumi config set (--path '[^']+') USERNAME --stack test {3}and: pulumi config set (--secret --path '[^']+')/.exec(
          result.output,
        ) ?? [];
      expect(await callManagement(broker, 'GET', 'definitions')).toEqual(before);
      const set = (flags: string | undefined, value: string) =>
        workspace.run(['config', 'set', ...(flags ?? '').replaceAll("'", '').split(' '), value]);
      expect(await set(username, 'shop@eu')).toMatchObject({ exitCode: 0 });
      expect(await set(password, PARTNER_PASSWORD)).toMatchObject({ exitCode: 0 });
    });

    it('they are made, the users’ passwords in their URIs, and the shovel moves messages', async () => {
      const result = await run('up', '--diff');
      expect(result.exitCode, result.output).toBe(0);
      expect(await parameter('federation-upstream', 'partner')).toEqual({
        uri: `amqps://shop%40eu:${encodeURIComponent(PARTNER_PASSWORD)}@partner.example:5671/shop`,
        'max-hops': 1,
      });
      expect(await parameter('federation-upstream-set', 'everybody')).toEqual([{ upstream: 'partner' }]);
      expect((await parameter('shovel', 'move'))['src-uri']).toMatch(/^amqp:\/\/mover-g1:/);
      expect(await callManagement(broker, 'GET', 'global-parameters/region')).toEqual({
        name: 'region',
        value: { name: 'eu', zones: ['a', 'b'] },
      });
      await move();
      expect((await run('up', '--expect-no-changes')).exitCode).toBe(0);
    });

    it('what somebody changes is found by refresh, shown without passwords, and put right', async () => {
      const value = { ...(await parameter('shovel', 'move')), 'reconnect-delay': 77, 'src-queue': 'outbox' };
      await callManagement(broker, 'PUT', 'parameters/shovel/shop/move', { value });
      await callManagement(broker, 'DELETE', 'global-parameters/region');
      const found = await run('refresh', '--diff');
      expect(found.output).toContain('77');
      const repair = await run('up', '--diff');
      expect(repair.exitCode, repair.output).toBe(0);
      expect(await parameter('shovel', 'move')).toMatchObject({ 'reconnect-delay': 1, 'src-queue': 'inbox' });
      await callManagement(broker, 'GET', 'global-parameters/region');
    });

    it('a rotation changes the login in place, before the old user goes', async () => {
      workspace.setConfig({ generations: { mover: [1, 2] } });
      const both = await run('up', '--diff');
      expect(both.exitCode, both.output).toBe(0);
      // Readable in a review: only the passwords are hidden.
      expect(both.output).toMatch(/src-uri *: "mover-g1" => "mover-g2"/);
      expect((await parameter('shovel', 'move'))['dest-uri']).toEqual([
        expect.stringMatching(/^amqp:\/\/mover-g2:/),
      ]);
      workspace.setConfig({ generations: { mover: [2] } });
      expect((await run('up')).exitCode).toBe(0);
      await move();
    });

    it('a login that nobody uses is a refusal', async () => {
      fs.writeFileSync(file, topology(broker.amqpPort).replace(', user: partner', ''));
      const result = await run('up', WITH_PREVIEW);
      expect(result.exitCode).not.toBe(0);
      expect(result.output).toContain('logins has the name "partner", as which no upstream and no shovel');
      fs.writeFileSync(file, topology(broker.amqpPort));
    });

    it('no password is printed, or in a file', async () => {
      const outputs = (await workspace.outputs()) as { users: { mover: { password: string } } };
      const secrets = [outputs.users.mover.password, PARTNER_PASSWORD, encodeURIComponent(PARTNER_PASSWORD)];
      const files = fs
        .readdirSync(workspace.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), 'utf8'));
      expect(files.length).toBeGreaterThan(3);
      for (const text of [...printed, ...files]) {
        expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
      }
    });

    it('the protected vhost goes only with an approval', async () => {
      const refused = await run('destroy');
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain('it is protected from deletion');
      await callManagement(broker, 'GET', 'vhosts/shop');
      const approved = await workspace.run(['destroy', '--yes'], { WARREN_APPROVE: 'vhost shop' });
      expect(approved.exitCode, approved.output).toBe(0);
      await expect(callManagement(broker, 'GET', 'vhosts/shop')).rejects.toThrow(/404/);
      await expect(callManagement(broker, 'GET', 'global-parameters/region')).rejects.toThrow(/404/);
    });
  },
  ['4.3'],
);
