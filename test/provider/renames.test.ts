/** Other logical names for every kind of resource there is: Pulumi creates and deletes, the broker sees neither. */
import { expect, it } from 'vitest';
import { scratchOn } from '../broker/realBroker';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import { missingEngine } from '../rigs/pulumi';
import { expectNoChange } from '../systems/systemStack';
import { EveryKindStack } from './everyKindStack';

withOldestAndNewestBroker('every kind of resource, renamed', (rig) => {
  const scratch = scratchOn(rig);

  it('is still there, with its messages', async ({ skip }) => {
    const reason = missingEngine();
    if (reason !== undefined) skip(reason);
    const stack = await EveryKindStack.create(rig, scratch, { hasWarren: true });
    try {
      await stack.up();
      await scratch.publish(stack.values.plain, 'untyped', 3);
      await scratch.publish(stack.values.shop, 'json', 2);
      const before = await stack.onBroker();
      const { deployment } = await stack.exported();
      const kinds = deployment.resources.filter(({ type }) => /^(rabbitmq|warren):index/.test(type));
      // Eleven of the one package, seven of the other.
      expect(new Set(kinds.map(({ type }) => type)).size).toBe(18);

      const renamed = await stack.run(['up', '--yes', '--skip-preview'], { suffix: '-renamed' });
      expect(renamed.exitCode, renamed.output).toBe(0);
      expect(renamed.output).toContain(`+ ${kinds.length} created`);
      expect(renamed.output).toContain(`- ${kinds.length} deleted`);
      expect(await stack.onBroker()).toEqual(before);
      const again = await stack.run(['up', '--yes', '--skip-preview'], { suffix: '-renamed' });
      expectNoChange(again);
    } finally {
      stack.dispose();
    }
  });
});
