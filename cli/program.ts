/** Runs a command line to the process's exit code. */
import { CommanderError, type Command } from 'commander';
import { ExitCode } from './exitCodes';

/** @param build gets what its commands call with their exit code */
export function runProgram(build: (finish: (exitCode: number) => void) => Command): void {
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  void parse(build).then((exitCode) => {
    process.exitCode = exitCode;
  });
}

async function parse(build: (finish: (exitCode: number) => void) => Command): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const program = build((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    // Commander has printed the reason already; its own code for wrong usage is 1, ours is 2.
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.cannotRun;
  }
  return exitCode;
}

/** Who reads no further (`| head`) has seen enough: that is no fault, and the exit code stays what it is. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
