/**
 * Ours and Pulumi's bridged `rabbitmq` provider on the same stacks: what the one made, the other goes on with. Skipped
 * where the bridged one is not installed; bridgedState.test.ts then still knows how its state looks.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { scratchOn } from '../broker/realBroker';
import { resetBroker, withBroker } from '../rigs/brokers';
import { PulumiWorkspace, missingEngine, type PulumiRun } from '../rigs/pulumi';
import {
  MISSING_BRIDGED,
  bridgedEnvironment,
  bridgedPlugin,
  switchingCheckout,
  switchToBridged,
  switchToOurs,
} from './bridgedPlugin';
import { asBridged } from './bridgedState';
import { EveryKindStack, type StateResource } from './everyKindStack';

const UP = ['up', '--yes', '--skip-preview'];

withBroker('the bridged provider and ours', (rig) => {
  const scratch = scratchOn(rig);
  const reason = missingEngine() ?? (bridgedPlugin() === undefined ? MISSING_BRIDGED : undefined);

  const withStack = async (
    test: (stack: EveryKindStack) => Promise<void>,
    isAutonamed = true,
  ): Promise<void> => {
    const stack = await EveryKindStack.create(rig, scratch, { isAutonamed });
    try {
      await test(stack);
    } finally {
      stack.dispose();
    }
  };
  const expectNothing = async (
    stack: EveryKindStack,
    commands: readonly (readonly string[])[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<void> => {
    for (const command of commands) {
      const run = await stack.run([...command, '--diff', '--expect-no-changes'], {}, env);
      expect(run.exitCode, run.output).toBe(0);
    }
  };
  const resourcesOf = async (stack: EveryKindStack): Promise<readonly StateResource[]> =>
    (await stack.exported()).deployment.resources.filter(({ type }) => type.startsWith('rabbitmq:index'));

  it('what the bridged one made is ours without a change, and goes back to it', async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    await withStack(async (stack) => {
      const bridged = switchToBridged(stack);
      await stack.up({}, bridged);
      const before = await stack.onBroker();
      switchToOurs(stack);
      await expectNothing(stack, [['preview'], ['refresh', '--yes', '--skip-preview'], UP]);
      switchToBridged(stack);
      await expectNothing(stack, [['preview'], UP], bridged);
      expect(await stack.onBroker()).toEqual(before);
    });
  });

  it('bridgedState.ts tells how the bridged one writes its state', async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    await withStack(async (stack) => {
      await stack.up({}, switchToBridged(stack));
      const theirs = await resourcesOf(stack);
      switchToOurs(stack);
      await stack.forget();
      await stack.up();
      const ours = (await resourcesOf(stack)).map((resource) => asBridged(resource, rig.version));
      expect(told(ours)).toEqual(told(theirs));
    }, false);
  });

  it('what ours made is the bridged one’s without a change', async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    await withStack(async (stack) => {
      await stack.up();
      const before = await stack.onBroker();
      const bridged = switchToBridged(stack);
      await expectNothing(stack, [['preview'], UP], bridged);
      expect(await stack.onBroker()).toEqual(before);
      switchToOurs(stack);
      await expectNothing(stack, [['preview'], UP]);
      const destroyed = await stack.run(['destroy', '--yes', '--skip-preview']);
      expect(destroyed.exitCode, destroyed.output).toBe(0);
    });
  });

  it('Warren’s own stack goes to and fro when the plugin’s lines of Pulumi.yaml are deleted', async ({
    skip,
  }) => {
    if (reason !== undefined) skip(reason);
    const topology = path.resolve(__dirname, '../../topology/examples/celery-django.yaml');
    const checkout = switchingCheckout();
    const workspace = new PulumiWorkspace({ stack: 'test', projectFolder: checkout.folder });
    try {
      await resetBroker(rig);
      const endpoint = `http://127.0.0.1:${rig.managementPort}`;
      await workspace.initWithSeed({ topology, target: rig.version, endpoint });
      const noChange = ['--yes', '--skip-preview', '--diff', '--expect-no-changes'];
      // On RabbitMQ 4 the bridged one would replace queues without a type itself, hadn't our refresh cured its state.
      for (const [whose, args] of [
        ['bridged', UP],
        ['ours', ['up', ...noChange]],
        ['ours', ['refresh', ...noChange]],
        ['bridged', ['up', ...noChange]],
      ] as const) {
        checkout.serve(whose);
        const run = await workspace.run(args, whose === 'ours' ? {} : bridgedEnvironment());
        expect(run.exitCode, run.output).toBe(0);
        expect(run.output.includes('pulumi-resource-rabbitmq from $PATH')).toBe(whose === 'bridged');
      }
    } finally {
      workspace.dispose();
      fs.rmSync(checkout.folder, { recursive: true, force: true });
    }
  });

  it('import takes the same ids', async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    await withStack(async (stack) => {
      await stack.up();
      const wanted = (await resourcesOf(stack)).map(({ urn, type, id }) => ({
        type,
        id,
        name: urn.split('::').at(-1),
      }));
      const file = path.join(stack.project.folder, 'import.json');
      fs.writeFileSync(file, JSON.stringify({ resources: wanted }));
      const importAll = async (env: NodeJS.ProcessEnv): Promise<PulumiRun> => {
        await stack.forget();
        const { endpoint, login } = stack.values;
        return stack.run(
          ['import', '--file', file, '--yes', '--skip-preview', '--generate-code=false', '--stack', 'test'],
          {},
          {
            ...env,
            RABBITMQ_ENDPOINT: endpoint,
            RABBITMQ_USERNAME: login.username,
            RABBITMQ_PASSWORD: login.password,
          },
        );
      };
      const ours = await importAll({});
      expect(ours.exitCode, ours.output).toBe(0);
      const idsOfOurs = ids(await resourcesOf(stack));
      expect(Object.keys(idsOfOurs)).toHaveLength(wanted.length);
      const theirs = await importAll(switchToBridged(stack));
      expect(theirs.exitCode, theirs.output).toBe(0);
      expect(ids(await resourcesOf(stack))).toEqual(idsOfOurs);
    });
  });
});

function ids(resources: readonly StateResource[]): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(resources.map(({ urn, id }) => [urn, id]));
}

/** Without what is another one each time, in a fixed order. `__defaults` are a note that nobody compares. */
function told(resources: readonly StateResource[]): unknown {
  const plain = resources.map(({ urn, id, inputs, outputs }) => ({ urn, id, inputs, outputs }));
  const text = JSON.stringify(plain.sort((a, b) => (a.urn < b.urn ? -1 : 1)));
  return JSON.parse(text, (key, value: unknown) => (key === '__defaults' ? undefined : value));
}
