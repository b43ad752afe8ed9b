/** Pulumi's engine, built from the Go modules that go.mod and go.sum beside this file pin. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkoutFolder } from '../folders';
import { findProgram, run, tail } from '../processes';
import { ENGINE_VERSION, EngineError, INSTALL_PAGE, type Progress } from './release';

interface GoProgram {
  readonly name: string;
  /** Holds go.mod and go.sum. */
  readonly moduleFolder: string;
  readonly package: string;
  readonly linkerFlags: string;
}

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

// Go that is older than the modules ask for fetches a newer one by itself; it learnt that in 1.21.
const OLDEST_GO_MINOR = 21;
const BUILD_TIMEOUT_MS = 3_600_000;
const PROGRESS_INTERVAL_MS = 5_000;

type Build = (program: GoProgram) => Promise<void>;

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
  await withGo({ folder, workFolder, title, onProgress, env }, async (build, go) => {
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
  await withGo({ folder: half, workFolder, title, onProgress, env }, async (build, go) => {
    await buildHost(build, go, half);
    // Each in one step: others may be starting it.
    for (const name of [UNWRAPPED_HOST, HOST.name, HOST_MARK]) {
      fs.renameSync(path.join(half, name), path.join(folder, name));
    }
  });
}

interface GoWork {
  readonly folder: string;
  readonly workFolder: string;
  /** What is told meanwhile. */
  readonly title: string;
  readonly onProgress: Progress;
  readonly env: NodeJS.ProcessEnv;
}

interface Go {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly workFolder: string;
}

async function withGo(
  { folder, workFolder, title, onProgress, env }: GoWork,
  work: (build: Build, go: Go) => Promise<void>,
): Promise<void> {
  const program = await findGo(env);
  fs.mkdirSync(workFolder, { recursive: true });
  const goEnv = {
    ...env,
    // Not the user's caches: this is all removed again.
    GOMODCACHE: path.join(workFolder, 'modules'),
    GOCACHE: path.join(workFolder, 'compiled'),
    GOFLAGS: '',
    GOWORK: 'off',
    // No C compiler needed, and a program that runs on every distribution.
    CGO_ENABLED: '0',
  };
  const started = Date.now();
  let packages = 0;
  const tell = () => {
    onProgress(`${title}: ${elapsed(started)}, ${packages} packages compiled`);
  };
  tell();
  const timer = setInterval(tell, PROGRESS_INTERVAL_MS);
  const onLine = (line: string) => {
    if (!line.startsWith('go: ')) packages++;
  };
  const go = { program, env: goEnv, workFolder };
  try {
    await work((each) => buildProgram(go, each, folder, onLine), go);
  } finally {
    clearInterval(timer);
  }
  // Go makes its module cache read-only, so that only Go removes it easily.
  await run(program, ['clean', '-modcache'], { env: goEnv });
  fs.rmSync(workFolder, { recursive: true, force: true });
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
async function hostSources({ program, env, workFolder }: Go): Promise<string> {
  const sources = path.join(workFolder, 'host-sources');
  fs.rmSync(sources, { recursive: true, force: true });
  fs.mkdirSync(sources, { recursive: true });
  for (const name of ['go.mod', 'go.sum', 'runPlugin.go']) {
    fs.copyFileSync(path.join(HOST.moduleFolder, name), path.join(sources, name));
  }
  const list = ['list', '-mod=readonly', '-f', '{{.Dir}}', HOST.package];
  const found = await run(program, list, { cwd: HOST.moduleFolder, env, timeoutMs: BUILD_TIMEOUT_MS });
  const original = found.stdout.trim();
  if (found.exitCode !== 0) {
    throw new EngineError(`\`go list\` of ${HOST.name} failed:\n${tail(found.output, 5)}`);
  }
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

async function buildProgram(
  go: Go,
  program: GoProgram,
  folder: string,
  onLine: (line: string) => void,
): Promise<void> {
  const logFile = path.join(go.workFolder, `${program.name}.log`);
  fs.writeFileSync(logFile, '');
  const flags = ['-v', '-mod=readonly', '-trimpath', `-ldflags=${program.linkerFlags}`];
  const output = path.join(folder, program.name);
  const result = await run(go.program, ['build', ...flags, '-o', output, program.package], {
    cwd: program.moduleFolder,
    env: go.env,
    timeoutMs: BUILD_TIMEOUT_MS,
    logFile,
    onLine,
  });
  if (result.exitCode === 0) return;
  const said = result.timedOut
    ? `not done after ${BUILD_TIMEOUT_MS / 60_000} minutes`
    : tail(result.output, 5);
  throw new EngineError(`\`go build\` of ${program.name} failed:\n${said}\nThe whole log: ${logFile}`);
}

async function findGo(env: NodeJS.ProcessEnv): Promise<string> {
  const go = findProgram('go', ['/usr/local/go/bin', '/opt/homebrew/bin'], env);
  if (go === undefined) throw new EngineError('Go is not installed');
  const { output } = await run(go, ['env', 'GOVERSION'], { env: { ...env, GOTOOLCHAIN: 'local' } });
  const minor = /go1\.(\d+)/.exec(output)?.[1];
  if (minor !== undefined && Number(minor) >= OLDEST_GO_MINOR) return go;
  throw new EngineError(
    `Go 1.${OLDEST_GO_MINOR} or newer is needed, ${go} is ${output.trim()}; or install Pulumi: ${INSTALL_PAGE}`,
  );
}

function elapsed(started: number): string {
  const seconds = Math.round((Date.now() - started) / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
