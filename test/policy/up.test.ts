/** `pulumi up` with the policy pack, on a real broker, with every kind of resource in every form. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { scratchOn } from '../broker/realBroker';
import { EveryKindStack } from '../provider/everyKindStack';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { missingEngine } from '../rigs/pulumi';

const PACK = ['--policy-pack', path.resolve(__dirname, '../../policy')];

/** The findings of each listing. */
function listings(output: string): string[][] {
  const lists = output.split(/^Policies:$/m).slice(1);
  return lists.map((list) => [...list.matchAll(/^ +- \[\w+\].*$/gm)].map(([line]) => line.trim()));
}

const under = (rig: Parameters<typeof scratchOn>[0]): void => {
  const scratch = scratchOn(rig);

  it('is stopped by what is mandatory before anything is made, else judged before and after', async (test) => {
    const reason = missingEngine();
    if (reason !== undefined) test.skip(reason);
    const stack = await EveryKindStack.create(rig, scratch, { hasWarren: true });
    const vhosts = async (): Promise<string[]> =>
      (await callManagement<{ name: string }[]>(rig, 'GET', 'vhosts')).map(({ name }) => name);
    try {
      const strict = path.join(stack.project.folder, 'strict.json');
      fs.writeFileSync(strict, '{"unanchored-permission":"mandatory"}');
      const stopped = await stack.run(['up', '--yes', ...PACK, '--policy-pack-config', strict]);
      expect(stopped.exitCode, stopped.output).not.toBe(0);
      expect(stopped.output).toContain('[mandatory] [severity: medium]  unanchored-permission');
      expect(await vhosts()).not.toContain(stack.values.shop);

      const up = await stack.run(['up', '--yes', ...PACK]);
      expect(up.exitCode, up.output).toBe(0);
      expect(await vhosts()).toContain(stack.values.shop);
      const [before, after] = listings(up.output);
      expect(before).toContain(
        '- [advisory] [severity: medium]  unanchored-permission  (rabbitmq:index:Permissions: texts)',
      );
      // As a preview knows it, and as it is in the state.
      expect(after).toEqual(before);
      expect(up.output).not.toMatch(/Not judged|password-of/);
    } finally {
      stack.dispose();
    }
  });
};

withBroker('every kind of resource, under the policy pack', under, ['4.3']);
