/**
 * docs/tutorial.md, followed by a new user in a clone of the checkout, as far as no Docker is needed: that part is
 * followed by test/docker/tutorial.test.ts, and the first block by test/quickstart.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endpointOf } from '../broker/realBroker';
import { resetBroker, withBroker, type TestBroker } from '../rigs/brokers';
import { copyCheckout } from '../rigs/checkoutCopy';
import { callManagement, canLogIn } from '../rigs/management';
import { commandBlocks } from './pages';
import { loginOf, Reader } from './reader';
import { commitAll } from './scenes';
import { OVERTURE, partsOf, PRODUCTION, TUTORIAL, writeFilesOf } from './tutorialParts';

/** What the shop has declared at its start. */
async function makeByHand(broker: TestBroker): Promise<void> {
  const post = (target: string, body: unknown): Promise<unknown> =>
    callManagement(broker, 'PUT', target, body);
  await post(`permissions/%2F/${broker.username}`, { configure: '.*', write: '.*', read: '.*' });
  await post('exchanges/%2F/events', { type: 'topic', durable: true });
  for (const queue of ['orders', 'mails']) {
    await post(`queues/%2F/${queue}`, { durable: true, arguments: {} });
    await callManagement(broker, 'POST', `bindings/%2F/e/events/q/${queue}`, { routing_key: 'order.*' });
  }
}

withBroker(
  'the tutorial',
  (broker) => {
    const reader = new Reader(loginOf(broker));
    const { folder } = reader;
    const guest = { ...broker, username: 'guest', password: 'guest' };

    beforeAll(async () => {
      copyCheckout(folder.path);
      await commitAll(folder);
      await folder.bash('git config user.name Reader; git config user.email reader@example.com');
      await resetBroker(broker);
      await makeByHand(broker);
    });
    afterAll(() => {
      reader.dispose();
    });

    it.each(partsOf(TUTORIAL).filter(({ heading }) => ![OVERTURE, PRODUCTION].includes(heading)))(
      '$heading',
      async ({ heading, blocks }) => {
        writeFilesOf(folder, heading);
        const here = {
          'http://127.0.0.1:15672': endpointOf(broker),
          // It goes by the machine's list of users, and not by HOME.
          'pulumi login --local': `pulumi login file://${reader.home}/state`,
        };
        for (const block of blocks) await folder.follow(block, { here });
      },
    );

    it('has brought the topology about, and guest is gone', async () => {
      const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop');
      expect(queues.map(({ name }) => name).sort()).toEqual(['failed', 'mails', 'orders']);
      const [policy] = await callManagement<{ definition: Record<string, unknown> }[]>(
        ...([broker, 'GET', 'policies/shop'] as const),
      ).then((all) => all.filter(({ definition }) => definition['max-length'] === 100_000));
      expect(policy?.definition['message-ttl']).toBe(4 * 3_600_000);
      expect(await canLogIn(guest)).toBe(false);
    });

    it('makes no other seed for a stack that has been up, and misses one that is not there', async () => {
      const lost = await folder.bash(
        'git checkout --quiet main -- stacks/Pulumi.dev.yaml; npx warren init --stack dev --endpoint http://other:15672',
      );
      expect(lost).toMatchObject({ exitCode: 2 });
      expect(lost.output).toMatch(/has no seed, but stack dev has been up with one: .*\(git log -p /);
      expect((await folder.bash('git diff --quiet main -- stacks/Pulumi.dev.yaml')).exitCode).toBe(0);
      const missing = await folder.bash('npx warren preview --stack nope');
      expect(missing).toMatchObject({ exitCode: 2 });
      expect(missing.output).toContain('Make it with: npx warren init --stack nope');
    });
  },
  ['4.3'],
);

it('every block of the tutorial is in one of its parts', () => {
  const inParts = partsOf(TUTORIAL).flatMap(({ blocks }) => blocks);
  expect(inParts).toEqual(commandBlocks(TUTORIAL));
  const headings = partsOf(TUTORIAL).map(({ heading }) => heading);
  expect(headings).toContain(OVERTURE);
  expect(headings).toContain(PRODUCTION);
});
