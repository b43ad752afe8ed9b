import { execFileSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { ensureEngine, findEngine } from '../../tools/engine/index';
import { findChecksum } from '../../tools/engine/download';
import { ENGINE_VERSION, releasePlatform } from '../../tools/engine/release';
import { missingEngine } from '../rigs/pulumi';
import { temporaryFolder, writeScript } from './helpers';

/** Nobody listens there: a download fails at once. */
const NO_DOWNLOADS = 'http://127.0.0.1:9/none';
const SYSTEM_PATH = '/usr/bin:/bin';

describe('findEngine', () => {
  it.skipIf(missingEngine() !== undefined)('finds the real engine on PATH', async () => {
    const binFolder = inject('engineFolder');
    const env = {
      PATH: `${binFolder}:${SYSTEM_PATH}`,
      WARREN_CACHE: temporaryFolder(),
      HOME: temporaryFolder(),
    };
    const engine = await findEngine({ env });
    expect(engine).toMatchObject({ binFolder, source: 'PATH' });
    expect(engine?.version).toMatch(/^3\.\d+\.\d+/);
  });

  it('does not take a pulumi without its Node language host, a too old one, or one that does not run', async () => {
    const folder = temporaryFolder();
    const env = { PATH: `${folder}:${SYSTEM_PATH}`, WARREN_CACHE: temporaryFolder() };
    writeScript(path.join(folder, 'pulumi'), 'echo v3.250.0');
    expect(await findEngine({ env })).toBeUndefined();
    writeScript(path.join(folder, 'pulumi-language-nodejs'), 'true');
    expect(await findEngine({ env })).toMatchObject({ version: '3.250.0' });
    writeScript(path.join(folder, 'pulumi'), 'echo v3.99.1');
    expect(await findEngine({ env })).toBeUndefined();
    writeScript(path.join(folder, 'pulumi'), 'echo broken >&2; exit 1');
    expect(await findEngine({ env })).toBeUndefined();
  });

  it('asks a program for its version once, and another one again', async () => {
    const folder = temporaryFolder();
    const env = { PATH: `${folder}:${SYSTEM_PATH}`, WARREN_CACHE: temporaryFolder() };
    const asked = path.join(folder, 'asked');
    const padding = `\n# ${'x'.repeat(1_000_000)}`;
    writeScript(path.join(folder, 'pulumi-language-nodejs'), 'true');
    writeScript(path.join(folder, 'pulumi'), `echo >>${asked}; echo v3.250.0${padding}`);
    expect(await findEngine({ env })).toMatchObject({ version: '3.250.0' });
    expect(await findEngine({ env })).toMatchObject({ version: '3.250.0' });
    expect(fs.readFileSync(asked, 'utf8')).toBe('\n');
    writeScript(path.join(folder, 'pulumi'), `echo >>${asked}; echo v3.251.10${padding}`);
    expect(await findEngine({ env })).toMatchObject({ version: '3.251.10' });
    // As small as a version manager's, it may start another one each time.
    for (const version of ['3.252.0', '3.253.0']) {
      writeScript(path.join(folder, 'pulumi'), `cat ${path.join(folder, 'chosen')}`);
      fs.writeFileSync(path.join(folder, 'chosen'), `v${version}\n`);
      expect(await findEngine({ env })).toMatchObject({ version });
    }
  });
});

describe('ensureEngine', () => {
  it('downloads the release, verifies it, and finds it in the cache from then on', async () => {
    const env = {
      PATH: pathWithOldGo(),
      WARREN_CACHE: temporaryFolder(),
      WARREN_PULUMI_DOWNLOADS: await serve({}),
    };
    const engine = await ensureEngine({ env });
    expect(engine).toMatchObject({ source: 'download', version: ENGINE_VERSION });
    expect(fs.readdirSync(engine.binFolder).sort()).toEqual([
      '.verified',
      'pulumi',
      'pulumi-language-nodejs',
    ]);
    // It ran already, and isn't asked again.
    writeScript(path.join(engine.binFolder, 'pulumi'), 'exit 1');
    expect(await ensureEngine({ env })).toEqual({ ...engine, source: 'cache' });
  });

  it('gets it once when two want it at the same time', async () => {
    const env = {
      PATH: pathWithOldGo(),
      WARREN_CACHE: temporaryFolder(),
      WARREN_PULUMI_DOWNLOADS: await serve({}),
    };
    const engines = await Promise.all([ensureEngine({ env }), ensureEngine({ env })]);
    expect(engines.map(({ source }) => source).sort()).toEqual(['cache', 'download']);
  });

  it('refuses an archive with another checksum, and says every way out', async () => {
    const cache = temporaryFolder();
    const downloads = await serve({ checksum: 'a'.repeat(64) });
    const env = { PATH: pathWithOldGo(), WARREN_CACHE: cache, WARREN_PULUMI_DOWNLOADS: downloads };
    const failure = ensureEngine({ env });
    await expect(failure).rejects.toThrow(/is not what Pulumi published/);
    await expect(failure).rejects.toThrow(/Go 1\.21 or newer is needed/);
    await expect(failure).rejects.toThrow(/Way out: install Pulumi/);
    expect(fs.readdirSync(path.join(cache, 'engine'))).toEqual([]);
  });

  it('goes on within seconds where no download site answers', async () => {
    const progress: string[] = [];
    const env = {
      PATH: pathWithOldGo(),
      WARREN_CACHE: temporaryFolder(),
      WARREN_PULUMI_DOWNLOADS: NO_DOWNLOADS,
    };
    const onProgress = (text: string) => progress.push(text);
    await expect(ensureEngine({ env, onProgress })).rejects.toThrow(/127\.0\.0\.1:9/);
    expect(progress[0]).toContain('the download of Pulumi');
  });

  it('without curl too', async () => {
    const bin = path.dirname(pathWithOldGo().split(':')[0] ?? '');
    for (const program of ['tar', 'gzip', 'sh', 'echo']) {
      fs.symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), path.join(bin, program));
    }
    const downloads = await serve({});
    const env = { PATH: bin, WARREN_CACHE: temporaryFolder(), WARREN_PULUMI_DOWNLOADS: downloads };
    expect(await ensureEngine({ env })).toMatchObject({ source: 'download' });
  });
});

