/** Pulumi's engine, built from the Go modules that go.mod and go.sum beside this file pin. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkoutFolder } from '../folders';
import { findProgram, run, tail } from '../processes';
import { ENGINE_VERSION, EngineError, INSTALL_PAGE, type Progress } from './release';

interface GoProgram {
  readonly name: string;
  /** Beside this file: holds go.mod and go.sum. */
  readonly moduleFolder: string;
  readonly package: string;
  readonly linkerFlags: string;
}

const LANGUAGE_HOST = 'pulumi-language-nodejs';

const PROGRAMS: readonly GoProgram[] = [
  {
    name: 'pulumi',
    moduleFolder: 'pulumi',
    package: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
    linkerFlags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${ENGINE_VERSION}`,
  },
  {
    // The last release whose host is part of a module that can be had; it works with newer engines and SDKs.
    name: LANGUAGE_HOST,
    moduleFolder: 'language-nodejs',
    package: 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
    linkerFlags: '-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.66.0',
  },
];

// Go that is older than the modules ask for fetches a newer one by itself; it learnt that in 1.21.
const OLDEST_GO_MINOR = 21;
const BUILD_TIMEOUT_MS = 3_600_000;
const PROGRESS_INTERVAL_MS = 5_000;

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
  const go = await findGo(env);
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
    onProgress(
      `building Pulumi ${ENGINE_VERSION} with Go (once, about 3 minutes): ${elapsed(started)}, ` +
        `${packages} packages compiled`,
    );
  };
  tell();
  const timer = setInterval(tell, PROGRESS_INTERVAL_MS);
  const onLine = (line: string) => {
    if (!line.startsWith('go: ')) packages++;
  };
  try {
    await Promise.all(
      PROGRAMS.map((program) => buildProgram(go, program, folder, workFolder, goEnv, onLine)),
    );
  } finally {
    clearInterval(timer);
  }
  passOptionOn(folder);
  // Go makes its module cache read-only, so that only Go removes it easily.
  await run(go, ['clean', '-modcache'], { env: goEnv });
  fs.rmSync(workFolder, { recursive: true, force: true });
}

/**
 * The host of that release hears on its command line what newer ones read in Pulumi.yaml: that the program needs no
 * ts-node, which would load the TypeScript compiler at every start.
 */
function passOptionOn(folder: string): void {
  const host = path.join(folder, LANGUAGE_HOST);
  if (process.platform === 'win32') return;
  fs.renameSync(host, `${host}-unwrapped`);
  const script = `#!/bin/sh\nexec "\${0}-unwrapped" -typescript=false "$@"\n`;
  fs.writeFileSync(host, script, { mode: 0o755 });
}

async function buildProgram(
  go: string,
  program: GoProgram,
  folder: string,
  workFolder: string,
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<void> {
  const logFile = path.join(workFolder, `${program.name}.log`);
  fs.writeFileSync(logFile, '');
  const flags = ['-v', '-mod=readonly', '-trimpath', `-ldflags=${program.linkerFlags}`];
  const result = await run(go, ['build', ...flags, '-o', path.join(folder, program.name), program.package], {
    cwd: path.join(checkoutFolder(), 'tools', 'engine', program.moduleFolder),
    env,
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
