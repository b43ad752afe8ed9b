/** `npm run quickstart`: from a fresh clone to a topology on a real broker, proved with messages. */
import { CommanderError } from 'commander';
import { ExitCode } from '../exitCodes';
import { toExitCode, UserError } from '../userError';
import { destroyQuickstart } from './destroy';
import { parseOptions } from './options';
import { runQuickstart } from './run';
import { lockQuickstart } from './stateFolder';

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options === undefined) return ExitCode.ok;
    const unlock = await lockQuickstart((holder) => {
      process.stderr.write(
        `  another quickstart of this checkout is at work (process ${holder}): waiting for it\n`,
      );
    });
    try {
      return await (options.destroy ? destroyQuickstart(options) : runQuickstart(options));
    } finally {
      unlock();
    }
  } catch (error) {
    if (error instanceof CommanderError) throw new UserError('nothing was done');
    throw error;
  }
}

void toExitCode(() => main(process.argv.slice(2))).then((exitCode) => {
  process.exitCode = exitCode;
});