describe('an engine that was built before it could start policy packs', () => {
  const HOST = 'pulumi-language-nodejs';

  /** A cache with such an engine, and its folder. */
  function oldCache(): { readonly cache: string; readonly folder: string } {
    const cache = temporaryFolder();
    const folder = path.join(cache, 'engine', `${ENGINE_VERSION}-${process.platform}-${process.arch}`);
    writeScript(path.join(folder, 'pulumi'), `echo v${ENGINE_VERSION}`);
    for (const name of [HOST, `${HOST}-unwrapped`]) writeScript(path.join(folder, name), 'echo old');
    return { cache, folder };
  }

  /** Has the host's sources, and copies what it shall build. */
  function pathWithGo(mainFile: string): string {
    const bin = path.join(temporaryFolder(), 'bin');
    const sources = temporaryFolder();
    fs.writeFileSync(path.join(sources, 'main.go'), mainFile);
    const script = [
      'case "$1" in',
      '  env) echo go1.24.0;;',
      `  list) echo ${sources};;`,
      '  build) while [ "$1" != -o ]; do shift; done; cat main.go runPlugin.go > "$2"; chmod +x "$2";;',
      'esac',
    ];
    writeScript(path.join(bin, 'go'), script.join('\n'));
    return `${bin}:${SYSTEM_PATH}`;
  }

  it('gets another host where that is asked for, once', async () => {
    const { cache, folder } = oldCache();
    const env = { PATH: pathWithGo('a { return errors.New("not supported") }\n'), WARREN_CACHE: cache };
    const host = path.join(folder, `${HOST}-unwrapped`);
    expect(await ensureEngine({ env })).toMatchObject({ source: 'cache' });
    expect(fs.readFileSync(host, 'utf8')).toContain('echo old');
    expect(await ensureEngine({ env, renew: true })).toMatchObject({ source: 'cache', binFolder: folder });
    expect(fs.readFileSync(host, 'utf8')).toMatch(/^a \{ return runPlugin\(req, server\) \}\n/);
    expect(fs.readFileSync(host, 'utf8')).toContain('func runPlugin(');
    expect(fs.readFileSync(path.join(folder, HOST), 'utf8')).toContain('-unwrapped" -typescript=false');
    fs.writeFileSync(host, 'kept');
    await ensureEngine({ env, renew: true });
    expect(fs.readFileSync(host, 'utf8')).toBe('kept');
  });

  it.each([
    ['no Go that could build it', pathWithOldGo, /stays as it is: Go 1\.21 or newer is needed/],
    ['another release', () => pathWithGo('func main() {}'), /stays as it is: .* is another release/],
  ])('stays as it is with %s', async (_, pathOf, said) => {
    const { cache, folder } = oldCache();
    const progress: string[] = [];
    const env = { PATH: pathOf(), WARREN_CACHE: cache };
    const onProgress = (text: string) => progress.push(text);
    expect(await ensureEngine({ env, renew: true, onProgress })).toMatchObject({ source: 'cache' });
    expect(progress.at(-1)).toMatch(said);
    expect(fs.readFileSync(path.join(folder, `${HOST}-unwrapped`), 'utf8')).toContain('echo old');
  });
});

