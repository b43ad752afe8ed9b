import { ExitCode } from './exitCodes';

/** A failure that the user can do something about: its message is shown as it is, without a stack trace. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = ExitCode.cannotRun,
  ) {
    super(message);
  }
}

/**
 * Runs a command to its exit code. A UserError (of tools/ too, where it is any Error that was thrown on purpose)
 * becomes its message on stderr; the stack trace of a fault of ours is shown only with WARREN_DEBUG=1.
 */
export async function toExitCode(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`warren: ${message}\n`);
    if (process.env.WARREN_DEBUG === '1' && error instanceof Error)
      process.stderr.write(`${error.stack ?? ''}\n`);
    return error instanceof UserError ? error.exitCode : ExitCode.cannotRun;
  }
}
