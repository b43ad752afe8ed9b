/** Programs inside of containers that run already. */
import { path, type Engine } from './transport';

export interface Ended {
  readonly exitCode: number;
  /** What it wrote, as the engine sends it: in frames. */
  readonly output: Buffer;
}

export interface Command {
  readonly command: readonly string[];
  /** By name or number; the image's own where it is left out. */
  readonly user?: string;
  readonly timeoutMs: number;
  /** For messages. */
  readonly action: string;
}

/** Waits for its end. Everybody on the machine may see the command: it is no place for a secret. */
export async function runInContainer(
  engine: Engine,
  container: string,
  { command, user, timeoutMs, action }: Command,
): Promise<Ended> {
  const { Id } = await engine.ask<{ readonly Id: string }>({
    method: 'POST',
    path: `${path('containers', container)}/exec`,
    body: {
      ...{ Cmd: command, AttachStdout: true, AttachStderr: true },
      ...(user === undefined ? {} : { User: user }),
    },
    action,
  });
  const output = await engine.read({
    method: 'POST',
    path: `${path('exec', Id)}/start`,
    body: { Detach: false, Tty: false },
    timeoutMs,
    action,
  });
  const { ExitCode } = await engine.ask<{ readonly ExitCode: number }>({
    method: 'GET',
    path: `${path('exec', Id)}/json`,
    action,
  });
  return { exitCode: ExitCode, output };
}
