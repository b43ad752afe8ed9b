/**
 * A RabbitMQ node's process from an unpacked Debian tree, in a mount and a process namespace of its own. The namespace
 * ends with this process, however that ends: its first process watches a pipe that we hold open.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { nodeEnvironment, writeNodeFiles, type PrivateNode } from '../../tools/localBroker/node';
import { isAlive, onEndOfThisProcess, waitFor } from '../../tools/processes';
import { TREE_USER_ID } from './debianTree';

export interface NodeProcess {
  /** Whether it has ended by itself. */
  hasEnded(): boolean;
  /** SIGKILL for everything in the namespace; its files stay. */
  kill(): Promise<void>;
}

const SEARCH_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

// The node's end and ours both end this shell, which is process 1 of the namespace: the kernel then ends all others.
const NAMESPACE_INIT = `exec 3<&0
chroot "$@" </dev/null &
node=$!
( read -r _ <&3; kill -9 $node ) &
wait $node`;

/** Where the node keeps its files, as this process sees it. */
export function folderOf(tree: string, node: Pick<PrivateNode, 'folder'>): string {
  return path.join(tree, node.folder);
}

export function outputOf(tree: string, node: PrivateNode): string {
  return fs.readFileSync(path.join(folderOf(tree, node), 'output.log'), 'utf8');
}

export function removeFiles(tree: string, node: PrivateNode): void {
  fs.rmSync(folderOf(tree, node), { recursive: true, force: true });
}

/** Starts the node, also one that ran before; does not wait until it is there. */
export function startNode(
  tree: string,
  node: PrivateNode,
  contents: Readonly<Record<string, string>> = {},
): NodeProcess {
  const folder = folderOf(tree, node);
  removeAbandoned(path.join(tree, 'srv'));
  prepareFolder(node, folder, contents);
  const environment = nodeEnvironment(node, SEARCH_PATH);
  const server = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  const child = startNamespace(tree, environment, server, path.join(folder, 'output.log'));
  return watched(child, () => {
    removeFiles(tree, node);
  });
}

/** Erlang's name server for several nodes: one that a node starts would end with that node's namespace. */
export function startEpmd(tree: string, port: number): NodeProcess {
  const environment = { PATH: SEARCH_PATH, ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: '127.0.0.1' };
  return watched(startNamespace(tree, environment, '/usr/bin/epmd', '/dev/null'), () => undefined);
}

function watched(child: ChildProcess, clean: () => void): NodeProcess {
  const stopWatching = onEndOfThisProcess(() => {
    child.kill('SIGKILL');
    clean();
  });
  return {
    hasEnded: () => child.exitCode !== null,
    kill: async () => {
      stopWatching();
      // Closing the pipe is what ends the namespace; see NAMESPACE_INIT.
      child.stdin?.end();
      await waitFor(() => (child.pid === undefined || !isAlive(child.pid) ? true : undefined), 30_000);
    },
  };
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

function startNamespace(
  tree: string,
  environment: Readonly<Record<string, string>>,
  command: string,
  output: string,
): ChildProcess {
  const log = fs.openSync(output, 'a');
  try {
    return spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${path.join(tree, 'proc')}`],
        ...['sh', '-c', NAMESPACE_INIT, 'sh'],
        ...[`--userspec=${TREE_USER_ID}:${TREE_USER_ID}`, tree, '/usr/bin/env', '-i'],
        ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
        command,
      ],
      // Its own group: the terminal's Ctrl-C is for the test runner, which then stops the brokers.
      { stdio: ['pipe', log, log], detached: true },
    );
  } finally {
    fs.closeSync(log);
  }
}
