/** Pulumi's official release, downloaded and verified by its published checksums. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findProgram, run, tail } from '../processes';
import { ENGINE_PROGRAMS, ENGINE_VERSION, EngineError, type Progress, releasePlatform } from './release';

const DEFAULT_DOWNLOADS = 'https://get.pulumi.com/releases/sdk';
// The same checksums, where releases are published; looked at when the download site doesn't have them.
const PUBLISHED_CHECKSUMS = 'https://github.com/pulumi/pulumi/releases/download';
// A machine without the internet must go on quickly.
const CONNECT_TIMEOUT_MS = 3_000;
const DOWNLOAD_TIMEOUT_MS = 600_000;

/**
 * Puts the engine's programs into `folder`, which must exist.
 * `$WARREN_PULUMI_DOWNLOADS` replaces the download site (for a mirror).
 * @throws EngineError with the reason, which `ensureEngine` shows only when no other way works either
 */
export async function downloadEngine(
  folder: string,
  onProgress: Progress,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const platform = releasePlatform(process.platform, process.arch);
  if (platform === undefined) {
    throw new EngineError(`Pulumi publishes no archive for ${process.platform}-${process.arch}`);
  }
  const mirror = env.WARREN_PULUMI_DOWNLOADS;
  const base = (mirror === undefined || mirror === '' ? DEFAULT_DOWNLOADS : mirror).replace(/\/+$/, '');
  const name = `pulumi-v${ENGINE_VERSION}-${platform}.tar.gz`;
  const archive = path.join(folder, name);
  const checksum = await fetchChecksum(base, name, folder, env);
  onProgress(`downloading Pulumi ${ENGINE_VERSION} from ${new URL(base).host}`);
  await download(`${base}/${name}`, archive, DOWNLOAD_TIMEOUT_MS, env);
  await verify(archive, checksum);
  await unpack(archive, folder);
  fs.rmSync(archive);
}

async function fetchChecksum(
  base: string,
  name: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const file = path.join(folder, 'checksums.txt');
  const listName = `pulumi-${ENGINE_VERSION}-checksums.txt`;
  const atReleases = `${PUBLISHED_CHECKSUMS}/v${ENGINE_VERSION}/${listName}`;
  try {
    await download(`${base}/${listName}`, file, 30_000, env);
  } catch (error) {
    const isMissing = base === DEFAULT_DOWNLOADS && error instanceof NotThere;
    if (!isMissing) throw error;
    await download(atReleases, file, 30_000, env);
  }
  const list = fs.readFileSync(file, 'utf8');
  fs.rmSync(file);
  const checksum = findChecksum(list, name);
  if (checksum === undefined) throw new EngineError(`${listName} has no checksum of ${name}`);
  return checksum;
}

/** The hexadecimal checksum of a file in a list as sha256sum and sha512sum print it. */
export function findChecksum(list: string, name: string): string | undefined {
  const line = list.split('\n').find((text) => text.trim().split(/\s+\*?/)[1] === name);
  return line?.trim().split(/\s+/)[0]?.toLowerCase();
}

/** @throws EngineError when the file is not what its checksum (SHA-256 or SHA-512, told by its length) says */
export async function verify(file: string, checksum: string): Promise<void> {
  const algorithm = new Map([
    [64, 'sha256'],
    [128, 'sha512'],
  ]).get(checksum.length);
  if (algorithm === undefined) throw new EngineError(`"${checksum}" is neither a SHA-256 nor a SHA-512`);
  const hash = crypto.createHash(algorithm);
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  const actual = hash.digest('hex');
  if (actual === checksum) return;
  throw new EngineError(
    `${path.basename(file)} is not what Pulumi published: its ${algorithm} is ${actual}, expected ${checksum}. ` +
      'It was not used. A proxy that rewrites downloads or a broken mirror does this.',
  );
}

async function unpack(archive: string, folder: string): Promise<void> {
  const members = ENGINE_PROGRAMS.map((program) => `pulumi/${program}`);
  const result = await run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', ...members]);
  if (result.exitCode !== 0) throw new EngineError(`tar can't unpack ${archive}: ${tail(result.output, 2)}`);
}

class NotThere extends EngineError {}

/** curl knows the machine's proxies; where it is missing, Node's own client does for machines without one. */
async function download(url: string, file: string, timeoutMs: number, env: NodeJS.ProcessEnv): Promise<void> {
  const curl = findProgram('curl', [], env);
  if (curl === undefined) {
    await downloadByFetch(url, file, timeoutMs);
    return;
  }
  const seconds = (ms: number) => String(ms / 1000);
  const limits = ['--connect-timeout', seconds(CONNECT_TIMEOUT_MS), '--max-time', seconds(timeoutMs)];
  // A connection that trickles is as good as none.
  const stall = ['--speed-limit', '1000', '--speed-time', '20'];
  const result = await run(curl, ['-fsSL', ...limits, ...stall, '-o', file, url], { env });
  if (result.exitCode === 0) return;
  const reason = tail(result.output, 1).replace(/^curl: \(\d+\) /, '');
  // curl's 22: the server answered with 400 or more.
  if (result.exitCode === 22 && /\b404\b/.test(reason)) throw new NotThere(`${url}: ${reason}`);
  throw new EngineError(`${url}: ${reason}`);
}

async function downloadByFetch(url: string, file: string, timeoutMs: number): Promise<void> {
  const abort = new AbortController();
  const limit = (ms: number, what: string) =>
    setTimeout(() => {
      abort.abort(new Error(what));
    }, ms);
  const total = limit(timeoutMs, `not done after ${timeoutMs / 1000} s`);
  const connect = limit(CONNECT_TIMEOUT_MS, `no answer within ${CONNECT_TIMEOUT_MS / 1000} s`);
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(connect);
    if (response.status === 404) throw new NotThere(`${url}: HTTP 404`);
    if (!response.ok || response.body === null) throw new EngineError(`${url}: HTTP ${response.status}`);
    await fs.promises.writeFile(file, response.body);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
    throw new EngineError(`${url}: ${cause.message}`);
  } finally {
    clearTimeout(connect);
    clearTimeout(total);
  }
}
