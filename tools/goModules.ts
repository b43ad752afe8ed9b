/** Programs built from Go modules that a go.mod and a go.sum of this checkout pin: every module is checked against them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findProgram, run, tail } from './processes';

export interface GoProgram {
  readonly name: string;
  /** Holds go.mod and go.sum. */
  readonly moduleFolder: string;
  readonly package: string;
  readonly linkerFlags: string;
}

export interface GoWork {
  /** Gets the programs. */
  readonly folder: string;
  /** Modules and compiled packages meanwhile; removed after success. */
  readonly workFolder: string;
  /** The next build goes on with the work folder's packages. */
  readonly isWorkKept?: boolean;
  /** What is told meanwhile. */
  readonly title: string;
  readonly onProgress: (text: string) => void;
  readonly progressIntervalMs?: number;
  readonly env: NodeJS.ProcessEnv;
}

export interface Go {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly workFolder: string;
}

export type Build = (program: GoProgram) => Promise<void>;

/** A message that a user can act on. */
export class GoError extends Error {
  override readonly name = 'GoError';
}

// Go that is older than the modules ask for fetches a newer one by itself; it learnt that in 1.21.
const OLDEST_GO_MINOR = 21;
export const BUILD_TIMEOUT_MS = 3_600_000;
const PROGRESS_INTERVAL_MS = 5_000;

/** @throws GoError with the reason and where the build's log is */
export async function withGo(
  {
    folder,
    workFolder,
    isWorkKept = false,
    title,
    onProgress,
    progressIntervalMs = PROGRESS_INTERVAL_MS,
    env,
  }: GoWork,
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
  const timer = setInterval(tell, progressIntervalMs);
  const onLine = (line: string) => {
    if (!line.startsWith('go: ')) packages++;
  };
  const go = { program, env: goEnv, workFolder };
  try {
    await work((each) => buildProgram(go, each, folder, onLine), go);
  } finally {
    clearInterval(timer);
  }
  if (isWorkKept) return;
  // Go makes its module cache read-only, so that only Go removes it easily.
  await run(program, ['clean', '-modcache'], { env: goEnv });
  fs.rmSync(workFolder, { recursive: true, force: true });
}

/** The folder of a package's sources. @throws GoError */
export async function sourcesOf({ program, env }: Go, wanted: GoProgram): Promise<string> {
  const list = ['list', '-mod=readonly', '-f', '{{.Dir}}', wanted.package];
  const found = await run(program, list, { cwd: wanted.moduleFolder, env, timeoutMs: BUILD_TIMEOUT_MS });
  if (found.exitCode === 0) return found.stdout.trim();
  throw new GoError(`\`go list\` of ${wanted.name} failed:\n${whyItFailed(found.output)}`);
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
    : whyItFailed(result.output);
  throw new GoError(`\`go build\` of ${program.name} failed:\n${said}\nThe whole log: ${logFile}`);
}

/** A module that can't be had stops a build before it begins, and Go says so once per package that needs it. */
function whyItFailed(output: string): string {
  const refusal = /^.*: (?:reading|Get|verifying) .*$/m.exec(output)?.[0].trim();
  if (refusal === undefined) return tail(output, 5);
  return `${refusal}\nWay out: a network, or a module proxy that has it (\`go env GOPROXY\` shows the one that was asked).`;
}

async function findGo(env: NodeJS.ProcessEnv): Promise<string> {
  const go = findProgram('go', ['/usr/local/go/bin', '/opt/homebrew/bin'], env);
  if (go === undefined) throw new GoError('Go is not installed');
  const { output } = await run(go, ['env', 'GOVERSION'], { env: { ...env, GOTOOLCHAIN: 'local' } });
  const minor = /go1\.(\d+)/.exec(output)?.[1];
  if (minor !== undefined && Number(minor) >= OLDEST_GO_MINOR) return go;
  throw new GoError(`Go 1.${OLDEST_GO_MINOR} or newer is needed, ${go} is ${output.trim()}`);
}

function elapsed(started: number): string {
  const seconds = Math.round((Date.now() - started) / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
