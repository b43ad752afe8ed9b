/** The command blocks that are typed as they stand in a clone of the checkout, beside a broker: in this order. */
import { expect } from 'vitest';
import { endpointOf } from '../broker/realBroker';
import { allowRigUser, resetBroker, type TestBroker } from '../rigs/brokers';
import { callManagement, canLogIn } from '../rigs/management';
import type { Circumstances, PageFolder } from './folder';
import { PASSPHRASE } from './reader';
import { textIn } from './scenes';

export interface BrokerScene extends Omit<Circumstances, 'here'> {
  readonly before?: (folder: PageFolder, broker: TestBroker) => Promise<void>;
  /** Whether it has done what the page says. */
  readonly after?: (broker: TestBroker) => Promise<void>;
}

/** What stands in the pages in place of the broker's address. */
export function here(broker: TestBroker, home: string): Readonly<Record<string, string>> {
  const endpoint = endpointOf(broker);
  return {
    // It goes by the machine's list of users, and not by HOME.
    'pulumi login --local': `pulumi login file://${home}`,
    'http://127.0.0.1:15672': endpoint,
    'https://rabbitmq.example.com:15671': endpoint,
    'http://rabbit-1:15672': endpoint,
    'http://rabbit-2:15672': endpoint,
    'RABBITMQ_PASSWORD=…': `RABBITMQ_PASSWORD=${ADMIN_PASSWORD}`,
    // The stack that is there.
    '--stack production': '--stack prod',
    'rm production': 'rm prod',
    // The reader's, in whose environment the next blocks are typed as well.
    'another one, kept where it is not lost': PASSPHRASE,
    'bootstrapUsername rescue': `bootstrapUsername ${ADMIN}`,
    // The rig's own user is there, too.
    "users (1): 'somebody'": `users (2): 'somebody', '${broker.username}'`,
    "  users (1): 'admin'": `  users (2): 'admin', '${broker.username}'`,
  };
}

const ADMIN = 'admin';
const ADMIN_PASSWORD = 'of somebody who made it by hand'.replaceAll(' ', '-');

const put = (broker: TestBroker, target: string, body: unknown): Promise<unknown> =>
  callManagement(broker, 'PUT', target, body);

/** The topology of the README. */
function writeShop(folder: PageFolder): void {
  folder.write({ 'shop.yaml': textIn('README.md', "target: '4.3'") });
}

async function mustDo(folder: PageFolder, script: string): Promise<void> {
  const { exitCode, output } = await folder.bash(script);
  if (exitCode !== 0) throw new Error(`${script}\n${output}`);
}

/** Another one in every way than the topology of the README. */
async function makeByHand(broker: TestBroker): Promise<void> {
  const everything = { configure: '.*', write: '.*', read: '.*' };
  await put(broker, 'vhosts/shop', {});
  for (const [user, tags] of [
    [ADMIN, 'administrator'],
    ['shop', ''],
  ] as const) {
    await put(broker, `users/${user}`, { password: ADMIN_PASSWORD, tags });
    await put(broker, `permissions/shop/${user}`, everything);
  }
  await put(broker, 'vhost-limits/shop/max-connections', { value: 7 });
  await allowRigUser(broker, 'shop');
  await put(broker, 'exchanges/shop/orders', { type: 'topic', durable: true });
  const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
  await put(broker, 'queues/shop/paid', quorum);
  await put(broker, 'queues/shop/failed', { durable: true, arguments: { 'x-max-priority': 2 } });
  await callManagement(broker, 'POST', 'bindings/shop/e/orders/q/paid', { routing_key: 'order.paid.*' });
  const policy = { pattern: '^paid$', 'apply-to': 'queues', definition: { 'max-length': 10_000 } };
  await put(broker, 'policies/shop/paid', policy);
}

const STACKS = 'docs/stacks.md';
const RUNBOOKS = 'docs/runbooks.md';
const GUEST = { username: 'guest', password: 'guest' };

/** For one that begins with a long line. */
function firstLineOf(word: string): string {
  return `${RUNBOOKS}: ${textIn(RUNBOOKS, word).split('\n')[0] ?? ''}`;
}

