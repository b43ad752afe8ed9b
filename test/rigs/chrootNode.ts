/** A RabbitMQ node's process from an unpacked Debian tree, in a namespace of its own. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { nodeEnvironment, writeNodeFiles, type PrivateNode } from '../../tools/localBroker/node';
import { isAlive, run } from '../../tools/processes';
import { TREE_USER_ID } from './debianTree';
import { startInNamespace, type NamespacedProcess } from './namespace';

/** `kill` is SIGKILL for everything in the namespace; its files stay. */
export type NodeProcess = NamespacedProcess;

const CONTROL_TIMEOUT_MS = 120_000;
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
  openFilesMax?: number,
): NodeProcess {
  const folder = folderOf(tree, node);
  removeAbandoned(path.join(tree, 'srv'));
  prepareFolder(node, folder, contents);
  const environment = nodeEnvironment(node, SEARCH_PATH);
  const server = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  const limit = openFilesMax === undefined ? '' : `ulimit -n ${openFilesMax}\n`;
  const output = path.join(folder, 'output.log');
  return start(tree, { environment, command: server, output, limit }, () => {
    removeFiles(tree, node);
  });
}

/** Runs `rabbitmqctl` on a node. @throws Error with what it printed when it fails */
export async function control(tree: string, node: PrivateNode, args: readonly string[]): Promise<void> {
  const command = [
    ...chrooted(tree, nodeEnvironment(node, SEARCH_PATH)),
    '/usr/lib/rabbitmq/bin/rabbitmqctl',
  ];
  const { exitCode, output } = await run('chroot', [...command, ...args], { timeoutMs: CONTROL_TIMEOUT_MS });
  if (exitCode !== 0) throw new Error(`rabbitmqctl ${args.join(' ')}: ${output}`);
}

/** Erlang's name server for several nodes: one that a node starts would end with that node's namespace. */
export function startEpmd(tree: string, port: number): NodeProcess {
  const environment = { PATH: SEARCH_PATH, ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: '127.0.0.1' };
  const program = { environment, command: '/usr/bin/epmd', output: '/dev/null', limit: '' };
  return start(tree, program, () => undefined);
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

/** Arguments of `chroot`, but for the command. */
function chrooted(tree: string, environment: Readonly<Record<string, string>>): readonly string[] {
  return [
    ...[`--userspec=${TREE_USER_ID}:${TREE_USER_ID}`, tree, '/usr/bin/env', '-i'],
    ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
  ];
}

interface Program {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: string;
  readonly output: string;
  /** A line of the shell that starts it. */
  readonly limit: string;
}

function start(
  tree: string,
  { environment, command, output, limit }: Program,
  clean: () => void,
): NodeProcess {
  const program = {
    start: `${limit}chroot "$@" </dev/null &\nprogram=$!`,
    end: 'kill -9 $program',
    args: [...chrooted(tree, environment), command],
    output,
    procFolder: path.join(tree, 'proc'),
  };
  return startInNamespace(program, clean);
}
