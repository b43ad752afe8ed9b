/** What `warren scale` understands; apart from the other commands, for the scaler's image has only this one. */
import type { Command } from 'commander';
import { scale, type ScaleOptions } from './commands/scale';
import { toExitCode } from './userError';

export function addScaleCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('scale')
    .description('start and stop the containers of workers as the depth of their queues asks for')
    .requiredOption(
      '--config <file>',
      'JSON: the broker, the Docker Engine, and the fleets with their limits',
    )
    .option('--watch', 'go on until SIGTERM or Ctrl-C; without it, one round')
    .option('--dry-run', 'only say what one round would do')
    .option('--json', 'one round, for programs')
    .action(async (options: ScaleOptions) => {
      finish(await toExitCode(() => scale(options)));
    });
}
