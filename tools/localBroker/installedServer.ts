/** RabbitMQ as it is installed on this machine, run as a private node: never as the system's service. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describeProcess, findProgram, isAlive, tail, waitFor } from '../processes';
import { BrokerError } from './brokerError';
import { fullNodeName, nodeEnvironment, type PrivateNode, writeNodeFiles } from './node';
import { isListening, isManagementUp } from './readiness';
import { type NodeRecord, writeRecord } from './record';

// The packages' own folder first: the script that they put on PATH insists on the system's user.
const SERVER_FOLDERS = [
  '/usr/lib/rabbitmq/bin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/opt/homebrew/sbin',
  '/usr/local/sbin',
];
const BOOT_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const OLDEST_MINOR_OF_3 = 10;
const COMPLAINT_LINES = 12;
const COMPLAINT_LINE_LENGTH = 300;
/** What every supported version prints when all its plugins run. */
const BOOTED_MARK = 'Starting broker... completed';

/** The folder of an installed `rabbitmq-server` that a private node can be run from. */
export function findServerFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const server =
    findProgram('rabbitmq-server', [], { PATH: SERVER_FOLDERS.join(path.delimiter) }) ??
    findProgram('rabbitmq-server', ['/usr/sbin'], env);
  return server === undefined ? undefined : path.dirname(server);
}

/**
 * Starts the node of `record` and waits until its management API answers.
 * @returns the record with the ids of its processes, which is also written
 * @throws BrokerError with the end of the node's log
 */
export async function startNode(stateFolder: string, record: NodeRecord): Promise<NodeRecord> {
  const node = nodeOf(stateFolder, record);
  fs.mkdirSync(node.folder, { recursive: true, mode: 0o700 });
  writeNodeFiles(node, node.folder);
  const env = nodeEnvironment(node, searchPath(record.programFolder));
  const output = path.join(node.folder, 'output.log');
  fs.writeFileSync(output, '');
  const epmdPid = startDetached(
    findEpmd(env),
    ['-port', String(node.ports.epmd), '-address', '127.0.0.1'],
    env,
    output,
  );
  await waitFor(async () => ((await isListening(node.ports.epmd)) ? true : undefined), 10_000);
  const serverPid = startDetached(path.join(record.programFolder, 'rabbitmq-server'), [], env, output);
  const started = { ...record, serverPid, epmdPid };
  writeRecord(stateFolder, started);
  const state = await waitFor(async () => {
    if (!isAlive(serverPid)) return 'ended';
    // The ports alone don't say it: another program may listen there, which is why this node is about to end.
    const isBooted = readOrEmpty(output).includes(BOOTED_MARK);
    return isBooted && (await isManagementUp(node.ports.management)) ? 'ready' : undefined;
  }, BOOT_TIMEOUT_MS);
  const problem =
    state === 'ended'
      ? 'ended while it booted'
      : state === undefined
        ? `did not boot within ${BOOT_TIMEOUT_MS / 1000} s`
        : tooOld(node.folder);
  if (problem === undefined) return started;
  const complaint = nodeComplaint(node.folder);
  await stopNode(stateFolder, started, 'SIGKILL');
  throw new BrokerError(
    `The private RabbitMQ node (${record.programFolder}/rabbitmq-server) ${problem}.\n${complaint}\n` +
      `Its whole log is in ${path.join(node.folder, 'log')}.`,
  );
}

/** Whether the processes of the record run and really are that node's: ids are used again, after a reboot at the latest. */
export function isNodeRunning(stateFolder: string, record: NodeRecord): boolean {
  return nodeProcesses(stateFolder, record).length > 0;
}

/**
 * Ends the node, its epmd after it. RabbitMQ takes SIGTERM as `stop`, which closes its files in order (6 s on 3.10);
 * SIGKILL is for data that nobody needs any more. Does nothing when they don't run.
 * @throws BrokerError when it doesn't end
 */
