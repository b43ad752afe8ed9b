/** Pulumi's engine, built from the Go modules that go.mod and go.sum beside this file pin. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkoutFolder } from '../folders';
import { GoError, sourcesOf, withGo, type Build, type Go, type GoProgram, type GoWork } from '../goModules';
import { ENGINE_VERSION, EngineError, type Progress } from './release';

const ENGINE: GoProgram = {
  name: 'pulumi',
  moduleFolder: moduleFolder('pulumi'),
  package: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
  linkerFlags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${ENGINE_VERSION}`,
};

/** The last release whose host is part of a module that can be had; it works with newer engines and SDKs. */
const HOST: GoProgram = {
  name: 'pulumi-language-nodejs',
  moduleFolder: moduleFolder('language-nodejs'),
  package: 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
  linkerFlags: '-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.66.0',
};

const UNWRAPPED_HOST = `${HOST.name}-unwrapped`;

/** Says that the host beside it starts policy packs. */
const HOST_MARK = '.runs-policy-packs';

/** Whether the host in a folder was built before it could start policy packs. */
export function isHostOutdated(folder: string): boolean {
  const has = (file: string): boolean => fs.existsSync(path.join(folder, file));
  return has(UNWRAPPED_HOST) && !has(HOST_MARK);
}

function moduleFolder(name: string): string {
  return path.join(checkoutFolder(), 'tools', 'engine', name);
}

/**
 * Builds the engine's programs into `folder`, which must exist. About 3 minutes on 2 cores; 1.5 GB of modules and
 * compiled packages are kept in `workFolder` meanwhile and removed after success.
 * @throws EngineError with the reason and where the build's log is
 */
export async function buildEngine(
  folder: string,
  workFolder: string,
  onProgress: Progress,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const title = `building Pulumi ${ENGINE_VERSION} with Go (once, about 3 minutes)`;
  await withEngineErrors({ folder, workFolder, title, onProgress, env }, async (build, go) => {
    await Promise.all([build(ENGINE), buildHost(build, go, folder)]);
  });
}

/** Builds the Node language host alone, in place of the one in `folder`: a minute of CPU time. @throws EngineError */
export async function renewHost(
  folder: string,
  workFolder: string,
  onProgress: Progress,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const title = 'building a Node language host that starts policy packs (once)';
  const half = path.join(workFolder, 'host');
  fs.mkdirSync(half, { recursive: true });
  await withEngineErrors({ folder: half, workFolder, title, onProgress, env }, async (build, go) => {
    await buildHost(build, go, half);
    // Each in one step: others may be starting it.
    for (const name of [UNWRAPPED_HOST, HOST.name, HOST_MARK]) {
      fs.renameSync(path.join(half, name), path.join(folder, name));
    }
  });
}

/** Whatever Go says is why there is no engine. */
async function withEngineErrors(
  work: GoWork,
  action: (build: Build, go: Go) => Promise<void>,
): Promise<void> {
  try {
    await withGo(work, action);
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    throw new EngineError(error.message);
  }
}

async function buildHost(build: Build, go: Go, folder: string): Promise<void> {
  await build({ ...HOST, moduleFolder: await hostSources(go), package: '.' });
  passOptionOn(folder);
  fs.writeFileSync(path.join(folder, HOST_MARK), '');
}

/** What that release answers to a newer engine that wants a policy pack started, and what takes its place. */
const NOT_SUPPORTED = 'return errors.New("not supported")';
const RUN_PLUGIN = 'return runPlugin(req, server)';

/** The host's sources in a folder of their own, with what runPlugin.go adds. */
async function hostSources(go: Go): Promise<string> {
  const sources = path.join(go.workFolder, 'host-sources');
  fs.rmSync(sources, { recursive: true, force: true });
  fs.mkdirSync(sources, { recursive: true });
  for (const name of ['go.mod', 'go.sum', 'runPlugin.go']) {
    fs.copyFileSync(path.join(HOST.moduleFolder, name), path.join(sources, name));
  }
  const original = await sourcesOf(go, HOST);
  for (const name of fs.readdirSync(original)) {
    if (!name.endsWith('.go') || name.endsWith('_test.go')) continue;
    const text = fs.readFileSync(path.join(original, name), 'utf8');
    if (name === 'main.go' && !text.includes(NOT_SUPPORTED)) {
      throw new EngineError(`${HOST.name} is another release than the one that runPlugin.go is for`);
    }
    fs.writeFileSync(path.join(sources, name), text.replace(NOT_SUPPORTED, RUN_PLUGIN));
  }
  return sources;
}

/**
 * The host of that release hears on its command line what newer ones read in Pulumi.yaml: that the program needs no
 * ts-node, which would load the TypeScript compiler at every start.
 */
function passOptionOn(folder: string): void {
  const host = path.join(folder, HOST.name);
  if (process.platform === 'win32') return;
  fs.renameSync(host, path.join(folder, UNWRAPPED_HOST));
  const script = `#!/bin/sh\nexec "\${0}-unwrapped" -typescript=false "$@"\n`;
  fs.writeFileSync(host, script, { mode: 0o755 });
}