describe('the release', () => {
  it('is named as Pulumi names it', () => {
    expect(releasePlatform('linux', 'x64')).toBe('linux-x64');
    expect(releasePlatform('darwin', 'arm64')).toBe('darwin-arm64');
    expect(releasePlatform('win32', 'x64')).toBeUndefined();
  });

  it('has its checksum in lists of both usual forms', () => {
    expect(findChecksum('AA11  one.tar.gz\nbb22 *two.tar.gz\n', 'one.tar.gz')).toBe('aa11');
    expect(findChecksum('AA11  one.tar.gz\nbb22 *two.tar.gz\n', 'two.tar.gz')).toBe('bb22');
    expect(findChecksum('aa11  one.tar.gz\n', 'tar.gz')).toBeUndefined();
  });

  it('is the version that go.mod pins', () => {
    const goMod = fs.readFileSync(path.join(__dirname, '../../tools/engine/pulumi/go.mod'), 'utf8');
    expect(goMod).toContain(`github.com/pulumi/pulumi/pkg/v3 v${ENGINE_VERSION}`);
  });
});

/** So that a test whose download fails doesn't build for minutes. */
function pathWithOldGo(): string {
  const bin = path.join(temporaryFolder(), 'bin');
  writeScript(path.join(bin, 'go'), 'echo go1.20.1');
  return `${bin}:${SYSTEM_PATH}`;
}

/** A download site with an archive of two scripts. */
async function serve(options: { checksum?: string }): Promise<string> {
  const folder = temporaryFolder();
  writeScript(path.join(folder, 'pulumi', 'pulumi'), `echo v${ENGINE_VERSION}`);
  writeScript(path.join(folder, 'pulumi', 'pulumi-language-nodejs'), 'true');
  writeScript(path.join(folder, 'pulumi', 'pulumi-language-other'), 'true');
  const archive = execFileSync('tar', ['-czf', '-', '-C', folder, 'pulumi']);
  const checksum = options.checksum ?? crypto.createHash('sha256').update(archive).digest('hex');
  const name = `pulumi-v${ENGINE_VERSION}-${process.platform}-${process.arch}.tar.gz`;
  const files = new Map<string, Buffer>([
    [`/sdk/${name}`, archive],
    [`/sdk/pulumi-${ENGINE_VERSION}-checksums.txt`, Buffer.from(`${checksum}  ${name}\n`)],
  ]);
  const server = http.createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sdk/`;
}
