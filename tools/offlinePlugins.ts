/**
 * Pulumi's docker and kubernetes plugins: the genuine ones where they are installed or can be downloaded. Where one
 * can't be had, `provider/offline` takes its place on the PATH of the pulumi that `warren` starts, and of nothing else.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cacheFolder, checkoutFolder } from './folders';
import { findProgram, run } from './processes';

/** As `@pulumi/docker` and `@pulumi/kubernetes` in package.json. */
export const PLUGIN_VERSIONS = { docker: '5.2.0', kubernetes: '4.34.2' } as const;

export type PluginName = keyof typeof PLUGIN_VERSIONS;

const INSTALL_TIMEOUT_MS = 180_000;
const TRY_AGAIN_MS = 24 * 3_600_000;

/** The folder to be put on PATH, with this one plugin in it; undefined where the genuine one is there. */
export function offlinePluginFolder(plugin: PluginName, env: NodeJS.ProcessEnv): string | undefined {
  if (findProgram(programOf(plugin), [], env) !== undefined || isInstalled(plugin, env)) return undefined;
  return folderWith(plugin);
}

/** All of them lie in one folder, and each would hide a genuine one: so each gets a link in a folder of its own. */
function folderWith(plugin: PluginName): string {
  const program = path.join(checkoutFolder(), 'provider', 'offline', programOf(plugin));
  const folder = path.join(checkoutFolder(), 'node_modules', '.cache', 'warren', 'offline', plugin);
  const link = path.join(folder, programOf(plugin));
  try {
    if (fs.existsSync(link) && fs.realpathSync(link) === fs.realpathSync(program)) return folder;
    fs.mkdirSync(folder, { recursive: true });
    // In one step: several may be doing this at once.
    const half = `${link}.${process.pid}`;
    fs.symlinkSync(program, half);
    fs.renameSync(half, link);
    return folder;
  } catch {
    // A checkout that this user can't write to, or a system without links.
    return path.dirname(program);
  }
}

/** Tries to download the genuine plugin where there is none, at most once a day. */
export async function obtainPlugin(
  plugin: PluginName,
  env: NodeJS.ProcessEnv,
  onProgress: (text: string) => void,
): Promise<void> {
  const mayDownload = env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION !== 'true';
  if (!mayDownload || offlinePluginFolder(plugin, env) === undefined || failedLately(plugin, env)) return;
  const version = PLUGIN_VERSIONS[plugin];
  onProgress(`getting Pulumi's ${plugin} plugin ${version}`);
  const words = ['plugin', 'install', 'resource', plugin, version];
  const { exitCode } = await run('pulumi', words, { env, timeoutMs: INSTALL_TIMEOUT_MS });
  if (exitCode === 0) return;
  fs.mkdirSync(cacheFolder(env), { recursive: true });
  fs.writeFileSync(failureFile(plugin, env), '');
  onProgress(`it can't be downloaded here: Warren's own offline plugin takes its place`);
}

function programOf(plugin: PluginName): string {
  return `pulumi-resource-${plugin}`;
}

function isInstalled(plugin: PluginName, env: NodeJS.ProcessEnv): boolean {
  const home = env.PULUMI_HOME ?? path.join(os.homedir(), '.pulumi');
  return fs.existsSync(path.join(home, 'plugins', `resource-${plugin}-v${PLUGIN_VERSIONS[plugin]}`));
}

function failureFile(plugin: PluginName, env: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(env), `no-${plugin}-plugin-${PLUGIN_VERSIONS[plugin]}`);
}

function failedLately(plugin: PluginName, env: NodeJS.ProcessEnv): boolean {
  const failedMs = fs.statSync(failureFile(plugin, env), { throwIfNoEntry: false })?.mtimeMs;
  return failedMs !== undefined && Date.now() - failedMs < TRY_AGAIN_MS;
}
