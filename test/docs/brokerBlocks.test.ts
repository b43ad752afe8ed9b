/** What the pages say about stacks, typed as it stands: in a clone of the checkout, by a reader with a home of their own. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { cacheFolder } from '../../tools/folders';
import { resetBroker, withBroker } from '../rigs/brokers';
import { copyCheckout } from '../rigs/checkoutCopy';
import { missingEngine } from '../rigs/pulumi';
import { BROKER_SCENES, here } from './brokerScenes';
import { PageFolder } from './folder';
import { commandBlocks, nameOf, writtenPages } from './pages';

const blocks = writtenPages().flatMap(commandBlocks);

withBroker(
  'the pages about stacks',
  (broker) => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-reader-'));
    const checkout = path.join(home, 'warren');
    const folder = new PageFolder(
      {
        HOME: home,
        npm_config_cache: path.join(home, '.npm'),
        PULUMI_HOME: path.join(home, '.pulumi'),
        PULUMI_CONFIG_PASSPHRASE: 'a passphrase of a reader',
        PATH: [inject('engineFolder'), process.env.PATH ?? ''].join(path.delimiter),
        WARREN_CACHE: cacheFolder(),
        RABBITMQ_USERNAME: broker.username,
        RABBITMQ_PASSWORD: broker.password,
      },
      checkout,
    );

    beforeAll(async () => {
      copyCheckout(checkout);
      await resetBroker(broker);
    });
    afterAll(() => {
      fs.rmSync(home, { recursive: true, force: true });
    });

    it.each(Object.entries(BROKER_SCENES))('%s', async (name, scene) => {
      expect(missingEngine()).toBeUndefined();
      const block = blocks.find((candidate) => nameOf(candidate) === name);
      if (block === undefined) throw new Error('there is no such block');
      await scene.before?.(folder, broker);
      await folder.follow(block, { ...scene, here: here(broker, home) });
    });
  },
  ['4.3'],
);
