/** What `warren status` understands. */
import type { Command } from 'commander';
import { status, type StatusOptions } from './commands/status';
import { toExitCode } from './userError';

export function addStatusCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('status')
    .description('show a broker on one screen, what needs somebody first; exit 1 where something does')
    .option('--stack <stack>', 'name of the stack whose broker it is')
    .option(
      '--live <url>',
      'in place of a stack: base URL of a management API; login by RABBITMQ_USERNAME and RABBITMQ_PASSWORD',
    )
    .option('--all', 'every queue, and everything that needs somebody')
    .option('--watch [seconds]', 'again every so many seconds (5), until Ctrl-C')
    .option(
      '--certificates',
      'only how long the stack’s certificates are good for; exit 1 from 30 days before one ends',
    )
    .option('--access', 'only who can do what, by the broker and by the topology; exit 1 where they differ')
    .option('--config-file <file>', "another settings file than the stack's own")
    .option('--json', 'for programs')
    .action(async (options: StatusOptions) => {
      finish(await toExitCode(() => status(options)));
    });
}
