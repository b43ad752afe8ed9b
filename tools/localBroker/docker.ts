/** RabbitMQ's official image as a container of ours, where a Docker engine runs on this machine. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findProgram, run, tail, waitFor } from '../processes';
import { BrokerError } from './brokerError';
import { enabledPlugins } from './node';
import { isListening, isManagementUp } from './readiness';
import type { ContainerRecord } from './record';

const ANSWER_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 60_000;
const PULL_TIMEOUT_MS = 300_000;
const BOOT_TIMEOUT_MS = 120_000;
/** Says whose container it is: only those are ever stopped or removed. */
const LABEL = 'warren.state-folder';

export const PREFERRED_IMAGE = 'rabbitmq:4.3-management';

/** Whether a Docker engine runs here. One on another machine doesn't count: its ports aren't on our 127.0.0.1. */
export async function isDockerRunning(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (findProgram('docker', [], env) === undefined) return false;
  const docker = (...args: string[]) => run('docker', args, { env, timeoutMs: ANSWER_TIMEOUT_MS });
  const [info, context] = await Promise.all([
    docker('info', '--format', '{{.ServerVersion}}'),
    docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'),
  ]);
  const host = env.DOCKER_HOST ?? context.stdout.trim();
  return info.exitCode === 0 && info.stdout.trim() !== '' && /^(unix|npipe):/.test(host);
}

/**
 * An image of RabbitMQ with the management plugin: `wanted` when it is here or can be pulled, else, with
 * `anyVersion`, the newest that is here. undefined when there is none.
 */
