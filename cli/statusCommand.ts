/** What `warren status` understands. */
import type { Command } from 'commander';
import { status, type StatusOptions } from './commands/status';
import { toExitCode } from './userError';

export function addStatusCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('status')
    .description("show what is so on a stack's broker")
    .requiredOption('--stack <stack>', 'name of the stack')
    .requiredOption(
      '--access',
      'who can do what, by the broker and by the topology; exit 1 where they differ',
    )
    .option('--config-file <file>', "another settings file than the stack's own")
    .option('--json', 'for programs')
    .action(async (options: StatusOptions) => {
      finish(await toExitCode(() => status(options)));
    });
}
