/** What `warren status` understands. */
import type { Command } from 'commander';
import { status, type StatusOptions } from './commands/status';
import { toExitCode } from './userError';

export function addStatusCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('status')
    .description("show what is so on a stack's broker, and warn of what needs somebody")
    .requiredOption('--stack <stack>', 'name of the stack')
    .option(
      '--certificates',
      'how long its certificates are good for; exit 1 from 30 days before one ends (shown also without any option)',
    )
    .option('--access', 'who can do what, by the broker and by the topology; exit 1 where they differ')
    .option('--config-file <file>', "another settings file than the stack's own")
    .option('--json', 'for programs')
    .action(async (options: StatusOptions) => {
      finish(await toExitCode(() => status(options)));
    });
}
