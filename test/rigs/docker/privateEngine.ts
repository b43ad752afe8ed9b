/**
 * A Docker Engine of the tests' own, for machines that have none: Debian's packages, only unpacked, in a mount and a
 * process namespace where they stand in the place of /usr. Its data, its socket and its containers are seen by nobody
 * else, and all that runs ends with this process. It leaves the firewall alone: containers of one network reach each
 * other and published ports on 127.0.0.1 reach them, and that is all.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { engineAddress } from '../../../dockerApi/address';
import { openEngine, type Engine } from '../../../dockerApi/transport';
import { tail, waitFor } from '../../../tools/processes';
import { removeCgroups } from '../cgroups';
import { ownUsrObstacle, startInNamespace, type NamespacedProcess } from '../namespace';
import { takeSlot, type Slot } from '../slots';
import { clearEngine } from './leftovers';
import { engineSuite, ensureEngineTree } from './trees';

export interface PrivateEngine {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** Deletes every container, network and volume, and ends it. Images stay in the cache, for the next run. */
  readonly stop: () => Promise<void>;
}

const BOOT_TIMEOUT_MS = 60_000;
/** So many test runs can have one at once on this machine, each with images of its own. */
const SLOTS = 4;
/** What the engine adds to the path of its folder. */
const LONGEST_SOCKET = 'run/containerd/containerd.sock.ttrpc';

/** Other folders of the host that Docker's parts write into, whatever they are told. */
const START = `mount --rbind "$1/usr" /usr
mount -t tmpfs none /run
[ ! -d /opt ] || mount -t tmpfs none /opt
unset NOTIFY_SOCKET DOCKER_TMPDIR
PATH=/usr/sbin:/usr/bin:/sbin:/bin dockerd --config-file "$2" </dev/null &
program=$!`;
const END = 'kill $program; sleep 10; kill -9 $program';

/** @throws Error with the reason when it can't be had */
export async function startPrivateEngine(onProgress: (text: string) => void): Promise<PrivateEngine> {
  const obstacle = ownUsrObstacle();
  if (obstacle !== undefined) throw new Error(`no Docker runs, and a private one can't: ${obstacle}`);
  const suite = engineSuite();
  const tree = await ensureEngineTree(suite, onProgress);
  const slot = await takeSlot({
    kind: 'docker',
    // A version of Docker doesn't read what a newer one has written.
    prefix: suite,
    count: SLOTS,
    longestSocket: LONGEST_SOCKET,
    what: 'a Docker Engine',
  });
  const host = `unix://${path.join(slot.folder, 'docker.sock')}`;
  removeRunFiles(slot);
  fs.mkdirSync(slot.folder, { recursive: true, mode: 0o700 });
  const configFile = path.join(slot.folder, 'daemon.json');
  fs.writeFileSync(configFile, JSON.stringify(configOf(slot, host)));
  const running = startInNamespace(
    { start: START, end: END, args: [tree, configFile], output: outputFile(slot) },
    () => {
      removeRunFiles(slot);
      slot.release();
    },
  );
  const engine = openEngine(engineAddress({ host }, {}));
  const end = async (): Promise<void> => {
    await running.kill();
    removeRunFiles(slot);
    slot.release();
  };
  try {
    await untilReady(engine, running, slot);
    await clearEngine(engine);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    host,
    stop: async () => {
      await clearEngine(engine).finally(end);
    },
  };
}

function configOf(slot: Slot, host: string): object {
  return {
    hosts: [host],
    'data-root': path.join(slot.folder, 'data'),
    'exec-root': path.join(slot.folder, 'run'),
    pidfile: path.join(slot.folder, 'docker.pid'),
    'cgroup-parent': `/${cgroupOf(slot)}`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    bridge: 'none',
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
    // Nothing answers there: a name that no container has is unknown at once, not after seconds.
    dns: ['127.0.0.1'],
    'shutdown-timeout': 5,
    'log-level': 'warn',
  };
}

function outputFile({ folder }: Slot): string {
  return path.join(folder, 'output.log');
}

async function untilReady(engine: Engine, running: NamespacedProcess, slot: Slot): Promise<void> {
  const state = await waitFor(async () => {
    if (running.hasEnded()) return 'ended';
    return engine.apiVersion().then(
      () => 'ready',
      () => undefined,
    );
  }, BOOT_TIMEOUT_MS);
  if (state === 'ready') return;
  const said = tail(fs.readFileSync(outputFile(slot), 'utf8'), 3).replaceAll('\n', '; ');
  throw new Error(`a private Docker Engine ${state === 'ended' ? 'ended' : 'was not ready'}: ${said}`);
}

/** All but the images. A run that was killed could not do it. */
function removeRunFiles(slot: Slot): void {
  const keep = new Set(['data']);
  const names = fs.existsSync(slot.folder) ? fs.readdirSync(slot.folder) : [];
  for (const name of names.filter((one) => !keep.has(one))) {
    fs.rmSync(path.join(slot.folder, name), { recursive: true, force: true });
  }
  removeCgroups(cgroupOf(slot));
}

function cgroupOf({ name }: Slot): string {
  return `warren-docker-${name}`;
}