/** By `nameOf` a block. */
export const BROKER_SCENES: Readonly<Record<string, BrokerScene>> = {
  'README.md: npx warren import definitions.json --output shop.yaml   # rabbitmqctl export_definitions, or /api/definitions; RabbitMQ 3.8 to 4.3':
    {
      before: async (folder, broker) => {
        await put(broker, 'vhosts/shop', {});
        await allowRigUser(broker, 'shop');
        await put(broker, 'queues/shop/paid', { durable: true, arguments: {} });
        const definitions = await callManagement(broker, 'GET', 'definitions');
        folder.write({ 'definitions.json': JSON.stringify(definitions) });
      },
    },
  "README.md: npx warren setup                                   # Pulumi's engine, if there is none; says how plain pulumi finds it":
    {
      before: async (folder, broker) => {
        await callManagement(broker, 'DELETE', 'vhosts/shop');
        writeShop(folder);
      },
    },
  [`${STACKS}: npx warren init --stack dev --topology shop.yaml --endpoint http://127.0.0.1:15672   # its settings, with a seed`]:
    {},
  [`${STACKS}: $ npx warren preview --stack dev`]: {
    before: async (_, broker) => {
      const target = 'policies/shop/warren.paid';
      const policy = await callManagement<{ definition: object }>(broker, 'GET', target);
      await put(broker, target, { ...policy, definition: { ...policy.definition, 'max-length': 5 } });
      await allowRigUser(broker, 'shop');
      await callManagement(broker, 'DELETE', 'queues/shop/failed');
    },
  },
  [`${STACKS}: $ npx warren refresh --stack dev`]: {
    before: async (_, broker) => {
      await put(broker, 'users/somebody', { password: ADMIN_PASSWORD, tags: '' });
      for (const name of ['old', 'try', 'basket:1', 'basket:2', 'celeryev.one']) {
        await put(broker, `queues/shop/${encodeURIComponent(name)}`, { durable: true, arguments: {} });
      }
    },
  },
  [`${STACKS}: $ npx warren import --adopt --stack prod`]: {
    before: async (folder, broker) => {
      await resetBroker(broker);
      await makeByHand(broker);
      writeShop(folder);
      folder.edit('shop.yaml', { '      failed:': '      failed: { priorities: 5 }' });
      await mustDo(
        folder,
        `npx warren init --stack prod --topology shop.yaml --endpoint ${endpointOf(broker)}`,
      );
    },
  },
  [`${STACKS}: export RABBITMQ_USERNAME=admin RABBITMQ_PASSWORD=…            # for \`import live:\``]: {
    typed: ADMIN_PASSWORD,
    before: (folder) => mustDo(folder, 'rm shop.yaml'),
  },
  [firstLineOf('passwords[')]: {},
  [`${STACKS}: pulumi config rm endpoint --stack prod   # in its place the nodes of a cluster, tried in turn; the one that works is kept`]:
    {},
  [`${RUNBOOKS}: npx warren preview --stack production   # which node is down, and what waits for it`]: {},
  [`${RUNBOOKS}: npx warren preview --stack production   # no change`]: {},
  [`${RUNBOOKS}: npx warren init --stack production`]: {
    before: (folder) => mustDo(folder, 'rm --recursive "${PULUMI_BACKEND_URL#file://}/.pulumi/stacks"'),
    after: (broker) => hasQueue(broker, 'paid'),
  },
  [`${RUNBOOKS}: npx warren up --stack production   # compares with the broker, and makes what is missing`]: {
    before: async (_, broker) => {
      await resetBroker(broker);
      await put(broker, `users/${ADMIN}`, { password: ADMIN_PASSWORD, tags: 'administrator' });
    },
    after: (broker) => hasQueue(broker, 'paid'),
  },
  [`${RUNBOOKS}: export PULUMI_CONFIG_PASSPHRASE='another one, kept where it is not lost'`]: {
    typed: ADMIN_PASSWORD,
    before: async (_, broker) => {
      await callManagement(broker, 'DELETE', 'users/warren-admin-g1');
    },
    after: async (broker) => {
      await hasQueue(broker, 'paid');
      const users = await callManagement<{ name: string }[]>(broker, 'GET', 'users');
      expect(users.map(({ name }) => name)).toContain('warren-admin-g1');
    },
  },
  [`${RUNBOOKS}: curl --fail --silent --user "$RABBITMQ_USERNAME:$RABBITMQ_PASSWORD" http://127.0.0.1:15672/api/definitions > before.json`]:
    {
      before: async (_, broker) => {
        await resetBroker(broker);
        await makeByHand(broker);
      },
    },
  [`${RUNBOOKS}: pulumi config set topology before.yaml --stack production`]: {
    after: async (broker) => {
      expect(await canLogIn({ ...broker, ...GUEST })).toBe(false);
    },
  },
  [`${RUNBOOKS}: login=$(npx warren output admin --stack production --show-secrets --json | node -pe 'const { username, password } = JSON.parse(fs.readFileSync(0)); \`\${username}:\${password}\`')`]:
    {
      after: async (broker) => {
        expect(await canLogIn({ ...broker, ...GUEST })).toBe(true);
        const policies = await callManagement<{ name: string }[]>(broker, 'GET', 'policies/shop');
        expect(policies.map(({ name }) => name)).toContain('paid');
        await hasQueue(broker, 'failed');
      },
    },
};

async function hasQueue(broker: TestBroker, queue: string): Promise<void> {
  const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop');
  expect(queues.map(({ name }) => name)).toContain(queue);
}