export async function stopNode(
  stateFolder: string,
  record: NodeRecord,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  const isGone = () => (nodeProcesses(stateFolder, record).length === 0 ? true : undefined);
  for (const pid of nodeProcesses(stateFolder, record)) signalProcess(pid, signal);
  let stopped = await waitFor(isGone, STOP_TIMEOUT_MS);
  if (stopped === undefined) {
    for (const pid of nodeProcesses(stateFolder, record)) signalProcess(pid, 'SIGKILL');
    stopped = await waitFor(isGone, 10_000);
  }
  if (isOurEpmd(record)) signalProcess(record.epmdPid, 'SIGTERM');
  const epmdGone = await waitFor(() => (isOurEpmd(record) ? undefined : true), 10_000);
  if (stopped === undefined || epmdGone === undefined) {
    throw new BrokerError(
      `The private RabbitMQ node ${record.nodeName} (process ${record.serverPid ?? '?'}) doesn't end.`,
    );
  }
  const { kind, nodeName, ports, programFolder } = record;
  writeRecord(stateFolder, { kind, nodeName, ports, programFolder });
}

/** The server's starting script and the Erlang machine below it, whose id RabbitMQ writes into a file. */
function nodeProcesses(stateFolder: string, record: NodeRecord): number[] {
  const node = nodeOf(stateFolder, record);
  const written = Number.parseInt(readOrEmpty(path.join(node.folder, 'node.pid')), 10);
  const candidates = new Set([record.serverPid ?? Number.NaN, written].filter((pid) => pid > 0));
  return [...candidates].filter((pid) => isAlive(pid) && describeProcess(pid).includes(fullNodeName(node)));
}

function isOurEpmd(record: NodeRecord): record is NodeRecord & { epmdPid: number } {
  const pid = record.epmdPid;
  if (pid === undefined || !isAlive(pid)) return false;
  const description = describeProcess(pid);
  return description.includes('epmd') && description.includes(String(record.ports.epmd));
}

function nodeOf(stateFolder: string, record: NodeRecord): PrivateNode {
  return { name: record.nodeName, folder: path.join(stateFolder, 'node'), ports: record.ports };
}

function startDetached(program: string, args: string[], env: Record<string, string>, output: string): number {
  const log = fs.openSync(output, 'a');
  try {
    const child = spawn(program, args, { cwd: env.HOME, env, detached: true, stdio: ['ignore', log, log] });
    // It outlives this process. A program that can't be started shows as one that isn't alive.
    child.on('error', () => undefined);
    child.unref();
    return child.pid ?? Number.NaN;
  } finally {
    fs.closeSync(log);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function findEpmd(env: Record<string, string>): string {
  const epmd = findProgram('epmd', [], env);
  if (epmd !== undefined) return epmd;
  throw new BrokerError(
    "Erlang's `epmd` is not on PATH, although RabbitMQ is installed. Put Erlang's bin folder on PATH.",
  );
}

/** Erlang may lie where this user's PATH says, or beside RabbitMQ. */
function searchPath(programFolder: string): string {
  const usual = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  return [...(process.env.PATH ?? '').split(path.delimiter), programFolder, ...usual].join(path.delimiter);
}

function tooOld(folder: string): string | undefined {
  const version = /Starting RabbitMQ (\d+)\.(\d+)\S*/.exec(nodeLog(folder));
  const [, major, minor] = version ?? [];
  if (major !== '3' || Number(minor) >= OLDEST_MINOR_OF_3) return undefined;
  return `is RabbitMQ ${major}.${minor ?? ''}; Warren needs 3.${OLDEST_MINOR_OF_3} or newer`;
}

/** What a node says when it can't boot stands above what it says while it then stops. */
function nodeComplaint(folder: string): string {
  const lines = nodeLog(folder)
    .split('\n')
    .map((line) => line.slice(0, COMPLAINT_LINE_LENGTH));
  const start = lines.findIndex((line) => line.includes('BOOT FAILED'));
  if (start !== -1) return lines.slice(start, start + COMPLAINT_LINES).join('\n');
  const errors = lines.filter((line) => /\[(error|critical|emergency)\]/.test(line));
  return tail((errors.length === 0 ? lines : errors).join('\n'), COMPLAINT_LINES);
}

function nodeLog(folder: string): string {
  const logs = path.join(folder, 'log');
  const names = fs.existsSync(logs) ? fs.readdirSync(logs).filter((name) => name.endsWith('.log')) : [];
  return [path.join(folder, 'output.log'), ...names.map((name) => path.join(logs, name))]
    .map(readOrEmpty)
    .join('\n');
}

function readOrEmpty(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
