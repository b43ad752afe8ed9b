/**
 * Pulumi's engine: the machine's own, else ours in the cache folder, else downloaded, else built from pinned modules.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { acquireLock } from '../fileLock';
import { cacheFolder } from '../folders';
import { findProgram, run, tail } from '../processes';
import { downloadEngine } from './download';
import { knownVersion } from './knownVersion';
import { buildEngine, isHostOutdated, renewHost } from './goBuild';
import { ENGINE_PROGRAMS, ENGINE_VERSION, EngineError, INSTALL_PAGE, type Progress } from './release';

export { EngineError } from './release';

export interface Engine {
  /** To be put first on PATH: holds `pulumi`, and its Node language host unless that is elsewhere on PATH. */
  readonly binFolder: string;
  /** Without the `v`. */
  readonly version: string;
  readonly source: 'PATH' | 'cache' | 'download' | 'go';
}

export interface EngineOptions {
  readonly onProgress?: Progress;
  readonly env?: NodeJS.ProcessEnv;
  /** Also brings an engine that an earlier version of this checkout has built up to date, where that is possible. */
  readonly renew?: boolean;
}

// Before it, Pulumi.yaml can't name a provider's folder and the file backend can't leave its metadata files out.
const OLDEST_VERSION = [3, 100, 0];
const LOCK_TIMEOUT_MS = 3_600_000;
const SMOKE_TIMEOUT_MS = 60_000;

/** The engine that is there, on PATH or in the cache folder; undefined when there is none (or only a too old one). */
export async function findEngine(options: EngineOptions = {}): Promise<Engine | undefined> {
  const env = options.env ?? process.env;
  return (await engineOnPath(env)) ?? (await engineInCache(env));
}

/**
 * The engine; got and kept in the cache folder when the machine has none. Takes 3 minutes at most on a usual machine.
 * @throws EngineError with every way that was tried, why it failed, and what to do
 */
export async function ensureEngine(options: EngineOptions = {}): Promise<Engine> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => undefined);
  const isEnough = ({ source, binFolder }: Engine): boolean =>
    options.renew !== true || source !== 'cache' || !isHostOutdated(binFolder);
  const present = await findEngine(options);
  if (present !== undefined && isEnough(present)) return present;
  const unlock = await acquireLock(`${cachedFolder(env)}.lock`, {
    timeoutMs: LOCK_TIMEOUT_MS,
    onWait: (holder) => {
      onProgress(`process ${holder} is getting Pulumi's engine: waiting for it`);
    },
  });
  try {
    const cached = await engineInCache(env);
    if (cached === undefined) return await getEngine(env, onProgress);
    if (!isEnough(cached)) await tryToRenew(cached.binFolder, env, onProgress);
    return cached;
  } finally {
    unlock();
  }
}

async function getEngine(env: NodeJS.ProcessEnv, onProgress: Progress): Promise<Engine> {
  const failures: string[] = [];
  const ways = [
    { source: 'download', label: 'The download', get: downloadEngine },
    {
      source: 'go',
      label: 'The build',
      get: (folder: string) => buildEngine(folder, buildFolder(env), onProgress, env),
    },
  ] as const;
  for (const { source, label, get } of ways) {
    const half = `${cachedFolder(env)}.half`;
    fs.rmSync(half, { recursive: true, force: true });
    fs.mkdirSync(half, { recursive: true });
    try {
      await get(half, onProgress, env);
      const version = await engineVersion(path.join(half, 'pulumi'), env);
      fs.writeFileSync(path.join(half, VERIFIED), version);
      fs.rmSync(cachedFolder(env), { recursive: true, force: true });
      fs.renameSync(half, cachedFolder(env));
      return { binFolder: cachedFolder(env), version, source };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failures.push(`${label} failed: ${error.message}`);
      onProgress(
        `${label.toLowerCase()} of Pulumi ${ENGINE_VERSION} failed: ${error.message.split('\n')[0] ?? ''}`,
      );
    } finally {
      fs.rmSync(half, { recursive: true, force: true });
    }
  }
  throw new EngineError(
    `Pulumi's engine is not on this machine and could not be got.\n${failures.join('\n')}\n` +
      `Way out: install Pulumi (${INSTALL_PAGE}) so that \`pulumi\` is on PATH; or give this machine a network ` +
      'or a mirror (WARREN_PULUMI_DOWNLOADS for the release, GOPROXY for Go modules); or install Go 1.21 or newer.',
  );
}

function buildFolder(env: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(env), 'engine', 'build');
}

/** What there is works for all but policy packs. */
async function tryToRenew(folder: string, env: NodeJS.ProcessEnv, onProgress: Progress): Promise<void> {
  try {
    await renewHost(folder, buildFolder(env), onProgress, env);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    onProgress(`the Node language host stays as it is: ${error.message.split('\n')[0] ?? ''}`);
  }
}

function cachedFolder(env: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(env), 'engine', `${ENGINE_VERSION}-${process.platform}-${process.arch}`);
}

/** Says that the engine beside it ran, once: every command would wait a fifth of a second to see it again. */
const VERIFIED = '.verified';

function verifiedVersion(folder: string): string | undefined {
  const file = path.join(folder, VERIFIED);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

async function engineOnPath(env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  const pulumi = findProgram('pulumi', [], env);
  if (pulumi === undefined) return undefined;
  const besidePulumi = [path.dirname(pulumi), path.dirname(fs.realpathSync(pulumi))];
  if (findProgram('pulumi-language-nodejs', besidePulumi, env) === undefined) return undefined;
  try {
    const version = await knownVersion(pulumi, env, () => engineVersion(pulumi, env));
    return isOlder(version, OLDEST_VERSION)
      ? undefined
      : { binFolder: path.dirname(pulumi), version, source: 'PATH' };
  } catch {
    return undefined;
  }
}

async function engineInCache(env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  const folder = cachedFolder(env);
  if (!ENGINE_PROGRAMS.every((program) => fs.existsSync(path.join(folder, program)))) return undefined;
  try {
    const version = verifiedVersion(folder) ?? (await engineVersion(path.join(folder, 'pulumi'), env));
    return { binFolder: folder, version, source: 'cache' };
  } catch {
    // Broken (a full disk, another machine's home folder): to be got anew.
    return undefined;
  }
}

async function engineVersion(pulumi: string, env: NodeJS.ProcessEnv): Promise<string> {
  const result = await run(pulumi, ['version'], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: 'true' },
    timeoutMs: SMOKE_TIMEOUT_MS,
  });
  const version = /^v?(\d+\.\d+\.\d+\S*)/m.exec(result.stdout)?.[1];
  if (result.exitCode === 0 && version !== undefined) return version;
  throw new EngineError(`${pulumi} does not run: ${tail(result.output, 3)}`);
}

/** Whether `version` comes before the version of these numbers. */
export function isOlder(version: string, oldest: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  const difference = oldest.map((part, index) => (parts[index] ?? 0) - part).find((value) => value !== 0);
  return (difference ?? 0) < 0;
}
