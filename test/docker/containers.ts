/** Containers as the Docker Engine sees them: those of a fleet, what they said, and programs that run once. */
import { path as urlPath, type Engine } from '../../dockerApi/transport';
import { textOfFrames } from '../../provider/offline/docker/container/logs';
import { archiveOf } from '../../provider/offline/docker/container/uploads';

const RUN_TIMEOUT_MS = 600_000;
const LOOK_MS = 100;

export interface FleetContainer {
  readonly name: string;
  readonly image: string;
}

/** Of a stack, in the order of their numbers. */
export async function containersOf(
  engine: Engine,
  prefix: string,
  fleet: string,
): Promise<readonly FleetContainer[]> {
  const filters = JSON.stringify({ label: [`warren.fleet=${fleet}`] });
  const found = await engine.ask<{ Names: readonly string[]; Image: string }[]>({
    method: 'GET',
    path: '/containers/json',
    query: { all: true, filters },
    action: 'list the workers',
  });
  return found
    .map(({ Names, Image }) => ({ name: (Names[0] ?? '').slice(1), image: Image }))
    .filter(({ name }) => name.startsWith(`${prefix}-`))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

export async function logOf(engine: Engine, container: string): Promise<string> {
  const raw = await engine.read({
    method: 'GET',
    path: `${urlPath('containers', container)}/logs`,
    query: { stdout: true, stderr: true },
    action: 'read a log',
  });
  return textOfFrames(raw);
}

/** `t` is how many seconds a stop waits before it kills. */
export async function tell(
  engine: Engine,
  container: string,
  what: 'start' | 'stop' | 'kill' | 'restart',
  query: Readonly<Record<string, number>> = {},
): Promise<void> {
  const path = `${urlPath('containers', container)}/${what}`;
  await engine.ask({ method: 'POST', path, query, action: `${what} a container` });
}

/** Starts a program in a container. @returns its id */
export async function startIn(
  engine: Engine,
  container: string,
  command: readonly string[],
): Promise<string> {
  const { Id } = await engine.ask<{ Id: string }>({
    method: 'POST',
    path: `${urlPath('containers', container)}/exec`,
    body: { Cmd: command, AttachStdout: true, AttachStderr: true },
    action: 'prepare a command in a container',
  });
  await engine.ask({
    method: 'POST',
    path: `${urlPath('exec', Id)}/start`,
    body: { Detach: true },
    action: 'start a command in a container',
  });
  return Id;
}

/** The same, and waits for its end. @returns its exit code */
export async function runIn(engine: Engine, container: string, command: readonly string[]): Promise<number> {
  const id = await startIn(engine, container, command);
  for (;;) {
    const { Running, ExitCode } = await engine.ask<{ Running: boolean; ExitCode: number }>({
      method: 'GET',
      path: `${urlPath('exec', id)}/json`,
      action: 'look at a command in a container',
    });
    if (!Running) return ExitCode;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export interface Program {
  readonly name: string;
  readonly image: string;
  readonly network: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Text by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** @returns what it printed; nothing of it stays */
export async function runOnce(engine: Engine, program: Program): Promise<string> {
  const { name, image, network, command, environment, files } = program;
  await engine.ask({
    method: 'POST',
    path: '/containers/create',
    query: { name },
    body: {
      Image: image,
      Cmd: command,
      Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      HostConfig: { NetworkMode: network },
    },
    action: `make ${name}`,
  });
  const uploads = Object.entries(files).map(([file, content]) => ({ file, content, permissions: '0444' }));
  const archive = await archiveOf({ name, uploads });
  const own = urlPath('containers', name);
  if (archive !== undefined) {
    const request = { method: 'PUT', path: `${own}/archive`, query: { path: '/' } } as const;
    await engine.ask({
      ...request,
      body: archive,
      headers: { 'content-type': 'application/x-tar' },
      action: `give ${name} its files`,
    });
  }
  await tell(engine, name, 'start');
  const wait = { method: 'POST', path: `${own}/wait`, timeoutMs: RUN_TIMEOUT_MS } as const;
  await engine.ask({ ...wait, action: `wait for ${name}` });
  const said = await logOf(engine, name);
  await engine.ask({ method: 'DELETE', path: own, action: `delete ${name}` });
  return said;
}
