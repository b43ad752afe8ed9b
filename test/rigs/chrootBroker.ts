/** A RabbitMQ broker of one node that runs from an unpacked Debian tree, where there is no Docker. */
import { findFreePorts } from '../../tools/freePort';
import type { PrivateNode } from '../../tools/localBroker/node';
import { findProgram, tail, waitFor } from '../../tools/processes';
import { outputOf, removeFiles, startNode } from './chrootNode';
import type { DebianSuite } from './debianPackages';
import { ensureDebianTree } from './debianTree';
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
  /** Beyond those that all of the rigs' brokers have. */
  readonly plugins?: readonly string[];
  readonly openFilesMax?: number;
}

/** A limit against hanging: many boot at the same time, on a new machine beside the build of Pulumi's engine. */
const BOOT_TIMEOUT_MS = 300_000;
const ATTEMPTS_MAX = 3;

/** Why nodes from trees can't run on this machine; undefined when they can. */
export function chrootObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'neither Docker with the official image nor Linux';
  if (process.getuid?.() !== 0) return 'neither Docker with the official image nor root';
  const missing = ['unshare', 'chroot'].find((name) => findProgram(name) === undefined);
  return missing === undefined ? undefined : `no Docker with the official image, and no \`${missing}\``;
}

/**
 * Boots a node from the tree of `suite` and waits until guest can log in.
 * @throws Error with the reason, and the end of the node's output when it doesn't boot within 300 s
 */
export async function startChrootBroker(
  suite: DebianSuite,
  onProgress: (text: string) => void,
  files: NodeFiles = {},
): Promise<StartedBroker> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await boot(suite, onProgress, files);
    } catch (error) {
      // Its ports were free when it was told them: another process was faster.
      if (attempt === ATTEMPTS_MAX || !String(error).includes('eaddrinuse')) throw error;
    }
  }
}

async function boot(
  suite: DebianSuite,
  onProgress: (text: string) => void,
  files: NodeFiles,
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
    plugins: [...RIG_PLUGINS, ...(files.plugins ?? [])],
    ...(conf === undefined ? {} : { conf }),
  };
  const running = startNode(tree, node, files.contents, files.openFilesMax);
  const stop = async () => {
    await running.kill();
    removeFiles(tree, node);
  };
  const guest = { managementPort: management, username: 'guest', password: 'guest' };
  const state = await waitFor(async () => {
    if (running.hasEnded()) return 'ended';
    return (await canLogIn(guest)) ? 'ready' : undefined;
  }, BOOT_TIMEOUT_MS);
  if (state === 'ready') return { amqpPort: amqp, managementPort: management, stop };
  const said = tail(outputOf(tree, node), 10);
  await stop();
  throw new Error(`the node ${state === 'ended' ? 'ended while booting' : 'did not boot in time'}:\n${said}`);
}
