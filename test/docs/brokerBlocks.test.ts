/** What the pages say about stacks, typed as it stands: in a clone of the checkout, by a reader with a home of their own. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resetBroker, withBroker } from '../rigs/brokers';
import { copyCheckout } from '../rigs/checkoutCopy';
import { missingEngine } from '../rigs/pulumi';
import { BROKER_SCENES, here } from './brokerScenes';
import { commandBlocks, nameOf, writtenPages } from './pages';
import { loginOf, Reader } from './reader';

const blocks = writtenPages().flatMap(commandBlocks);

withBroker(
  'the pages about stacks',
  (broker) => {
    const reader = new Reader(loginOf(broker));
    const { folder, home } = reader;

    beforeAll(async () => {
      copyCheckout(folder.path);
      await resetBroker(broker);
    });
    afterAll(() => {
      reader.dispose();
    });

    it.each(Object.entries(BROKER_SCENES))('%s', async (name, scene) => {
      expect(missingEngine()).toBeUndefined();
      const block = blocks.find((candidate) => nameOf(candidate) === name);
      if (block === undefined) throw new Error('there is no such block');
      await scene.before?.(folder, broker);
      await folder.follow(block, { ...scene, here: here(broker, home) });
      await scene.after?.(broker);
    });
  },
  ['4.3'],
);
