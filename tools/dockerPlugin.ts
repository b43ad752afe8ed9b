/**
 * Pulumi's docker plugin: the genuine one where it is installed or can be downloaded. Where it can't be had,
 * `provider/offline` takes its place on the PATH of the pulumi that `warren` starts, and of nothing else.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cacheFolder, checkoutFolder } from './folders';
import { findProgram, run } from './processes';

/** As `@pulumi/docker` in package.json. */
export const DOCKER_PLUGIN_VERSION = '5.2.0';
const PROGRAM = 'pulumi-resource-docker';
const INSTALL_TIMEOUT_MS = 180_000;
const TRY_AGAIN_MS = 24 * 3_600_000;

/** The folder to be put on PATH; undefined where the genuine plugin is there. */
export function offlinePluginFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (findProgram(PROGRAM, [], env) !== undefined || isInstalled(env)) return undefined;
  return path.join(checkoutFolder(), 'provider', 'offline');
}

/** Tries to download the genuine plugin where there is none, at most once a day. */
export async function obtainDockerPlugin(
  env: NodeJS.ProcessEnv,
  onProgress: (text: string) => void,
): Promise<void> {
  const mayDownload = env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION !== 'true';
  if (!mayDownload || offlinePluginFolder(env) === undefined || failedLately(env)) return;
  onProgress(`getting Pulumi's docker plugin ${DOCKER_PLUGIN_VERSION}`);
  const words = ['plugin', 'install', 'resource', 'docker', DOCKER_PLUGIN_VERSION];
  const { exitCode } = await run('pulumi', words, { env, timeoutMs: INSTALL_TIMEOUT_MS });
  if (exitCode === 0) return;
  fs.mkdirSync(cacheFolder(env), { recursive: true });
  fs.writeFileSync(failureFile(env), '');
  onProgress(`it can't be downloaded here: Warren's own offline plugin takes its place`);
}

function isInstalled(env: NodeJS.ProcessEnv): boolean {
  const home = env.PULUMI_HOME ?? path.join(os.homedir(), '.pulumi');
  return fs.existsSync(path.join(home, 'plugins', `resource-docker-v${DOCKER_PLUGIN_VERSION}`));
}

function failureFile(env: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(env), `no-docker-plugin-${DOCKER_PLUGIN_VERSION}`);
}

function failedLately(env: NodeJS.ProcessEnv): boolean {
  const failedMs = fs.statSync(failureFile(env), { throwIfNoEntry: false })?.mtimeMs;
  return failedMs !== undefined && Date.now() - failedMs < TRY_AGAIN_MS;
}
