/**
 * A Kubernetes of the tests' own, for machines that have none: Kubernetes' own programs on a node that is a namespace
 * of this machine. Nobody else sees it, several are possible side by side, and all that runs ends with this process.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { tail, waitFor } from '../../../tools/processes';
import { makeCgroups, removeCgroups } from '../cgroups';
import { takeSlot, type Slot } from '../slots';
import { accessTo, type Access } from './access';
import { writeProgramImage } from './archives';
import {
  API_PORT,
  containerdSocket,
  PAUSE_IMAGE,
  startApiServer,
  startContainerd,
  startControllers,
  startDns,
  startKubelet,
  startServiceProxy,
  type ControlPlane,
} from './controlPlane';
import { CONTEXT, kubeconfigOf, writeCredentials } from './credentials';
import { NODE_ADDRESS, NODE_NAME, startNode, type Node } from './node';
import type { Programs } from './programs';
import { startRelay, type Relay } from './relay';

export interface PrivateCluster extends ControlPlane {
  /** File that works on this machine. */
  readonly hostKubeconfig: string;
  readonly context: string;
  readonly access: Access;
  /** Followed by the name of an archive, gives containerd its images. */
  readonly importCommand: readonly string[];
  /** @throws Error */
  readonly importImages: (archive: string) => Promise<void>;
  /** Ends everything, and removes what it has written. */
  readonly stop: () => Promise<void>;
}

/** So many test runs can have one at once on this machine. */
const SLOTS = 8;
const API_TIMEOUT_MS = 120_000;
const NODE_TIMEOUT_MS = 120_000;
const CONTAINERD_TIMEOUT_MS = 60_000;
const IMPORT_TIMEOUT_MS = 300_000;
const POLL_MS = 200;

/** @throws Error with the reason when it can't be had */
export async function startPrivateCluster(tree: string, programs: Programs): Promise<PrivateCluster> {
  const slot = await takeSlot({
    kind: 'k8s',
    prefix: 'cluster',
    count: SLOTS,
    longestSocket: 'containerd.sock.ttrpc',
    what: 'a Kubernetes',
  });
  // Of a run that was killed: its processes are gone, its files are not.
  removeFiles(slot);
  fs.mkdirSync(slot.folder, { recursive: true, mode: 0o700 });
  makeCgroups(cgroupOf(slot));
  // Once: after a signal, the test runner still calls `stop`, and by then another run may have the slot.
  let hasSlot = true;
  const giveBack = (): void => {
    if (!hasSlot) return;
    hasSlot = false;
    removeFiles(slot);
    slot.release();
  };
  const node = await startNode(tree, slot.folder, giveBack).catch((error: unknown) => {
    giveBack();
    throw error;
  });
  let relay: Relay | undefined;
  const stop = async (): Promise<void> => {
    relay?.stop();
    await node.stop();
    giveBack();
  };
  try {
    relay = await startRelay(node.networkFile, NODE_ADDRESS, API_PORT);
    return { ...(await startAll(node, slot, tree, programs, relay)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  node: Node,
  slot: Slot,
  tree: string,
  programs: Programs,
  relay: Relay,
): Promise<Omit<PrivateCluster, 'stop'>> {
  const { folder } = slot;
  const credentials = writeCredentials(path.join(folder, 'pki'));
  const kubeconfig = writeKubeconfig(folder, 'node', `https://${NODE_ADDRESS}:${API_PORT}`);
  const hostKubeconfig = writeKubeconfig(folder, 'host', `https://127.0.0.1:${relay.port}`);
  function writeKubeconfig(into: string, name: string, server: string): string {
    const file = path.join(into, `${name}.kubeconfig`);
    fs.writeFileSync(file, kubeconfigOf(server, credentials, credentials.adminToken), { mode: 0o600 });
    return file;
  }
  const plane = {
    ...{ node, programs, folder, credentials },
    ...{ cgroup: cgroupOf(slot), kubeconfig },
  };
  const access = await accessTo(hostKubeconfig);
  startContainerd(plane, tree);
  startApiServer(plane);
  await untilTrue(node, 'its API server is not ready', API_TIMEOUT_MS, async () => {
    await access.core.listNamespace();
    return true;
  });
  startControllers(plane);
  startDns(plane);
  startServiceProxy(plane);
  await untilContainerdAnswers(node, folder);
  const pause = path.join(folder, 'pause.tar');
  await writeProgramImage(PAUSE_IMAGE, path.join(programs.kubernetes, 'pause'), pause);
  await importInto(node, folder, pause);
  startKubelet(plane);
  await untilTrue(node, 'its node is not ready', NODE_TIMEOUT_MS, async () => {
    const { status } = await access.core.readNode({ name: NODE_NAME });
    return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  });
  return {
    ...plane,
    hostKubeconfig,
    context: CONTEXT,
    access,
    importCommand: node.commandOf('/usr/bin/ctr', [...ctrOptions(folder), ...IMPORT]),
    importImages: (archive) => importInto(node, folder, archive),
  };
}

/** @param ask may throw as long as there is nothing to hear */
async function untilTrue(
  node: Node,
  complaint: string,
  timeoutMs: number,
  ask: () => Promise<boolean | undefined>,
): Promise<void> {
  let reason = '';
  const isReady = await waitFor(
    async () => {
      node.check();
      const answer = await ask().catch((error: unknown) => {
        reason = `: ${tail(error instanceof Error ? error.message : String(error), 1)}`;
        return undefined;
      });
      return answer === true ? true : undefined;
    },
    timeoutMs,
    POLL_MS,
  );
  if (isReady === undefined) throw new Error(`a Kubernetes was started, but ${complaint}${reason}`);
}

function untilContainerdAnswers(node: Node, folder: string): Promise<void> {
  return untilTrue(node, 'its containerd does not answer', CONTAINERD_TIMEOUT_MS, async () => {
    const { exitCode } = await ctr(node, folder, ['version'], 5_000);
    return exitCode === 0;
  });
}

async function importInto(node: Node, folder: string, archive: string): Promise<void> {
  const imported = await ctr(node, folder, [...IMPORT, archive], IMPORT_TIMEOUT_MS);
  if (imported.exitCode === 0) return;
  throw new Error(`containerd can't take ${archive}: ${tail(imported.output, 2).replaceAll('\n', '; ')}`);
}

const IMPORT = ['images', 'import'];

function ctrOptions(folder: string): string[] {
  return ['--address', containerdSocket(folder), '--namespace', 'k8s.io'];
}

function ctr(node: Node, folder: string, args: readonly string[], timeoutMs: number) {
  return node.run('/usr/bin/ctr', [...ctrOptions(folder), ...args], timeoutMs);
}

/** Other cache folders have slots of the same names. */
function cgroupOf({ folder }: Slot): string {
  return `warren-k8s-${crypto.createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
}

function removeFiles(slot: Slot): void {
  fs.rmSync(slot.folder, { recursive: true, force: true });
  removeCgroups(cgroupOf(slot));
}
