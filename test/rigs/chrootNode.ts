/** A RabbitMQ node's process from an unpacked Debian tree, in a namespace of its own. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { nodeEnvironment, writeNodeFiles, type PrivateNode } from '../../tools/localBroker/node';
import { isAlive } from '../../tools/processes';
import { TREE_USER_ID } from './debianTree';
import { startInNamespace, type NamespacedProcess } from './namespace';

/** `kill` is SIGKILL for everything in the namespace; its files stay. */
export type NodeProcess = NamespacedProcess;

const SEARCH_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

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
  return start(tree, environment, server, path.join(folder, 'output.log'), () => {
    removeFiles(tree, node);
  });
}

/** Erlang's name server for several nodes: one that a node starts would end with that node's namespace. */
export function startEpmd(tree: string, port: number): NodeProcess {
  const environment = { PATH: SEARCH_PATH, ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: '127.0.0.1' };
  return start(tree, environment, '/usr/bin/epmd', '/dev/null', () => undefined);
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

function start(
  tree: string,
  environment: Readonly<Record<string, string>>,
  command: string,
  output: string,
  clean: () => void,
): NodeProcess {
  const program = {
    start: 'chroot "$@" </dev/null &\nprogram=$!',
    end: 'kill -9 $program',
    args: [
      ...[`--userspec=${TREE_USER_ID}:${TREE_USER_ID}`, tree, '/usr/bin/env', '-i'],
      ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      command,
    ],
    output,
    procFolder: path.join(tree, 'proc'),
  };
  return startInNamespace(program, clean);
}
