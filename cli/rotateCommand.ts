/** What `warren rotate` understands. */
import type { Command } from 'commander';
import { rotate, type RotateOptions } from './commands/rotate';
import { toExitCode } from './userError';

export function addRotateCommand(program: Command, finish: (exitCode: number) => void): void {
  const collect = (value: string, all: string[]): string[] => [...all, value];
  program
    .command('rotate')
    .description('give users new logins, and take the old ones away when nobody uses them any more')
    .requiredOption('--stack <stack>', 'name of the stack')
    .option(
      '--user <user>',
      'only this user of the topology, or the administrator; as often as needed',
      collect,
      [],
    )
    .option('--role <role>', 'only users with this role; as often as needed', collect, [])
    .option(
      '--authority',
      "instead of logins: the authority of the certificates of the stack's own cluster, while clients trust both",
    )
    .option('--certificate', 'instead of logins: a new certificate of the same authority, before its time')
    .option('--cookie', "instead of logins: the Erlang cookie of the stack's own cluster on Docker")
    .option('--drain-timeout <duration>', 'how long to wait for clients that still use an old login', '10m')
    .option('--dry-run', 'only say what would be done, and who uses the old logins')
    .option('--finish', 'only go on with what was begun before, and begin nothing')
    .option(
      '--now',
      'an emergency: end the old logins (or the old authority) at once, and cut off whoever uses them',
    )
    .option('--with-changes', 'also where other changes wait for an up: they come along')
    .option('--config-file <file>', "another settings file than the stack's own")
    .option('--checkpoints', 'write the state at every step, as plain pulumi does: slow')
    .action(async (options: RotateOptions) => {
      finish(await toExitCode(() => rotate(options)));
    });
}
