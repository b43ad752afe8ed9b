/**
 * A RabbitMQ node that runs from an unpacked Debian tree, in a mount and a process namespace of its own. The
 * namespace ends with this process, however that ends: its first process watches a pipe that we hold open.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findFreePorts } from '../../tools/freePort';
import { nodeEnvironment, writeNodeFiles, type PrivateNode } from '../../tools/localBroker/node';
import { findProgram, isAlive, onEndOfThisProcess, tail, waitFor } from '../../tools/processes';
import { TREE_USER_ID, ensureDebianTree, type DebianSuite } from './debianTree';
import { canLogIn } from './management';
import { RIG_PLUGINS } from './plugins';

export interface StartedBroker {
  readonly amqpPort: number;
  readonly managementPort: number;
  /** Ends the broker and removes what it wrote. */
  readonly stop: () => Promise<void>;
}

/** What a test wants its own node to be configured with. */
export interface NodeFiles {
  /** Lines of rabbitmq.conf; the node sees its files in `folder`. */
  readonly conf?: (folder: string) => readonly string[];
  /** Further files in that folder, by name. */
  readonly contents?: Readonly<Record<string, string>>;
}

const BOOT_TIMEOUT_MS = 180_000;

// The node's end and ours both end this shell, which is process 1 of the namespace: the kernel then ends all others.
const NAMESPACE_INIT = `exec 3<&0
chroot "$@" </dev/null &
node=$!
( read -r _ <&3; kill -9 $node ) &
wait $node`;

/** Why nodes from trees can't run on this machine; undefined when they can. */
export function chrootObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'neither Docker with the official image nor Linux';
  if (process.getuid?.() !== 0) return 'neither Docker with the official image nor root';
  const missing = ['unshare', 'chroot'].find((name) => findProgram(name) === undefined);
  return missing === undefined ? undefined : `no Docker with the official image, and no \`${missing}\``;
}

/**
 * Boots a node from the tree of `suite` and waits until guest can log in.
 * @throws Error with the reason, and the end of the node's output when it doesn't boot within 180 s
 */
export async function startChrootBroker(
  suite: DebianSuite,
  onProgress: (text: string) => void,
  files: NodeFiles = {},
): Promise<StartedBroker> {
  const tree = await ensureDebianTree(suite, onProgress);
  const [amqp = 0, management = 0, distribution = 0, epmd = 0, stream = 0] = await findFreePorts(5);
  const name = `warren-${process.pid}-${amqp}`;
  const ports = { amqp, management, distribution, epmd, stream };
  const seenFolder = `/srv/${name}`;
  const conf = files.conf?.(seenFolder);
  const node: PrivateNode = {
    name,
    folder: seenFolder,
    ports,
    plugins: RIG_PLUGINS,
    ...(conf === undefined ? {} : { conf }),
  };
  const folder = path.join(tree, node.folder);
  removeAbandoned(path.join(tree, 'srv'));
  prepareFolder(node, folder, files.contents ?? {});
  const output = path.join(folder, 'output.log');
  const child = startNamespace(tree, node, output);
  const stopWatching = onEndOfThisProcess(() => {
    child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const stop = async () => {
    stopWatching();
    // Closing the pipe is what ends the namespace; see NAMESPACE_INIT.
    child.stdin?.end();
    await waitFor(() => (child.pid === undefined || !isAlive(child.pid) ? true : undefined), 30_000);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const guest = { managementPort: management, username: 'guest', password: 'guest' };
  const state = await waitFor(async () => {
    if (child.exitCode !== null) return 'ended';
    return (await canLogIn(guest)) ? 'ready' : undefined;
  }, BOOT_TIMEOUT_MS);
  if (state === 'ready') return { amqpPort: amqp, managementPort: management, stop };
  const said = tail(fs.readFileSync(output, 'utf8'), 10);
  await stop();
  throw new Error(`the node ${state === 'ended' ? 'ended while booting' : 'did not boot in time'}:\n${said}`);
}

/** A test run that was killed could not remove its nodes' folders. */
function removeAbandoned(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const owner = /^warren-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

function prepareFolder(node: PrivateNode, folder: string, contents: Readonly<Record<string, string>>): void {
  writeNodeFiles(node, folder);
  for (const [name, content] of Object.entries(contents)) fs.writeFileSync(path.join(folder, name), content);
  const entries = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const entry of ['', ...entries]) fs.chownSync(path.join(folder, entry), TREE_USER_ID, TREE_USER_ID);
}

function startNamespace(tree: string, node: PrivateNode, output: string) {
  const environment = nodeEnvironment(node, '/usr/sbin:/usr/bin:/sbin:/bin');
  const log = fs.openSync(output, 'a');
  try {
    return spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${path.join(tree, 'proc')}`],
        ...['sh', '-c', NAMESPACE_INIT, 'sh'],
        ...[`--userspec=${TREE_USER_ID}:${TREE_USER_ID}`, tree, '/usr/bin/env', '-i'],
        ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
        '/usr/lib/rabbitmq/bin/rabbitmq-server',
      ],
      // Its own group: the terminal's Ctrl-C is for the test runner, which then stops the brokers.
      { stdio: ['pipe', log, log], detached: true },
    );
  } finally {
    fs.closeSync(log);
  }
}
