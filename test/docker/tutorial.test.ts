/** The production stack of docs/tutorial.md, as its reader types it, in a clone of the checkout. */
import * as crypto from 'node:crypto';
import * as path from 'node:path';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { path as urlPath } from '../../dockerApi/transport';
import { findFreePorts } from '../../tools/freePort';
import { commandBlocks } from '../docs/pages';
import { partsOf, PRODUCTION, TUTORIAL, writeFilesOf } from '../docs/tutorialParts';
import { Reader } from '../docs/reader';
import { copyCheckout } from '../rigs/checkoutCopy';
import { callManagement, canLogIn } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';
import { dockerEngine, dockerObstacle, titled } from './scratch';
import { clear, leftOf } from './stack';

const STACK = 'shop-production';
const CLUSTER = 'cluster: { memory: 2GiB }';
const obstacle = dockerObstacle() ?? missingEngine();

describe.skipIf(obstacle !== undefined)(titled('the production stack of the tutorial'), () => {
  const engine = dockerEngine();
  const stack = `t${crypto.randomBytes(4).toString('hex')}`;
  const offline = path.resolve(__dirname, '../../provider/offline');
  const reader = new Reader({
    DOCKER_HOST: inject('dockerHost'),
    PATH: [inject('engineFolder'), process.env.PATH ?? '', offline].join(path.delimiter),
  });
  const { folder } = reader;
  let ports: readonly number[];
  let here: Readonly<Record<string, string>>;

  beforeAll(async () => {
    ports = await findFreePorts(2);
    const [amqpsPort = 0, managementPort = 0] = ports;
    const { rabbitmq, haproxy } = inject('images');
    const images = `image: '${rabbitmq['4.3']}', haproxyImage: '${haproxy}'`;
    here = {
      [CLUSTER]: `cluster: { memory: 2GiB, ${images}, amqpsPort: ${amqpsPort}, managementPort: ${managementPort} }`,
      // Its names are the stack's; another run may be under way on the same Docker host.
      [STACK]: stack,
      '127.0.0.1:5671': `127.0.0.1:${amqpsPort}`,
    };
    copyCheckout(folder.path);
    const shop = partsOf(TUTORIAL).find(({ heading }) => heading.startsWith('3.'))?.heading ?? '';
    writeFilesOf(folder, shop);
    writeFilesOf(folder, PRODUCTION, here);
  });
  afterAll(async () => {
    await clear(engine, `warren-${stack}`);
    reader.dispose();
  });

  const blocks = partsOf(TUTORIAL).find(({ heading }) => heading === PRODUCTION)?.blocks ?? [];
  const [ending] = blocks.slice(-1);

  it('comes up with TLS and without guest, by what the page says', async () => {
    for (const block of blocks.slice(0, -1)) await folder.follow(block, { here });
    const outputs = await folder.bash(`npx warren output --stack ${stack} --show-secrets --json`);
    const { ca, users } = JSON.parse(outputs.output.slice(outputs.output.indexOf('{'))) as {
      ca: string;
      users: Record<string, { username: string; password: string }>;
    };
    const { username = '', password = '' } = users.shop ?? {};
    const connection = await connect(
      { protocol: 'amqps', hostname: '127.0.0.1', port: ports[0] ?? 0, username, password, vhost: 'shop' },
      { ca: [ca], servername: 'localhost' },
    );
    const channel = await connection.createConfirmChannel();
    channel.publish('events', 'order.paid', Buffer.from('the first one'), { persistent: true });
    await channel.waitForConfirms();
    await connection.close();
    const guest = { managementPort: ports[1] ?? 0, username: 'guest', password: 'guest' };
    expect(await canLogIn(guest)).toBe(false);
  });

  it('gets a node back that was lost with its volume, by what docs/runbooks.md says', async () => {
    const lost = `warren-${stack}-rabbitmq-3`;
    const remove = (kind: string, query = {}): Promise<unknown> =>
      engine.ask({ method: 'DELETE', path: urlPath(kind, lost), query, action: 'lose a node' });
    await remove('containers', { force: true });
    await remove('volumes');
    const block = commandBlocks('docs/runbooks.md').find(({ text }) =>
      text.includes('makes what is missing, one'),
    );
    if (block === undefined) throw new Error('docs/runbooks.md has no such block');
    await folder.follow(block, { here: { '--stack production': `--stack ${stack}` } });
    const outputs = await folder.bash(`npx warren output --stack ${stack} --show-secrets --json`);
    const { admin } = JSON.parse(outputs.output.slice(outputs.output.indexOf('{'))) as {
      admin: { username: string; password: string };
    };
    const login = { managementPort: ports[1] ?? 0, ...admin };
    const running = async (): Promise<readonly string[]> =>
      (await callManagement<{ name: string; running: boolean }[]>(login, 'GET', 'nodes'))
        .filter((node) => node.running)
        .map(({ name }) => name);
    await expect.poll(running).toHaveLength(3);
    const online = async (): Promise<readonly string[]> =>
      (await callManagement<{ online: string[] }>(login, 'GET', 'queues/shop/orders')).online;
    await expect.poll(online).toHaveLength(3);
  });

  it('goes without a trace, by what the page says', async () => {
    if (ending === undefined) throw new Error('the page has no last block');
    await folder.follow(ending, { here });
    expect(await leftOf(engine, `warren-${stack}`)).toEqual([]);
  });
});