export async function obtainImage(
  wanted: string,
  anyVersion: boolean,
  onProgress: (text: string) => void,
): Promise<string | undefined> {
  const local = await run('docker', ['image', 'inspect', wanted], { timeoutMs: COMMAND_TIMEOUT_MS });
  if (local.exitCode === 0) return wanted;
  onProgress(`pulling the image ${wanted}`);
  const pull = await run('docker', ['pull', '--quiet', wanted], { timeoutMs: PULL_TIMEOUT_MS });
  if (pull.exitCode === 0) return wanted;
  onProgress(`${wanted} can't be pulled: ${pull.timedOut ? 'it takes too long' : tail(pull.output, 1)}`);
  if (!anyVersion) return undefined;
  const list = await run('docker', ['images', 'rabbitmq', '--format', '{{.Tag}}'], {
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
  const tag = newestUsableTag(list.stdout.split('\n'));
  return tag === undefined ? undefined : `rabbitmq:${tag}`;
}

/** Of tags such as `3.13-management-alpine` the newest version from 3.10 on; `management` and `latest` say none. */
export function newestUsableTag(tags: readonly string[]): string | undefined {
  const usable = tags.flatMap((tag) => {
    const match = /^(\d+)(?:\.(\d+))?(?:\.\d+)?-management/.exec(tag);
    if (match === null) return [];
    const version = Number(match[1]) * 1000 + Number(match[2] ?? 999);
    return version >= 3010 ? [{ tag, version }] : [];
  });
  return usable.sort((a, b) => b.version - a.version)[0]?.tag;
}

/**
 * Creates and starts the container of `record`, or starts it again, and waits until its management API answers.
 * @throws BrokerError with Docker's words or the end of the container's log
 */
export async function startContainer(stateFolder: string, record: ContainerRecord): Promise<void> {
  const name = record.containerName;
  if (!(await isContainerOurs(stateFolder, name))) await createContainer(stateFolder, record);
  await mustDocker(['start', name]);
  const state = await waitFor(async () => {
    const { management, amqp } = record.ports;
    if ((await isManagementUp(management)) && (await isListening(amqp))) return 'ready';
    return (await isContainerRunning(name)) ? undefined : 'ended';
  }, BOOT_TIMEOUT_MS);
  if (state === 'ready') return;
  const log = await run('docker', ['logs', '--tail', '12', name], { timeoutMs: COMMAND_TIMEOUT_MS });
  await run('docker', ['stop', name], { timeoutMs: COMMAND_TIMEOUT_MS });
  const problem =
    state === 'ended' ? 'ended while it booted' : `did not boot within ${BOOT_TIMEOUT_MS / 1000} s`;
  throw new BrokerError(`The container ${name} (${record.image}) ${problem}.\n${log.output.trimEnd()}`);
}

async function createContainer(stateFolder: string, record: ContainerRecord): Promise<void> {
  const name = record.containerName;
  await mustDocker([
    'create',
    // The data is found by the node's name, which comes from the host name.
    ...['--volume', `${name}:/var/lib/rabbitmq`],
    ...['--name', name, '--hostname', name, '--label', `${LABEL}=${path.resolve(stateFolder)}`],
    ...['--publish', `127.0.0.1:${record.ports.amqp}:5672`],
    ...['--publish', `127.0.0.1:${record.ports.management}:15672`],
    record.image,
  ]);
  // Copied, not mounted: a container may not see this machine's folders. Connections reach it from outside of its
  // own loopback, from where guest is refused unless told otherwise; guest is deleted soon anyway.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-broker-'));
  try {
    const file = path.join(folder, '90-warren.conf');
    fs.writeFileSync(file, 'loopback_users = none\ndisk_free_limit.absolute = 50MB\n', { mode: 0o644 });
    await mustDocker(['cp', file, `${name}:/etc/rabbitmq/conf.d/90-warren.conf`]);
    if (record.plugins !== undefined) {
      const list = path.join(folder, 'enabled_plugins');
      fs.writeFileSync(list, enabledPlugins(record.plugins), { mode: 0o644 });
      await mustDocker(['cp', list, `${name}:/etc/rabbitmq/enabled_plugins`]);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws BrokerError when a container of that name exists that isn't ours */
export async function isContainerOurs(stateFolder: string, name: string): Promise<boolean> {
  const result = await run(
    'docker',
    ['inspect', '--type', 'container', '--format', `{{index .Config.Labels "${LABEL}"}}`, name],
    {
      timeoutMs: COMMAND_TIMEOUT_MS,
    },
  );
  if (result.exitCode !== 0) return false;
  if (result.stdout.trim() === path.resolve(stateFolder)) return true;
  throw new BrokerError(`A container named ${name} exists that Warren did not make: rename or remove it.`);
}

export async function isContainerRunning(name: string): Promise<boolean> {
  const result = await run(
    'docker',
    ['inspect', '--type', 'container', '--format', '{{.State.Running}}', name],
    {
      timeoutMs: COMMAND_TIMEOUT_MS,
    },
  );
  return result.stdout.trim() === 'true';
}

/** Stops the container. Does nothing when it doesn't exist; this holds for the next two as well. */
export async function stopContainer(stateFolder: string, name: string): Promise<void> {
  if (await isContainerOurs(stateFolder, name)) await mustDocker(['stop', name]);
}

/** Removes the container, not its data: a new one of that name goes on with it. */
export async function removeContainer(stateFolder: string, name: string): Promise<void> {
  if (await isContainerOurs(stateFolder, name)) await mustDocker(['rm', '--force', name]);
}

/** Removes the container and its data. */
export async function destroyContainer(stateFolder: string, name: string): Promise<void> {
  await removeContainer(stateFolder, name);
  await mustDocker(['volume', 'rm', '--force', name]);
}

async function mustDocker(args: readonly string[]): Promise<string> {
  const result = await run('docker', args, { timeoutMs: COMMAND_TIMEOUT_MS });
  if (result.exitCode === 0) return result.stdout;
  const cause = result.timedOut ? `no answer within ${COMMAND_TIMEOUT_MS / 1000} s` : tail(result.output, 3);
  throw new BrokerError(`docker ${args[0] ?? ''} failed: ${cause}`);
}
