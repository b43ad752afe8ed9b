/**
 * A machine of its own for a cluster: a network, a mount and a process namespace in which the programs of a Debian
 * tree stand in the place of /usr. All that runs in it ends with this process, however that ends.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { run, tail, waitFor, type RunResult } from '../../../tools/processes';
import { startInNamespace, type NamespacedProcess } from '../namespace';

export const NODE_NAME = 'warren';
export const NODE_ADDRESS = '10.88.0.1';
export const POD_RANGE = '10.88.64.0/18';
export const SERVICE_RANGE = '10.96.0.0/16';

export interface Node {
  /** Process 1 of its namespace, by its id outside. */
  readonly firstProcess: number;
  /** Of its network namespace. */
  readonly networkFile: string;
  /** Starts a program that is to run as long as the node. What it prints goes to NAME.log in the logs' folder. */
  start(name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv): void;
  /** Runs a program on the node. */
  commandOf(command: string, args: readonly string[]): readonly string[];
  /** Runs a program to its end. */
  run(command: string, args: readonly string[], timeoutMs: number): Promise<RunResult>;
  /** @throws Error when a program that was started has ended, with its last lines */
  check(): void;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const SEARCH_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Settings of the kernel that kubelet writes, for the whole machine, unless they are as it wants them. It reads these
 * files in their place, so that the machine keeps its own.
 */
const KERNEL_SETTINGS: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/**
 * `$1` is the tree, `$2` the folder of the run. Containerd and kubelet write below /run, /opt and /var, whatever they
 * are told: those are the namespace's own, with the run's folder in its place.
 */
const START = `set -e
mount -t tmpfs none /run
mkdir /run/run /run/upper /run/work
mount --rbind "$2" /run/run
mount -t overlay none -o lowerdir=/var,upperdir=/run/upper,workdir=/run/work /var
mount --rbind /run/run "$2"
[ ! -d /opt ] || mount -t tmpfs none /opt
for file in "$2"/kernel/*; do
  mount --bind "$file" "/proc/sys/$(basename "$file" | tr . /)"
done
mount --bind "$2/resolv.conf" /etc/resolv.conf
mount --rbind "$1/usr" /usr
mount --make-rshared /
ip link set lo up
ip link add node0 type bridge
ip address add ${NODE_ADDRESS}/24 dev node0
ip link set node0 up
ip route add default via 10.88.0.254
echo 1 >/proc/sys/net/ipv4/ip_forward
set +e
touch "$2/ready"
sleep infinity </dev/null &
program=$!`;

/** @param folder of the run: gets the logs, too */
export async function startNode(tree: string, folder: string, clean: () => void): Promise<Node> {
  writeFiles(folder);
  const output = path.join(folder, 'logs', 'node.log');
  const namespace = startInNamespace(
    { start: START, end: 'kill -9 $program', args: [tree, folder], output, hasOwnNetwork: true },
    clean,
  );
  const ready = path.join(folder, 'ready');
  await waitFor(() => (fs.existsSync(ready) || namespace.hasEnded() ? true : undefined), READY_TIMEOUT_MS);
  const target = namespace.firstProcess();
  if (target !== undefined && fs.existsSync(ready)) return nodeOf(namespace, target, folder);
  await namespace.kill();
  throw new Error(`no namespace for a Kubernetes node: ${lastLines(output)}`);
}

function writeFiles(folder: string): void {
  const file = (name: string): string => path.join(folder, name);
  for (const name of ['kernel', 'logs']) fs.mkdirSync(file(name), { recursive: true });
  for (const [setting, value] of Object.entries(KERNEL_SETTINGS)) {
    fs.writeFileSync(file(`kernel/${setting.replaceAll('/', '.')}`), `${value}\n`);
  }
  // The names of Services, for KEDA and the operator, which are no pods here.
  const search = 'search svc.cluster.local cluster.local\noptions ndots:5\n';
  fs.writeFileSync(file('resolv.conf'), `nameserver ${NODE_ADDRESS}\n${search}`);
}

function nodeOf(namespace: NamespacedProcess, target: number, folder: string): Node {
  const running = new Map<string, ChildProcess>();
  const logFile = (name: string): string => path.join(folder, 'logs', `${name}.log`);
  const inNode = (command: string, args: readonly string[]): string[] => [
    ...['--target', String(target), '--mount', '--net', '--pid', '--', command, ...args],
  ];
  return {
    firstProcess: target,
    networkFile: `/proc/${target}/ns/net`,
    start: (name, command, args, env = {}) => {
      const log = fs.openSync(logFile(name), 'a');
      const child = spawn('nsenter', inNode(command, args), {
        cwd: '/',
        env: { PATH: SEARCH_PATH, HOME: '/root', ...env },
        stdio: ['ignore', log, log],
        // The terminal's Ctrl-C is for the test runner, which then ends the namespace.
        detached: true,
      });
      fs.closeSync(log);
      running.set(name, child);
    },
    commandOf: (command, args) => ['nsenter', ...inNode(command, args)],
    run: (command, args, timeoutMs) =>
      run('nsenter', inNode(command, args), { cwd: '/', env: { PATH: SEARCH_PATH }, timeoutMs }),
    check: () => {
      for (const [name, child] of running) {
        if (child.exitCode === null && child.signalCode === null) continue;
        throw new Error(`${name} has ended: ${lastLines(logFile(name))}`);
      }
    },
    stop: () => namespace.kill(),
  };
}

function lastLines(file: string): string {
  return tail(fs.readFileSync(file, 'utf8'), 3).replaceAll('\n', '; ');
}
