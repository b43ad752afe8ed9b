/** A folder with a Debian suite's RabbitMQ, for nodes that run from it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BASE_PACKAGES, ensureTree, linkInTree, type DebianSuite } from './debianPackages';

export const SUITE_WITH_VERSION: Readonly<Record<'3.10' | '4.0' | '4.3', DebianSuite>> = {
  '3.10': 'bookworm',
  '4.0': 'trixie',
  '4.3': 'forky',
};

// An id that no system's users have, for the node inside of the tree.
export const TREE_USER_ID = 64_990;
const RECIPE = 1;

/**
 * @returns the tree's folder
 * @throws Error with a one-line reason when it can't be made on this machine
 */
export function ensureDebianTree(suite: DebianSuite, onProgress: (text: string) => void): Promise<string> {
  const recipe = {
    name: `${suite}-${process.arch}-${RECIPE}`,
    suite,
    packages: ['rabbitmq-server', ...BASE_PACKAGES],
    purpose: 'RabbitMQ',
    prepare: prepareTree,
  };
  return ensureTree(recipe, onProgress);
}

function prepareTree(folder: string): void {
  const inTree = (name: string) => path.join(folder, name);
  const id = TREE_USER_ID;
  fs.writeFileSync(
    inTree('etc/passwd'),
    `root:x:0:0::/root:/bin/sh\nrabbitmq:x:${id}:${id}::/var/lib/rabbitmq:/bin/sh\n`,
  );
  fs.writeFileSync(inTree('etc/group'), `root:x:0:\nrabbitmq:x:${id}:\n`);
  fs.writeFileSync(inTree('etc/hosts'), '127.0.0.1 localhost\n');
  for (const name of ['tmp', 'proc', 'srv']) fs.mkdirSync(inTree(name), { recursive: true });
  fs.chmodSync(inTree('tmp'), 0o1777);
  linkInTree(folder, 'bin/sh', 'dash');
  linkInTree(folder, 'usr/bin/awk', 'mawk');
}
