/** State in the form in which the bridged provider writes it is ours to go on with: nothing is replaced or changed. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { scratchOn } from '../broker/realBroker';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import { missingEngine } from '../rigs/pulumi';
import { asBridged } from './bridgedState';
import { EveryKindStack } from './everyKindStack';

withOldestAndNewestBroker('state as the bridged provider writes it', (rig) => {
  const scratch = scratchOn(rig);

  it('is taken over by preview, refresh and up without a change, and destroyed', async ({ skip }) => {
    const reason = missingEngine();
    if (reason !== undefined) skip(reason);
    const stack = await EveryKindStack.create(rig, scratch, { isAutonamed: true });
    try {
      await stack.up();
      const before = await stack.onBroker();
      const { deployment, ...rest } = await stack.exported();
      const isTheirs = (type: string): boolean => type.startsWith('rabbitmq:index');
      const resources = deployment.resources.map((resource) =>
        isTheirs(resource.type) ? asBridged(resource, rig.version) : resource,
      );
      expect(new Set(resources.map(({ type }) => type).filter(isTheirs)).size).toBe(11);
      const file = path.join(stack.project.folder, 'bridged.json');
      fs.writeFileSync(file, JSON.stringify({ ...rest, deployment: { ...deployment, resources } }));
      const imported = await stack.run(['stack', 'import', '--file', file, '--stack', 'test']);
      expect(imported.exitCode, imported.output).toBe(0);

      for (const command of ['preview', 'refresh', 'up']) {
        const args = command === 'preview' ? [] : ['--yes', '--skip-preview'];
        const run = await stack.run([command, ...args, '--diff', '--expect-no-changes']);
        expect(run.exitCode, run.output).toBe(0);
      }
      expect(await stack.onBroker()).toEqual(before);
      const destroyed = await stack.run(['destroy', '--yes', '--skip-preview']);
      expect(destroyed.exitCode, destroyed.output).toBe(0);
    } finally {
      stack.dispose();
    }
  });
});
