/** docs/package.md, followed in an empty project: what `npm pack` makes installs, runs, compiles and applies. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { endpointOf } from '../broker/realBroker';
import { resetBroker, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { ROOT } from '../structure/sources';
import { blocksOf, commandBlocks, type Block } from './pages';
import { loginOf, Reader } from './reader';

const PAGE = 'docs/package.md';

function block(word: string): Block {
  const found = blocksOf(PAGE).find(({ text }) => text.includes(word));
  if (found === undefined) throw new Error(`${PAGE} has no block with ${word}`);
  return found;
}

/** Why the packages can't be had; undefined where they can. */
async function registryObstacle(): Promise<string | undefined> {
  const { exitCode } = await run('npm', ['ping'], { timeoutMs: 20_000 });
  return exitCode === 0 ? undefined : 'no npm registry answers';
}

withBroker(
  'the package in an empty project',
  (broker) => {
    const reader = new Reader(loginOf(broker));
    const { folder } = reader;
    const archive = path.join(folder.path, 'warren-0.1.0.tgz');
    let obstacle: string | undefined;

    beforeAll(async () => {
      obstacle = await registryObstacle();
      if (obstacle !== undefined) return;
      await resetBroker(broker);
      await callManagement(broker, 'PUT', 'users/admin', {
        password: 'secret-of-admin',
        tags: 'administrator',
      });
      fs.mkdirSync(folder.path);
      folder.write({ 'package.json': '{"name":"shop","private":true}' });
      for (const { text } of blocksOf(PAGE)) {
        const [, name] = /^(?:#|\/\/) (\S+\.(?:yaml|ts))\n/.exec(text) ?? [];
        if (name !== undefined) folder.write({ [name]: text });
      }
      const pack = block('npm pack').text.replace('../shop', folder.path);
      const packed = await folder.bash(`cd ${ROOT}\n${pack}`);
      expect(packed.exitCode, packed.output).toBe(0);
    });
    afterAll(() => {
      reader.dispose();
    });

    const step = (title: string, words: readonly string[], after?: () => Promise<void>): void => {
      it(title, async (context) => {
        if (obstacle !== undefined) context.skip(obstacle);
        for (const word of words) {
          await folder.follow(block(word), { here: { 'http://127.0.0.1:15672': endpointOf(broker) } });
        }
        await after?.();
      });
    };

    it('has nothing of the tests, and everything that a start needs', async (context) => {
      if (obstacle !== undefined) context.skip(obstacle);
      const { stdout } = await run('tar', ['--list', '--file', archive]);
      const names = stdout.split('\n');
      expect(names.filter((name) => /^package\/(test|docs|node_modules|\.ci)\//.test(name))).toEqual([]);
      expect(names).toContain('package/dist/types/library/index.d.ts');
      expect(names).toContain('package/LICENSE');
    });

    step('installs, with its command', ['npm install --save-dev']);
    step('checks a topology', ['npx warren check']);
    step('makes a stack in the project, and brings it up', ['npx warren init'], async () => {
      expect(fs.existsSync(path.join(folder.path, 'stacks/Pulumi.dev.yaml'))).toBe(true);
      const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop');
      expect(queues.map(({ name }) => name).sort()).toEqual(['failed', 'paid']);
      const destroyed = await folder.bash('npx warren destroy --stack dev --yes');
      expect(destroyed.exitCode, destroyed.output).toBe(0);
    });
    step('compiles in a program of its own, strictly, and applies', ['npx tsc'], async () => {
      const users = await callManagement<{ name: string }[]>(broker, 'GET', 'users');
      expect(users.map(({ name }) => name)).toContain('shop-g1');
    });
  },
  ['4.3'],
);

describe(PAGE, () => {
  it('has no command that is not typed here', () => {
    const typed = ['npm pack', 'npm install --save-dev', 'npx warren check', 'npx warren init', 'npx tsc'];
    expect(commandBlocks(PAGE)).toHaveLength(typed.length);
    for (const word of typed) block(word);
  });
});
